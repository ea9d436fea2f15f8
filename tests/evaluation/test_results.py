"""Clips to judged numbers: whole sets, small ones, odd ones, two against each other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.judgement import Estimate
from pipelines.evaluation.profiles import SetRule
from pipelines.evaluation.results import Judged, judge
from pipelines.evaluation.tables import comparison_table

RULE = SetRule(skip_constant=True)


def test_two_systems_beside_the_truth(judged):
    assert set(judged["rows"]) == {"ours", "theirs", "truth"}
    assert "fid_k" not in judged["rows"]["truth"]
    assert judged["rows"]["truth"]["div_k"]["n"] == 60
    assert set(judged["floor"]) == {"fid_k", "fid_g"}
    assert judged["differences"]["fsr"]["p_value"] < 0.001
    assert judged["differences"]["fid_k"]["value"] < 0
    assert judged["dimensions"] == {"k": 5, "g": 2}
    rows = {row[0]: row[-1] for row in comparison_table(judged).rows}
    assert rows["FSR"] == "ours is better"
    assert rows["FID_k"] == "ours is better"


def test_small_odd_and_paired_sets(clips, gauss):
    truth = clips(gauss(0, 4))
    found = judge("motion-3d", {"pred": clips(gauss(1, 1))}, truth, RULE, 0)
    assert "fid_k" in found.rows["pred"]
    assert np.isnan(found.rows["pred"]["fid_k"].value)
    assert any("one clip has no FID" in line for line in found.warnings)
    assert any("4 clips for 5 features" in line for line in found.warnings)
    same = judge("motion-3d", {"pred": clips(np.repeat(gauss(1, 1), 6, 0))}, truth, RULE, 0)
    assert any("all clips are the same" in line for line in same.warnings)
    assert same.rows["pred"]["div_k"].value == 0
    flat = judge("motion-3d", {"pred": truth}, clips(np.ones((5, 5))), RULE, 0)
    assert any("no feature varies" in line for line in flat.warnings)
    assert judge("motion-3d", {"pred": truth}, None, RULE, 0).rows == {"pred": {}}
    paired = SetRule(paired=True)
    halves = judge("motion-3d", {"pred": clips(gauss(1, 8))}, clips(gauss(0, 20)), paired, 0)
    assert halves.rows["truth"]["div_k"].n == 8


def test_what_could_not_be_computed_is_null():
    judged = Judged({"a": {"fsr": Estimate(float("nan"), n=3)}}, {"fid_k": float("inf")})
    text = json.dumps(judged.json(), allow_nan=False)
    assert json.loads(text)["rows"]["a"]["fsr"] == {
        "value": None,
        "low": None,
        "high": None,
        "n": 3,
    }
    assert json.loads(text)["floor"] == {"fid_k": None}


def test_raw_features_are_compared_as_they_are(gauss):
    truth = [Clip(str(k), {"fvd": row[None]}) for k, row in enumerate(gauss(0, 40, 1))]
    far = [Clip(str(k), {"fvd": row[None]}) for k, row in enumerate(3 + gauss(0, 40, 1))]
    judged = judge("animation", {"pred": far}, truth, None, 0)
    assert judged.rows["pred"]["fvd"].value == pytest.approx(9)
    assert judged.rows["truth"] == {} and judged.floor == {} and judged.dimensions == {}


def test_a_beat_score_no_better_than_chance_is_said():
    clips = [Clip(str(k), scores={"bas": 0.3}, chance=np.full(100, 0.3)) for k in range(5)]
    judged = judge("motion-3d", {"pred": clips}, None, RULE, 0)
    assert judged.chance["pred"].p_value == 1
    assert any(line.startswith("pred: its BAS is not above") for line in judged.warnings)
    better = [Clip(str(k), scores={"bas": 0.9}, chance=np.full(100, 0.3)) for k in range(5)]
    assert not any("BAS" in w for w in judge("motion-3d", {"p": better}, None, RULE, 0).warnings)


def test_systems_without_a_common_name_are_not_compared(clips, gauss):
    ours = clips(gauss(1, 5), fsr=np.ones(5))
    theirs = [Clip(f"x{k}", {}, {"fsr": 2.0}) for k in range(5)]
    judged = judge("motion-3d", {"a": ours, "b": theirs}, None, RULE, 0)
    assert judged.differences == {}
    assert any("no clip of the same name" in line for line in judged.warnings)


def test_scores_are_compared_on_common_clips_only():
    ours = [Clip(str(k), {}, {"fsr": 1.0 + k}) for k in range(6)]
    theirs = [Clip(str(k), {}, {"fsr": float(k)}) for k in range(2, 9)]
    found = judge("motion-3d", {"a": ours, "b": theirs}, None, RULE, 0).differences["fsr"]
    assert (found.value, found.n) == (1.0, 4)


def test_progress_counts_columns_of_all_sets(clips, gauss):
    seen = []
    judge("animation", {"a": clips(gauss(1, 5))}, clips(gauss(0, 5)), None, 0, seen.append)
    assert seen == [1] * 12
