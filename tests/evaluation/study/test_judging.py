"""From files that came back to the tables: found, judged, named where they do not count."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.evaluation.study.judging import judge_study, plan_judging
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT

LIKES = {"ours": 0.6, "theirs": -0.8, "truth": 1.6}


@pytest.fixture
def judged(made, answered, tmp_path):
    config, study, design = made
    files = [answered(study, design, LIKES, seed=seed) for seed in range(5)]
    files.append(answered(study, design, LIKES, seed=50, careless=True))
    files.append(answered(study, design, LIKES, seed=51, pairs=4))
    (tmp_path / "notes.json").write_text("{}")
    return replace(config, ratings=(*files, tmp_path / "notes.json"), markdown=tmp_path / "t.md",
                   latex=tmp_path / "t.tex", csv=tmp_path / "t.csv")  # fmt: skip


def test_the_table(judged, tmp_path):
    result = judge_study(judged, SILENT)
    assert len(result["raters"]) == 5
    assert sorted(why.partition(":")[0] for why in result["excluded"].values()) == [
        "inattentive", "unfinished",
    ]  # fmt: skip
    assert list(result["unusable"].values()) == ["no answers of a study's page"]
    assert result["wins"]["ours"]["theirs"]["value"] > 0.8
    assert result["wins"]["truth"]["ours"]["value"] > 0.5
    grades = {name: means["quality"]["value"] for name, means in result["means"].items()}
    assert grades["truth"] > grades["ours"] > grades["theirs"]
    assert "published studies had 30 to 50" in result["warnings"][0]
    folder = Path(result["folder"])
    assert json.loads((folder / "metrics.json").read_text())["wins"] == result["wins"]
    assert "inattentive" in (folder / "report.html").read_text()
    assert json.loads((folder / "run.json").read_text())["exit_code"] == 5
    assert (tmp_path / "t.md").read_text().count("**") == 6
    assert (tmp_path / "t.tex").read_text().count(r"\toprule") == 3
    assert "preferred,ours,theirs" in (tmp_path / "t.csv").read_text()


def test_the_plan_says_who_would_count(judged):
    plan = plan_judging(judged, SILENT)
    assert (plan["files"], plan["people"]) == (8, 5)
    assert plan_judging(replace(judged, unfinished=True), SILENT)["people"] == 6


def test_a_file_given_twice_counts_once(judged):
    once = judge_study(judged, SILENT)
    twice = judge_study(replace(judged, ratings=judged.ratings * 2, force=True), SILENT)
    assert twice["means"] == once["means"]


def test_a_study_that_is_not_here_and_nobody_who_counts(judged, tmp_path):
    with pytest.raises(MissingAsset, match=r"which .* does not have"):
        judge_study(replace(judged, workspace=tmp_path / "other"), SILENT)
    with pytest.raises(UnsuitableInput, match="nobody counts of 2 files"):
        judge_study(replace(judged, ratings=judged.ratings[5:7]), SILENT)
