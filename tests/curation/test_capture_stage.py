"""What follows from captures: facts in clip.json, and poor ones leave the table."""

from __future__ import annotations

import json

import pytest
from made_clips import capture_or_crash, kept_clip
from made_landmarks import known_dance

from pipelines.curation import capture_stage
from pipelines.curation.capture_stage import capture_all
from pipelines.curation.decisions import decide, read_decision
from pipelines.curation.funnel import Funnel
from pipelines.curation.report import Gallery
from pipelines.datasets.loose_files import list_workspace
from pipelines.motion.npz import save_npz
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import write_clip_table
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace


@pytest.fixture(params=[120, 40], ids=["good", "too short"])
def captured(request, tmp_path):
    (tmp_path / "estimated").mkdir()
    save_npz(known_dance(request.param), tmp_path / "estimated" / "film.npz")
    shot = kept_clip(tmp_path, capture_from=tmp_path / "estimated", engine="local", workers=1)
    decide(shot.config, shot.watched, shot.clips, "train")
    funnel = Funnel()
    funnel.count(shot.clips[0], 10.0)
    capture_all(shot.config, [shot], funnel, Gallery(0), SILENT)
    return request.param == 120, shot, funnel


def test_a_capture_is_told_everywhere(captured):
    good, shot, _ = captured
    workspace = Workspace(shot.config.workspace)
    facts = json.loads((workspace.clip("c1") / "clip.json").read_text())
    assert facts["kept"] == good and facts["scores"]["capture"] == facts["capture"]["grade"]
    assert facts["reasons"] == ([] if good else ["capture"])
    assert ("motion.npz" in facts["files"]) == good
    decision = read_decision(workspace.curation(content_id("ab" * 32)) / "decision.json")
    assert decision["clips"][0]["reasons"] == facts["reasons"]
    assert write_clip_table(workspace, SILENT) == int(good)
    listing = list_workspace(workspace.root)
    assert [take.name for take in listing.takes] == (["c1"] if good else [])
    assert len(listing.skipped) == int(not good)


def test_the_funnel_counts_it(captured):
    good, _, funnel = captured
    assert funnel.captured.number == int(good) == funnel.kept.number
    assert ("capture" in funnel.dropped) == (not good)
    assert funnel.summary()["captured"]["seconds"] == (5.0 if good else 0.0)


@pytest.mark.parametrize("frames", [110, 40], ids=["another", "none"])
def test_a_capture_that_replaces_another_is_told_as_well(tmp_path, frames):
    (tmp_path / "estimated").mkdir()
    given = tmp_path / "estimated" / "film.npz"
    save_npz(known_dance(120), given)
    shot = kept_clip(tmp_path, capture_from=given.parent, engine="local", workers=1)
    decide(shot.config, shot.watched, shot.clips, "train")
    clip = Workspace(shot.config.workspace).clip("c1")
    capture_all(shot.config, [shot], Funnel(), Gallery(0), SILENT)
    first = json.loads((clip / "clip.json").read_text())
    save_npz(known_dance(frames).mirrored(), given)
    capture_all(shot.config, [shot], Funnel(), Gallery(0), SILENT)
    facts = json.loads((clip / "clip.json").read_text())
    assert facts["capture"]["maker"] != first["capture"]["maker"]
    assert facts["kept"] == ("motion.npz" in facts["files"]) == (clip / "motion.npz").is_file()
    assert facts["capture"]["grade"] == (1.0 if facts["kept"] else 0.0)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_crash_of_the_finder_costs_one_clip(tmp_path, monkeypatch, workers):
    (tmp_path / "estimated").mkdir()
    save_npz(known_dance(120), tmp_path / "estimated" / "film.npz")
    options = {"capture_from": tmp_path / "estimated", "engine": "local", "workers": workers}
    shots = [kept_clip(tmp_path, name=name, **options) for name in ("c1", "crash", "c2")]
    for shot in shots:
        decide(shot.config, shot.watched, shot.clips, "train")
    funnel = Funnel()
    monkeypatch.setattr(capture_stage, "capture_clip", capture_or_crash)
    capture_all(shots[0].config, shots, funnel, Gallery(0), SILENT)
    clips = Workspace(shots[0].config.workspace).root / "clips"
    assert [(clips / name / "motion.npz").is_file() for name in ("c1", "crash", "c2")] == [
        True, False, True,
    ]  # fmt: skip
    (failed,) = funnel.failed
    assert "crash" in failed["file"] and "SIGKILL" in failed["reason"]
    monkeypatch.undo()
    capture_all(shots[0].config, shots, again := Funnel(), Gallery(0), SILENT)
    assert (clips / "crash" / "motion.npz").is_file() and again.failed == []


def test_ray_captures_as_this_machine_does(tmp_path):
    pytest.importorskip("ray")
    (tmp_path / "estimated").mkdir()
    save_npz(known_dance(120), tmp_path / "estimated" / "film.npz")
    for engine in ("local", "ray"):
        shot = kept_clip(
            tmp_path / engine, capture_from=tmp_path / "estimated", engine=engine, workers=1
        )
        decide(shot.config, shot.watched, shot.clips, "train")
        capture_all(shot.config, [shot], Funnel(), Gallery(0), SILENT)
    one, other = (
        (tmp_path / engine / "ws" / "clips" / "c1" / "motion.npz").read_bytes()
        for engine in ("local", "ray")
    )
    assert one == other
