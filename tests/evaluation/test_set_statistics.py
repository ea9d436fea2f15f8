"""Which feature spaces a set has, the statistics made of them, their floors, and what is odd."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.profiles import SetRule
from pipelines.evaluation.set_statistics import (
    feature_spaces,
    floors,
    note_strangeness,
    recognition_statistics,
    set_statistics,
)
from pipelines.metrics.distributions import diversity, frechet_distance, normalised

RULE = SetRule(skip_constant=True)
DANCE = "motion-3d"


@pytest.fixture
def warnings():
    return []


def test_statistics_are_the_catalogues_functions_in_the_truths_units(clips, gauss, warnings):
    ours, truth = gauss(1, 50, shift=0.4), gauss(0, 50, scale=3.0)
    spaces = feature_spaces(DANCE, {"pred": clips(ours)}, clips(truth), RULE, warnings.append)
    found = set_statistics(DANCE, spaces)
    assert list(found) == ["fid_k", "fid_g", "div_k", "div_g"]
    one, reference = normalised(ours, truth), normalised(truth, truth)
    assert found["fid_k"].value(clips(ours)) == pytest.approx(frechet_distance(one, reference))
    assert found["div_k"].value(clips(ours)) == pytest.approx(diversity(one))
    assert found["div_g"].value(clips(ours)) == pytest.approx(diversity(one[:, :2]))
    assert (found["fid_g"].of_truth, found["div_g"].of_truth) == (False, True)
    assert warnings == []


def test_only_clips_with_the_features_count(clips, gauss, warnings):
    ours = [*clips(gauss(1, 30)), Clip("silent")]
    spaces = feature_spaces(DANCE, {"pred": ours}, clips(gauss(0, 30)), RULE, warnings.append)
    assert len(set_statistics(DANCE, spaces)["fid_k"].having(ours)) == 30


def test_features_that_a_clip_of_any_set_lacks_do_not_count(clips, gauss, warnings):
    ours = gauss(1, 30)
    ours[3, 4] = np.nan
    spaces = feature_spaces(
        DANCE, {"pred": clips(ours)}, clips(gauss(0, 30)), RULE, warnings.append
    )
    assert spaces["k"].kept.tolist() == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("count", "says"),
    [(0, "no clip of the truth"), (1, "one clip of the truth has no deviation")],
)
def test_without_a_truth_there_is_no_unit(clips, gauss, warnings, count, says):
    truth = clips(gauss(0, 5))[:count]
    assert feature_spaces(DANCE, {"p": clips(gauss(1, 5))}, truth, RULE, warnings.append) == {}
    assert len(warnings) == 1 and says in warnings[0]


def test_spaces_that_the_truth_lacks_or_that_do_not_vary(clips, gauss, warnings):
    truth = [Clip(str(k), {"k": np.ones((1, 5))}) for k in range(6)]
    assert feature_spaces(DANCE, {"p": clips(gauss(1, 9))}, truth, RULE, warnings.append) == {}
    assert warnings == [
        "FID_k, DIV_k: no feature varies over the truth, so there is no unit",
        "FID_g, DIV_g: fewer than two clips of the truth",
    ]


def test_protocols_without_features_ask_nothing_of_the_truth(clips, gauss, warnings):
    assert feature_spaces("another", {"p": clips(gauss(1, 9))}, None, RULE, warnings.append) == {}
    assert warnings == []


def test_spaces_for_want_of_a_flag_are_not_missed_but_told_of_where_the_truth_alone_lacks_them(
    clips, gauss, warnings
):
    ours, truth = clips(gauss(1, 9)), clips(gauss(0, 9))
    feature_spaces(DANCE, {"p": ours}, truth, RULE, warnings.append)
    assert not any("FID_s" in line for line in warnings)
    for clip, row in zip(ours, gauss(2, 9), strict=True):
        clip.features["s"] = row[None]
    feature_spaces(DANCE, {"p": ours}, truth, RULE, warnings.append)
    assert "FID_s, DIV_s: fewer than two clips of the truth" in warnings


def test_recognition_needs_no_truth_and_counts_every_window(gauss):
    asked = [[0, 0], [1, 1], [0, 0], [1, 1]]
    recognised = [[0, 0], [1, 0], [0, 0], [0, 0]]
    clips = [
        Clip(str(n), {"asked, recognised": np.array([a, r], float).T})
        for n, (a, r) in enumerate(zip(asked, recognised, strict=True))
    ]
    found = recognition_statistics(DANCE)
    assert list(found) == ["acc", "f1"] and recognition_statistics("animation") == {}
    assert found["acc"].value(clips) == pytest.approx(5 / 8)
    # Macro precision (4/7 + 1)/2, recall (1 + 1/4)/2.
    precision, recall = (4 / 7 + 1) / 2, (1 + 1 / 4) / 2
    expected = 2 * precision * recall / (precision + recall)
    assert found["f1"].value(clips) == pytest.approx(expected)
    assert found["f1"].most == 1 and found["f1"].of_truth
    assert found["acc"].having([*clips, Clip("nameless")]) == clips


def test_small_and_equal_sets_are_said(clips, gauss, warnings):
    same = clips(np.repeat(gauss(1, 1), 8, 0))
    feature_spaces(DANCE, {"same": same, "one": same[:1]}, clips(gauss(0, 4)), RULE,
                   warnings.append)  # fmt: skip
    assert "same: all clips are the same, so its diversity is 0" in warnings
    assert "one: one clip has no FID and DIV" in warnings
    assert any(line.startswith("truth: 4 clips for 5 features: FID_k") for line in warnings)


def test_floors_rise_as_the_truth_gets_smaller(clips, gauss, warnings):
    found = []
    for count in (200, 40):
        truth = clips(gauss(0, count))
        spaces = feature_spaces(DANCE, {"p": truth}, truth, RULE, warnings.append)
        found.append(floors(DANCE, spaces, truth, 0, warnings.append))
    assert set(found[0]) == {"fid_k", "fid_g"}
    assert found[0]["fid_k"] < found[1]["fid_k"]
    assert floors(DANCE, spaces, truth, 0, warnings.append) == found[1]


def test_three_clips_give_no_floor(clips, gauss, warnings):
    truth = clips(gauss(0, 3))
    spaces = feature_spaces(DANCE, {"p": truth}, truth, RULE, lambda text: None)
    assert floors(DANCE, spaces, truth, 0, warnings.append) == {}
    assert warnings == [
        "FID_k: 3 clips of the truth give no floor", "FID_g: 3 clips of the truth give no floor",
    ]  # fmt: skip


def test_strangeness_is_in_deviations_from_the_truths_middle(clips, gauss, warnings):
    truth = gauss(0, 500, scale=2.0)
    deviation, mean = truth.std(axis=0), truth.mean(axis=0)
    ours = clips(np.stack([mean, mean + 3 * deviation]))
    spaces = feature_spaces(DANCE, {"p": ours}, clips(truth), RULE, warnings.append)
    note_strangeness(ours, spaces)
    assert ours[0].scores["far_k"] == pytest.approx(0, abs=1e-6)
    assert [ours[1].scores[f"far_{space}"] for space in "kg"] == pytest.approx([3, 3])
