"""Intervals, floors, chance levels and paired tests on sets whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.judgement import (
    FeatureSpace,
    chance_of_set,
    mean_estimate,
    score_difference,
    set_difference,
    set_estimate,
)
from pipelines.evaluation.profiles import SetRule
from pipelines.evaluation.results import judge, shown
from pipelines.evaluation.tables import comparison_table, main_table, to_csv, to_latex, to_markdown

RULE = SetRule(skip_constant=True)


def clips(rows, **scores):
    return [
        Clip(f"c{k:03}", {"k": row[None], "g": row[None, :2]},
             {name: float(values[k]) for name, values in scores.items()})
        for k, row in enumerate(rows)
    ]  # fmt: skip


def gauss(seed, count=60, dimensions=5, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).standard_normal((count, dimensions))


@pytest.mark.parametrize(("count", "expected"), [(20, 68), (40, 41), (186, 7), (1000, 1.8)])
def test_the_bias_of_small_sets_is_the_published_one(count, expected):
    # FID of N isotropic vectors in 66 dimensions to many of the same distribution.
    truth = clips(gauss(0, 2_000, 66))
    space = FeatureSpace(truth, "k", SetRule())
    found = [space.fid(clips(gauss(seed, count, 66))) for seed in range(1, 4)]
    assert np.mean(found) == pytest.approx(expected, rel=0.1)


def test_intervals_cover_the_truth():
    truth = clips(gauss(0, 4000))
    space = FeatureSpace(truth, "k", SetRule())
    shift = 0.5
    expected = 5 * shift**2
    inside = 0
    for seed in range(1, 31):
        estimate = set_estimate(space.fid, clips(gauss(seed, 200, shift=shift)), seed)
        assert estimate.low <= estimate.value <= estimate.high
        inside += estimate.low - 0.1 <= expected <= estimate.high
    assert inside >= 26


def test_means_with_intervals_and_weights():
    values = np.array([1.0, 2.0, 3.0, np.nan])
    estimate = mean_estimate(values, 0)
    assert (estimate.value, estimate.n) == (2.0, 3)
    assert 1 <= estimate.low < 2 < estimate.high <= 3
    weighted = mean_estimate(values, 0, np.array([3.0, 0.0, 1.0, 9.0]))
    assert weighted.value == pytest.approx(1.5)
    assert np.isnan(mean_estimate(values[3:], 0).value)
    single = mean_estimate(values[:1], 0)
    assert single.value == 1 and np.isnan(single.low)


def test_floor_and_constant_features():
    rows = gauss(0)
    rows[:, 3] = 7.0
    space = FeatureSpace(clips(rows), "k", RULE)
    assert space.dimensions == 4
    assert 0 < space.floor(0) < 3
    # The feature that never varies in the truth does not blow the distance up.
    odd = rows.copy()
    odd[:, 3] = 8.0
    assert space.fid(clips(odd)) == pytest.approx(0, abs=1e-9)
    blown = FeatureSpace(clips(rows), "k", SetRule())
    assert blown.fid(clips(odd)) > 1e12


def beaten(score, chance):
    return Clip("x", scores={"bas": score}, chance=np.full(100, chance))


def test_chance_of_a_set():
    random = np.random.default_rng(0)
    found = chance_of_set([
        Clip(str(k), scores={"bas": 0.5}, chance=random.uniform(0.2, 0.4, 100)) for k in range(10)
    ])  # fmt: skip
    assert found.mean == pytest.approx(0.3, abs=0.02)
    assert found.p_value == pytest.approx(1 / 101)
    assert chance_of_set([beaten(0.3, 0.3)]).p_value == 1
    assert chance_of_set([Clip("silent")]) is None


def test_paired_differences():
    random = np.random.default_rng(1)
    base = random.normal(0, 5, 40)
    better = score_difference(base + 0.5 + random.normal(0, 0.3, 40), base, 0)
    assert better.p_value < 0.001
    assert better.low < 0.5 < better.high
    assert score_difference(base, base, 0).p_value == 1
    few = score_difference(np.array([1.0, 2, 3]), np.zeros(3), 0)
    assert few.p_value == pytest.approx(2 / 8)
    assert np.isnan(score_difference(np.ones(1), np.zeros(1), 0).p_value)


def test_p_values_of_no_difference_are_uniform():
    found = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        found.append(score_difference(random.normal(0, 1, 10), random.normal(0, 1, 10), 0).p_value)
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(found) == pytest.approx(0.5, abs=0.07)


def test_distances_of_two_systems():
    truth = clips(gauss(0, 200))
    space = FeatureSpace(truth, "k", RULE)
    near, far = clips(gauss(1, 80)), clips(gauss(2, 80, shift=1.0))
    found = set_difference(space.fid, near, far, 0)
    assert found.value < 0
    assert found.high < 0
    assert found.p_value == pytest.approx(1 / 201)
    assert set_difference(space.fid, near, clips(gauss(3, 80)), 0).p_value > 0.05


@pytest.fixture
def judged():
    random = np.random.default_rng(5)
    truth = clips(gauss(0), fsr=random.uniform(0.1, 0.2, 60))
    ours = clips(gauss(1, shift=0.2), fsr=random.uniform(0.1, 0.2, 60))
    theirs = clips(gauss(2, shift=1.5), fsr=random.uniform(0.3, 0.4, 60))
    found = judge("motion-3d", {"ours": ours, "theirs": theirs}, truth, RULE, 0)
    return {
        "protocol": "motion-3d", "profile": "strict", "warnings": found.warnings, **found.json(),
    }  # fmt: skip


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


def test_tables(judged):
    table = main_table(judged)
    assert table.rows[0][:2] == ["ours", "60"]
    assert table.rows[-1][0] == "floor (half of the truth)"
    markdown, latex = to_markdown(table), to_latex(table)
    assert markdown.count("\n") == 3 + len(table.rows) + 1
    assert "FID$_k$ $\\downarrow$" in latex
    assert latex.count(r"\\") == 1 + len(table.rows)
    lines = to_csv(judged).splitlines()
    assert lines[0].startswith("protocol,profile,system,metric,value")
    value = judged["rows"]["ours"]["fid_k"]["value"]
    assert f"motion-3d,strict,ours,fid_k,{value}" in "\n".join(lines)
    assert shown("sc", 0.9397) == "93.97"
    assert shown("fsr", float("nan")) == "–"


def test_small_odd_and_paired_sets():
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
