"""`macedance render` as a shell sees it: results, codes, stopping."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

SMALL = ("--size", "64x96", "--fps", "10", "--body", "skeleton", "--renderer", "builtin")


@pytest.fixture
def dances(tmp_path: Path, tiny_dance: Path) -> Path:
    (tmp_path / "dances").mkdir()
    shutil.copy(tiny_dance, tmp_path / "dances" / "good.npz")
    (tmp_path / "dances" / "bad.npz").write_text("no archive")
    return tmp_path / "dances"


def test_one_dance(macedance, tmp_path, tiny_dance, tiny_song):
    command = ("render", str(tiny_dance), "--music", str(tiny_song), "-o", "dance.mp4", *SMALL)
    done = macedance(*command, "--export", "glb")
    assert (done.returncode, done.stdout) == (0, "dance.mp4\ndance.glb\n"), done.stderr
    assert (tmp_path / "dance.mp4").stat().st_size > 1000
    again = macedance(*command)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.splitlines() == [
        "macedance: error: dance.mp4 exists",
        "  add --force to replace it, or choose another -o",
    ]


def test_some_dances_failed(macedance, dances):
    done = macedance("render", "--src", "dances", *SMALL, "--json")
    assert done.returncode == 5
    report = json.loads(done.stdout)
    assert report["failed"] == [{"file": "dances/bad.npz", "reason": "broken .npz"}]
    assert (report["rows"], len(report["made"])) == (1, 1)
    lines = done.stderr.splitlines()
    assert "warning: dances/bad.npz: broken .npz" in lines
    assert lines[-2] == "macedance: error: 1 of 2 dances failed: dances/bad.npz"
    assert "Traceback" not in done.stderr
    table = macedance("render", "--src", "dances", *SMALL)
    assert (table.returncode, table.stdout) == (5, "workspace/clips/metadata.jsonl\n")
    assert "0 made, 1 there already" in table.stderr


def test_a_plan(macedance, dances, tmp_path):
    done = macedance("render", "--src", "dances", *SMALL, "--dry-run", "--json")
    assert done.returncode == 0
    facts = json.loads(done.stdout)
    assert (facts["dances"], facts["clips"], facts["frames"]) == (2, 1, 30)
    assert facts["failed"] == ["dances/bad.npz: broken .npz"]
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "no dance given"),
        (("none.npz", "-o", "a.mp4"), 3, "none.npz: no such file"),
        (("--src", "none"), 3, "none: no such file or folder"),
        (("--src", "dances", "--shard", "3/2"), 2, "no such share"),
        (("--src", "dances", "--camera", "top"), 2, "--camera"),
        (("dances/good.npz", "-o", "nowhere/a.mp4"), 3, "nowhere does not exist"),
        (("dances/good.npz", "-o", "a.mp4", "--body", "smpl", "--body-model", "a.pkl"), 3, "a.pkl"),
        (("dances/good.npz", "-o", "a.mp4", "--music", "dances/bad.npz"), 3, "bad.npz"),
    ],
)
def test_what_cannot_be_done_says_so_in_two_lines(macedance, dances, arguments, code, says):
    done = macedance("render", *arguments)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if "done in" not in line]
    assert len(errors) <= 2
    assert says in done.stderr
    assert not (dances.parent / "a.mp4").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_and_taken_up_again(macedance, started, tmp_path, tiny_dance, number):
    import numpy as np

    (tmp_path / "dances").mkdir()
    for index in range(3):
        with np.load(tiny_dance) as arrays:
            changed = dict(arrays) | {"trans": arrays["trans"] + index / 10}
        np.savez(tmp_path / "dances" / f"{index}.npz", **changed)
    command = ("render", "--src", "dances", *SMALL, "--workers", "2", "--json")
    process = started(*command)
    clips = tmp_path / "workspace" / "clips"
    while not list(clips.glob("*/clip.json")):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, number)
    ended = process.wait()
    assert ended.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130}[number], ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    kept = {path.parent.name for path in clips.glob("*/clip.json")}
    assert kept
    assert [path for path in clips.rglob(".*")] == []
    if number == signal.SIGINT:  # both leave the same behind: once is enough
        return
    done = macedance(*command)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert kept <= set(report["there"])
    assert len(report["there"]) + len(report["made"]) == report["rows"] == 3


def test_a_checked_dance_as_a_table_and_as_json(macedance, tmp_path):
    import json

    import numpy as np

    from pipelines.motion.motion import Motion
    from pipelines.motion.npz import save_npz

    poses = np.zeros((60, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.tile(np.float32([0, 0, 0.95]), (60, 1))
    save_npz(Motion(poses, trans, 30.0), tmp_path / "dance.npz")
    shown = macedance("render", "dance.npz", "--check")
    assert shown.returncode == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["flaw", "freezing"]
    found = json.loads(macedance("render", "dance.npz", "--check", "--json").stdout)
    assert [flaw["kind"] for flaw in found["flaws"]] == ["freezing"]
    assert macedance("render", "dance.npz", "--check", "-o", "x.npz").returncode == 2
