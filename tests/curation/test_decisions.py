"""Decisions on disk: per video, in one table, and taken back by a later run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.curation.decisions import decide, read_decision, write_decisions
from pipelines.curation.selection import Candidate
from pipelines.curation.settings import CurateConfig
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import finish_clip, finished_clip
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace

SHA256 = "ab" * 32


@pytest.fixture
def config(tmp_path: Path) -> CurateConfig:
    return CurateConfig(src=(tmp_path,), workspace=tmp_path / "ws")


def window(clip: str, *reasons: str, start: int = 0) -> Candidate:
    return Candidate(clip, "shot", start, start + 60, {"motion": 0.4}, {}, list(reasons))


def decision(config: CurateConfig, sha256: str = SHA256) -> dict:
    return read_decision(Workspace(config.workspace).curation(content_id(sha256)) / "decision.json")


def finished(config: CurateConfig, clip: str) -> Path:
    folder = Workspace(config.workspace).clip(clip)
    folder.mkdir(parents=True)
    (folder / "video.mp4").write_bytes(b"video")
    finish_clip(folder, {"id": clip, "kept": True, "reasons": []}, ["video.mp4"])
    return folder


def test_a_decision_holds_every_window_and_what_it_went_by(config, watched):
    decide(config, watched(), [window("a"), window("b", "still", start=30)], "train")
    held = decision(config)
    assert held["thresholds"] == config.thresholds()
    assert (held["split"], held["genre"], held["finder"]) == ("train", "salsa", "blazepose")
    assert held["sha256"] == SHA256 and held["all_clips"] == ["a"]
    first, second = held["clips"]
    assert first == {
        "id": "a", "start": 0.0, "seconds": 6.0, "kept": True, "reasons": [],
        "scores": {"motion": 0.4}, "named": {}, "repeats": None, "shot": "shot",
    }  # fmt: skip
    assert (second["start"], second["kept"], second["reasons"]) == (3.0, False, ["still"])
    assert second["seconds"] == 6.0


def test_times_are_seconds_of_the_video_to_the_millionth(config, watched):
    decide(config, watched(fps=[30000, 1001]), [window("a", start=100)], "train")
    (held,) = decision(config)["clips"]
    assert (held["start"], held["seconds"]) == (3.336667, 2.002)


def test_clips_that_are_no_longer_kept_leave_the_table_and_say_why(config, watched):
    a, b = finished(config, "a"), finished(config, "b")
    decide(config, watched(), [window("a"), window("b")], "train")
    decide(config, watched(), [window("a", "several")], "train")
    facts = finished_clip(a, SILENT)
    assert facts is not None and (facts["kept"], facts["reasons"]) == (False, ["several"])
    facts = finished_clip(b, SILENT)
    assert facts is not None and facts["reasons"] == ["not among the windows of the last run"]
    assert decision(config)["all_clips"] == ["a", "b"], "both are remembered"


def test_a_clip_that_stays_is_left_alone(config, watched):
    folder = finished(config, "a")
    before = (folder / "clip.json").stat().st_mtime_ns
    for _ in range(2):
        decide(config, watched(), [window("a")], "train")
    assert (folder / "clip.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "3", "null"])
def test_a_damaged_decision_is_none_and_is_written_anew(config, watched, content):
    decide(config, watched(), [window("a")], "train")
    file = Workspace(config.workspace).curation(content_id(SHA256)) / "decision.json"
    file.write_text(content)
    assert read_decision(file) == {}
    decide(config, watched(), [window("b")], "train")
    assert decision(config)["all_clips"] == ["b"]


def test_no_decision_is_an_empty_one(tmp_path):
    assert read_decision(tmp_path / "absent.json") == {}


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_one_table_of_all_videos_in_a_fixed_order(config, watched):
    from dataclasses import replace

    for sha256, path in (("cd" * 32, "v/c.mp4"), (SHA256, "v/ä.mp4")):
        video = replace(watched(path=Path(path)), sha256=sha256)
        decide(
            config, video, [window(f"{sha256[:2]}1"), window(f"{sha256[:2]}2", "nobody")], "test"
        )
    table = write_decisions(Workspace(config.workspace))
    assert table == config.workspace / "curation" / "decisions.jsonl"
    found = rows(table)
    assert {(row["file"], row["id"]) for row in found} == {
        ("v/c.mp4", "cd1"), ("v/c.mp4", "cd2"), ("v/ä.mp4", "ab1"), ("v/ä.mp4", "ab2"),
    }  # fmt: skip
    assert all(row["split"] == "test" and row["genre"] == "salsa" for row in found)
    assert "ä" in table.read_text(), "names are written as they are"
    before = table.read_bytes()
    assert write_decisions(Workspace(config.workspace)).read_bytes() == before


def test_a_table_of_nothing_and_of_damaged_decisions(config):
    assert rows(write_decisions(Workspace(config.workspace))) == []
    folder = config.workspace / "curation" / "x"
    folder.mkdir()
    (folder / "decision.json").write_text("{")
    assert rows(write_decisions(Workspace(config.workspace))) == []
