"""The main command, whole, as a user runs it: a song and a picture become a dance video."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
DANCER, SONG = ROOT / "examples" / "dancer.png", ROOT / "examples" / "song.wav"
SIZE = "128x224"


@pytest.fixture
def options(motion_model: Path) -> list[str]:
    return [
        "--motion-model", str(motion_model), "--duration", "2.5", "--size", SIZE,
        "--sampling-steps", "4", "--seed", "3", "--json",
    ]  # fmt: skip


def frames_of(video: Path) -> np.ndarray:
    from pipelines.media.video import read_frames

    return np.stack(list(read_frames(video)))


def report_of(done) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_song_and_a_picture_become_a_video(
    macedance: Callable, options: list[str], tmp_path: Path
) -> None:
    from pipelines.media.audio import probe_audio
    from pipelines.media.video import probe_video

    command = ["generate", str(SONG), str(DANCER), "-o", "out.mp4", "--candidates", "2", *options]
    report = report_of(macedance(*command))

    out, folder = tmp_path / "out.mp4", tmp_path / report["folder"]
    video, sound = probe_video(out), probe_audio(out)
    assert (video.width, video.height, float(video.fps)) == (128, 224, 30)
    assert (video.frames, video.has_audio) == (75, True)
    assert abs(video.seconds - sound.seconds) <= 1 / 30
    assert report["appearance"]["draft"] is True
    frames = frames_of(out)
    assert np.abs(np.diff(frames.astype(int), axis=0)).max() > 60  # somebody moves

    scores = report["motion"]["beat_fit"]
    assert len(scores) == 2
    assert report["motion"]["kept"] == int(np.argmax(scores))
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "done"
    assert record["facts"]["motion"]["beat_fit"] == scores
    dance = np.load(folder / "motion.npz", allow_pickle=False)
    assert dance["poses"].shape == (75, 72)

    # Again with the video lost: the dance is picked up, the video made anew, the same.
    made = (folder / "motion.npz").stat().st_mtime_ns
    (folder / "out.mp4").unlink()
    again = macedance(*command, "--force")
    assert "the dance is there from an earlier run" in again.stderr
    assert "music" not in report_of(again)["stage_seconds"]
    assert (folder / "motion.npz").stat().st_mtime_ns == made
    np.testing.assert_array_equal(frames_of(out), frames)

    # Again with nothing lost: nothing is made anew.
    cached = macedance(*command, "--force")
    assert not {"music", "dance", "video"} & set(report_of(cached)["stage_seconds"])
    assert "draft" in cached.stderr  # still one, whoever drew it

    # Elsewhere with the same seed: the same dance and the same frames, bit by bit.
    elsewhere = report_of(macedance(*command, "--force", "--workspace", "other"))
    other = tmp_path / elsewhere["folder"]
    assert other.parts != folder.parts
    assert (other / "motion.npz").read_bytes() == (folder / "motion.npz").read_bytes()
    np.testing.assert_array_equal(frames_of(other / "out.mp4"), frames)


def test_a_dance_alone_and_a_video_of_it(
    macedance: Callable, options: list[str], tmp_path: Path, tiny_song: Path
) -> None:
    alone = ["generate", str(tiny_song), "--motion-only", "--genre", "salsa", *options]
    report = report_of(macedance(*alone, "--motion-out", "dance.bvh"))
    assert report["output"] == "dance.bvh"
    assert report["motion"]["genre"] == "salsa"
    assert (tmp_path / "dance.bvh").read_text().startswith("HIERARCHY")
    assert not list(tmp_path.rglob("*.mp4"))

    # In another format the finished dance is only handed over; another seed is another dance.
    again = macedance(*alone, "--motion-out", "dance.npz")
    assert "the dance is there" in again.stderr
    assert (tmp_path / "dance.npz").read_bytes() == (
        tmp_path / report["folder"] / "motion.npz"
    ).read_bytes()
    report_of(macedance(*alone, "--seed", "4", "--motion-out", "other.npz"))
    assert (tmp_path / "other.npz").read_bytes() != (tmp_path / "dance.npz").read_bytes()

    shown = report_of(
        macedance("generate", str(tiny_song), str(DANCER), "--motion", "dance.npz",
                  "-o", "out.mp4", "--size", SIZE, "--duration", "2", "--json")
    )  # fmt: skip
    assert shown["motion"] == {"given": "dance.npz"}
    assert frames_of(tmp_path / "out.mp4").shape == (60, 224, 128, 3)


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"song": "missing.wav"}, 3, "missing.wav: no such file"),
        ({"song": "text.wav"}, 3, "text.wav"),
        ({"picture": "blank.png"}, 3, "blank.png"),
        ({"output": "there.mp4"}, 2, "there.mp4 exists"),
        ({"genre": "Polka"}, 2, "Polka"),
        ({"motion-model": "nowhere"}, 4, "nowhere"),
    ],
    ids=["song", "text", "blank", "exists", "genre", "model"],
)
def test_what_cannot_be_is_said_in_two_lines(
    macedance: Callable,
    options: list[str],
    tmp_path: Path,
    changes: dict[str, str],
    code: int,
    says: str,
) -> None:
    import cv2

    (tmp_path / "text.wav").write_text("not a song\n" * 100)
    (tmp_path / "there.mp4").write_text("precious")
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((320, 200, 3), 255, np.uint8))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    song, picture = changes.pop("song", str(SONG)), changes.pop("picture", str(DANCER))
    output = changes.pop("output", "out.mp4")
    more = [word for name, value in changes.items() for word in (f"--{name}", value)]
    done = macedance("generate", song, picture, "-o", output, *options, *more)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    message = done.stderr[done.stderr.index("macedance: error:") :]
    assert says in message
    assert len(message.splitlines()) <= 2
    assert "Traceback" not in done.stderr
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert left == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(macedance: Callable, options: list[str], tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    done = macedance("generate", str(SONG), str(DANCER), "-o", "locked/out.mp4", *options)
    assert done.returncode == 3
    assert "no permission" in done.stderr
