"""`macedance curate` as a shell sees it: results, codes, and a line for each bad file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def videos(tmp_path: Path, dancers) -> Path:
    folder = tmp_path / "videos"
    (folder / "pop").mkdir(parents=True)
    one = dancers("one", 5)
    shutil.copy(one, folder / "pop" / "good.mp4")
    shutil.copy(one, folder / "crash.mp4")
    data = one.read_bytes()
    (folder / "truncated.mp4").write_bytes(data[: len(data) // 2])
    (folder / "empty.mp4").touch()
    (folder / "locked.mp4").write_bytes(b"PK\x03\x04\x14\x00\x01\x00" + os.urandom(3000))
    (folder / "pop" / "loop").symlink_to(folder)
    for name, options in {
        "sound.mp4": ["-f", "lavfi", "-i", "sine=duration=1"],
        "slow.mp4": ["-f", "lavfi", "-i", "testsrc=d=9:s=128x96:r=1"],
        "picture.mp4": ["-f", "lavfi", "-i", "testsrc=d=1", "-frames:v", "1", "-f", "image2",
                        "-c:v", "png"],
    }.items():  # fmt: skip
        subprocess.run(["ffmpeg", "-v", "error", *options, folder / name], check=True)
    return folder


@pytest.fixture
def crashing(tmp_path: Path) -> str:
    """A PATH whose ffmpeg crashes on one file."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ffmpeg"
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *crash.mp4*) kill -SEGV $$ ;; esac\n'
        f'exec {shutil.which("ffmpeg")} "$@"\n'
    )
    program.chmod(0o755)
    return f"{tmp_path / 'bin'}:{os.environ['PATH']}"


def test_bad_files_cost_a_line_each_and_exit_code_5(macedance, videos, crashing, tmp_path):
    done = macedance("curate", "--src", "videos", "--test-share", "0", "--json", PATH=crashing)
    assert done.returncode == 5, done.stderr
    report = json.loads(done.stdout)
    reasons = {Path(one["file"]).name: one["reason"] for one in report["failed"]}
    for name, reason in {
        "crash.mp4": "crashed after frame 0 (SIGSEGV)",
        "truncated.mp4": "cut off",
        "empty.mp4": "the file is empty",
        "locked.mp4": "not audio or video",
        "loop": "leads back",
        "sound.mp4": "no moving picture",
        "slow.mp4": "1 frames per second",
        "picture.mp4": "still picture",
    }.items():
        assert reason in reasons[name]
        assert sum(f"{name}: " in line for line in done.stderr.splitlines()) == 1
    assert len(reasons) == 8 and "Traceback" not in done.stderr
    assert report["kept"]["number"] == report["rows"] >= 1
    rows = (tmp_path / "workspace" / "clips" / "metadata.jsonl").read_text().splitlines()
    assert {json.loads(row)["genre"] for row in rows} == {"pop"}
    assert "clips kept" in done.stderr and (tmp_path / report["report"]).is_file()


def test_a_plan_and_refusals(macedance, videos):
    done = macedance("curate", "--src", "videos", "--dry-run", "--json")
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert (facts["videos"], len(facts["failed"]), facts["seconds_to_watch"]) == (8, 6, 15.0)
    for arguments, code, says in (
        ((), 2, "no videos given"),
        (("--src", "nowhere"), 3, "no such file"),
        (("--src", "videos", "--max-several", "2"), 2, "--max-several 2"),
        (("--src", "videos", "--min-shot", "3"), 2, "--min-shot 3"),
        (("--src", "videos", "--pose-model", "x"), 2, "go together"),
    ):
        done = macedance("curate", *arguments)
        assert (done.returncode, done.stdout) == (code, "")
        assert says in done.stderr and len(done.stderr.splitlines()) <= 2
