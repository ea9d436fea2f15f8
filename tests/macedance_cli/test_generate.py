"""`macedance generate` as a shell sees it: results, resuming, stopping, bad input."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

DANCER = Path(__file__).parents[2] / "examples" / "dancer.png"
SMALL = ("--duration", "2", "--size", "128x192")


@pytest.fixture
def command(tiny_song: Path, tiny_dance: Path) -> list[str]:
    return ["generate", str(tiny_song), str(DANCER), "--motion", str(tiny_dance), *SMALL]


def test_once_again_and_with_force(here, command, tmp_path) -> None:
    code, out, err = here(*command, "-o", "out.mp4", "--motion-out", "dance.bvh")
    assert (code, out) == (0, "out.mp4\n"), err
    assert "draft" in err
    first = (tmp_path / "out.mp4").read_bytes()

    code, out, err = here(*command, "-o", "out.mp4")
    assert (code, out) == (0, "out.mp4\n")
    assert "out.mp4 is there already, as this command makes it" in err

    code, out, err = here(*command, "-o", "out.mp4", "--fps", "25")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "macedance: error: out.mp4 exists",
        "  add --force to replace it, or choose another -o",
    ]

    begin = time.process_time()
    code, out, err = here(*command, "-o", "out.mp4", "--force", "--json")
    assert code == 0
    assert time.process_time() - begin < 5
    report = json.loads(out)
    assert report["output"] == "out.mp4"
    assert report["appearance"]["draft"] is True
    assert (tmp_path / "out.mp4").read_bytes() == first
    folder = tmp_path / report["folder"]
    names = {file.name for file in folder.iterdir()}
    assert {"out.mp4", "motion.npz", "motion.bvh", "keypoints.npz", "pose.mp4", "run.json"} <= names
    assert (tmp_path / "dance.bvh").read_bytes() == (folder / "motion.bvh").read_bytes()


def test_dry_run_writes_nothing(here, command, tmp_path) -> None:
    code, out, _ = here(*command, "-o", "out.mp4", "--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["frames"] == 60
    assert list(tmp_path.iterdir()) == []


def test_stopped_and_taken_up_again(command, started, macedance, tmp_path) -> None:
    process = started(*command, "-o", "out.mp4")
    while "warning: the video is a draft" not in process.said():
        assert process.poll() is None, process.said()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait().returncode == 130
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert "out.mp4" not in left
    assert not [name for name in left if name.startswith(".")]
    record = json.loads(next((tmp_path / "workspace" / "runs").iterdir()).read_text())
    assert (record["status"], record["exit_code"]) == ("failed", 130)

    again = macedance(*command, "-o", "out.mp4")
    assert again.returncode == 0
    assert "the dance is there from an earlier run" in again.stderr
    assert (tmp_path / "out.mp4").stat().st_size > 1000


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"song": "missing.wav"}, 3, "missing.wav: no such file"),
        ({"song": "empty"}, 3, "empty"),
        ({"song": "text.txt"}, 3, "text.txt"),
        ({"song": "folder"}, 3, "folder"),
        ({"picture": "missing.png"}, 3, "missing.png: no such file"),
        ({"picture": "empty"}, 3, "empty"),
        ({"picture": "text.txt"}, 3, "text.txt"),
        ({"picture": "dot.png"}, 3, "dot.png"),
        ({"picture": "grey.png"}, 3, "no person"),
        ({"output": "no/such/folder/out.mp4"}, 3, "no/such/folder"),
        ({"output": "out.avi"}, 2, "out.avi"),
        ({"motion": "text.txt"}, 3, "text.txt"),
        ({"workspace": "text.txt"}, 3, "text.txt"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(
    here, tiny_song, tiny_dance, tmp_path, changes, code, says
) -> None:
    import cv2
    import numpy as np

    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("this is neither a song nor a picture\n" * 50)
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((1, 1, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((300, 200, 3), 128, np.uint8))
    given = {"song": str(tiny_song), "picture": str(DANCER), "motion": str(tiny_dance)}
    given |= {"output": "out.mp4", "workspace": "w"} | changes
    ended, out, err = here(
        "generate", given["song"], given["picture"], "--motion", given["motion"],
        "-o", given["output"], "--workspace", given["workspace"], *SMALL,
    )  # fmt: skip
    errors = err[err.index("macedance: error:") :].splitlines()
    assert (ended, out) == (code, ""), err
    assert says in errors[0]
    assert len(errors) <= 2
    assert "Traceback" not in err
    assert not (tmp_path / given["output"]).exists()
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_a_plans_mistake_is_told_with_its_line_before_any_work(macedance, tmp_path, tiny_song):
    (tmp_path / "plan.toml").write_text('[[part]]\nfrom = 0\nstile = "house"\n')
    asked = ("generate", str(tiny_song), "--motion-only", "--motion-out", "a.npz", "--plan",
             "plan.toml")  # fmt: skip
    for more in ((), ("--dry-run",), ("--dry-run", "--bars")):
        done = macedance(*asked, *more)
        assert done.returncode == 2
        assert "plan.toml, line 3: 'stile' is unknown" in done.stderr
        assert "did you mean 'style'?" in done.stderr
    assert macedance(*asked[:-2], "--bars").returncode == 2
