"""The protocol motion-3d: what its hash covers, whose music it hears, speed, exhibits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import ClassVar

import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.poses_3d import measure_motion
from pipelines.evaluation.profiles import motion_profile
from pipelines.evaluation.protocols.motion_3d import Motion3D
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT, Silent


@pytest.fixture
def protocol(tmp_path):
    def make(**changes):
        return Motion3D(EvaluateConfig("motion-3d", tmp_path, workspace=tmp_path / "w", **changes))

    return make


@pytest.fixture
def items(tmp_path, dance):
    found = []
    for number in range(2):
        path = tmp_path / f"d{number}.npz"
        save_npz(dance(number, 800), path)
        found.append(Item(f"d{number}", path))
    return found


def test_the_hash_covers_profile_and_window(protocol):
    one, other = protocol().settings(), protocol(window=2.0).settings()
    assert one["window"] is None and other == one | {"window": 2.0}
    assert one["beats"]["music"] == "strict" and "about" not in one
    assert protocol(profile="lodge").settings()["skeleton"] == "smplx-neutral"


def test_the_rule_of_the_sets_is_the_profiles(protocol):
    assert protocol(profile="megadance").rule == motion_profile("megadance").sets


def test_every_set_is_measured_by_the_profile(protocol, items, tiny_song):
    heard = [Item(item.name, item.path, tiny_song) for item in items]
    found = protocol(profile="bailando").measure(Sets({"pred": heard}, items), SILENT)
    assert list(found) == ["pred", "truth"]
    profile = motion_profile("bailando")
    from pipelines.motion.formats import load_motion

    expected = measure_motion(load_motion(items[1].path), "d1", profile, truth=True)
    truth = found["truth"].clips[1]
    assert (truth.features["k"] == expected.features["k"]).all()
    assert truth.scores == expected.scores
    assert "bas" in found["pred"].clips[0].scores and "bas" not in truth.scores
    assert found["truth"].silent == dict.fromkeys(("d0", "d1"), "no music of its name")


def test_a_genre_classifier_adds_features_notes_and_a_hash(
    protocol, items, genre_classifier, dance, tmp_path
):
    with_it = protocol(genre_classifier=genre_classifier)
    settings = with_it.settings()
    assert settings.pop("genre_classifier")["genres"] == ["house", "krump", "waack"]
    assert settings == protocol().settings()
    named = replace(dance(7, 200), genre="krump")
    save_npz(named, tmp_path / "named.npz")
    sets = Sets({"pred": [Item("named", tmp_path / "named.npz"), *items]}, items)
    found = with_it.measure(sets, SILENT)
    first, other, _ = found["pred"].clips
    assert {"k", "g", "s", "asked, recognised"} == set(first.features)
    assert {"k", "g", "s"} == set(other.features)
    assert found["pred"].notes == ["2 of 3 clips name no genre and do not count for ACC and F1"]
    assert found["truth"].notes == ["no clip names its genre, so there is no ACC and F1"]


def test_what_is_left_out_without_a_classifier_is_said(protocol, items):
    class Heard(Silent):
        lines: ClassVar[list[str]] = []

        def say(self, message):
            self.lines.append(message)

    protocol().measure(Sets({"pred": items}, []), Heard())
    assert Heard.lines == [
        "FID_s, DIV_s, ACC and F1 are left out: they need --genre-classifier FOLDER",
        "R@5, MM-Dist, FID_c and DIV_c are left out: they need --contrastive-evaluator FOLDER",
    ]


def test_a_contrastive_evaluator_adds_points_scores_and_a_hash(
    protocol, items, contrastive_evaluator, tiny_song
):
    with_it = protocol(contrastive_evaluator=contrastive_evaluator)
    settings = with_it.settings()
    assert settings.pop("contrastive_evaluator")["window"] == 60
    assert settings == protocol().settings()
    heard = [Item(item.name, item.path, tiny_song) for item in items]
    found = with_it.measure(Sets({"pred": heard}, items), SILENT)
    first, _ = found["pred"].clips
    assert {"k", "g", "c"} == set(first.features) and {"r5", "mm_dist"} <= set(first.scores)
    (line,) = found["pred"].notes
    assert "R@5 among" in line and "of 2 clips" in line
    assert found["truth"].notes == ["2 clips have no R@5 and MM-Dist (d0: no music of its name)"]


def test_windows_make_rows(protocol, items):
    found = protocol(window=10.0).measure(Sets({"pred": items}, []), SILENT)
    assert found["pred"].clips[0].features["k"].shape == (3, 72)


def test_what_cannot_be_read_is_left_out(protocol, items, tmp_path):
    (tmp_path / "text.bvh").write_text("no motion")
    odd = Item("text", tmp_path / "text.bvh")
    found = protocol().measure(Sets({"pred": [*items, odd]}, []), SILENT)["pred"]
    assert [clip.name for clip in found.clips] == ["d0", "d1"]
    assert "text.bvh" in found.left_out["text"]


def test_speed_of_given_and_of_own_records(protocol, dance, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    save_npz(dance(0), run / "motion.npz")
    record = {"command": "generate", "seconds": {"dance": 0.5}}
    (run / "run.json").write_text(json.dumps(record))
    own = [Item("run", run / "motion.npz")]
    assert protocol().of_system([]) == {}
    assert protocol().of_system(own)["fps"].value == pytest.approx(180)
    given = {"run_records": (run / "run.json",)}
    assert protocol(**given).of_system([])["fps"].n == 1
    # Of two systems nobody knows whose the given records are.
    assert protocol(compare=("a=x", "b=y"), **given).of_system([]) == {}


def test_an_exhibit_shows_poses_and_beats(protocol, items, tiny_song):
    heard = Item("d0", items[0].path, tiny_song)
    shown = protocol().exhibit(heard, "pred", "odd")
    assert (shown.system, shown.clip, shown.why) == ("pred", "d0", "odd")
    assert len(shown.pictures) == 6 and len(shown.music_beats)
    assert len(protocol().exhibit(items[0], "pred", "odd").music_beats) == 0


def test_an_exhibit_of_what_is_gone_is_refused(protocol, tmp_path):
    with pytest.raises(UnsuitableInput):
        protocol().exhibit(Item("x", tmp_path / "gone.npz"), "pred", "odd")
