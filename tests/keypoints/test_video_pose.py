"""The tracker on a drawn dancer that moves, and on nobody."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.errors import UnsuitableInput
from pipelines.keypoints.tracks import read_track, save_track
from pipelines.keypoints.video_pose import track_video
from pipelines.media.video import VideoWriter

DANCER = Path(__file__).parents[2] / "examples" / "dancer.png"
SIZE = (320, 240)


def write(path, frames):
    with VideoWriter(path, SIZE[1], SIZE[0], Fraction(15)) as video:
        for frame in frames:
            video.write(frame)
    return path


@pytest.fixture(scope="module")
def track(tmp_path_factory):
    """The example dancer moving two pixels to the right in every frame."""
    picture = cv2.cvtColor(cv2.imread(str(DANCER)), cv2.COLOR_BGR2RGB)
    scale = 300 / picture.shape[0]
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frames = []
    for number in range(12):
        frame = np.full((*SIZE, 3), small[0, 0], np.uint8)
        part = small[:, : SIZE[1] - 2 * number]
        frame[10 : 10 + len(part), 2 * number : 2 * number + part.shape[1]] = part
        frames.append(frame)
    return track_video(write(tmp_path_factory.mktemp("video") / "dancer.mp4", frames))


def test_the_dancer_is_followed(track) -> None:
    assert track.frames == 12
    assert (track.fps, track.layout) == (15, "mediapipe")
    hips = track.xy[:, [track.names.index("left_hip"), track.names.index("right_hip")], 0].mean(1)
    assert hips[-1] - hips[0] == pytest.approx(22, abs=6)
    head, ankle = (track.xy[:, track.names.index(n), 1].mean() for n in ("nose", "left_ankle"))
    assert 150 < ankle - head < 300


def test_there_and_back(track, tmp_path) -> None:
    save_track(track, tmp_path / "a.npz")
    assert read_track(tmp_path / "a.npz").xy == pytest.approx(track.xy, abs=1e-3)


def test_nobody(tmp_path) -> None:
    path = write(tmp_path / "grey.mp4", [np.full((*SIZE, 3), 90, np.uint8)] * 5)
    with pytest.raises(UnsuitableInput, match="nobody"):
        track_video(path)
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(UnsuitableInput, match=r"no\.mp4"):
        track_video(tmp_path / "no.mp4")
