"""Records of runs: there while it runs, and true when it has ended."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json
from pipelines.workspace.run_record import recorded_run


@dataclass
class Config:
    song: Path
    beta: float = 0.75
    limit: float = math.inf
    names: tuple[str, ...] = ("a", "b")


def test_written_at_the_start_and_at_the_end(tmp_path: Path) -> None:
    files = [tmp_path / "runs" / "r.json", tmp_path / "generations" / "r" / "run.json"]
    song, video = tmp_path / "song.wav", tmp_path / "out.mp4"
    song.write_bytes(b"la")
    with recorded_run(files, "generate", "r", Config(song), seed=7) as record:
        early = read_json(files[0])
        record.read(song)
        with record.timed("features"):
            video.write_bytes(b"frames")
        with record.timed("features"):
            pass
        record.wrote(video)
        record.facts["draft"] = True
    late = read_json(files[1])
    assert read_json(files[0]) == late
    assert (early["status"], early["exit_code"]) == ("running", None)
    assert (late["status"], late["exit_code"]) == ("done", 0)
    assert late["config"] == {
        "song": str(song), "beta": 0.75, "limit": None, "names": ["a", "b"],
    }  # fmt: skip
    assert late["seed"] == 7
    assert late["inputs"] == {str(song): hashlib.sha256(b"la").hexdigest()}
    assert late["outputs"] == {str(video): hashlib.sha256(b"frames").hexdigest()}
    assert late["facts"] == {"draft": True}
    assert late["total_seconds"] >= late["seconds"]["features"] >= 0
    assert "python" in late["versions"]
    assert late["argv"]


@pytest.mark.parametrize(
    ("error", "code"),
    [(UnsuitableInput("not a song"), 3), (KeyboardInterrupt(), 130), (SystemExit(143), 143)],
)
def test_failures_are_recorded_and_go_on_up(
    tmp_path: Path, error: BaseException, code: int
) -> None:
    file = tmp_path / "r.json"
    with pytest.raises(type(error)), recorded_run([file], "generate", "r", {}):
        raise error
    record = read_json(file)
    assert (record["status"], record["exit_code"]) == ("failed", code)
    assert type(error).__name__ in record["error"]


def test_a_record_that_cannot_be_written_does_not_hide_the_failure(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    with pytest.raises(UnsuitableInput), recorded_run([folder / "r.json"], "generate", "r", {}):
        (folder / "r.json").unlink()
        folder.rmdir()
        folder.write_text("a file where the folder was")
        raise UnsuitableInput("the real reason")
