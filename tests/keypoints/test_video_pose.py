"""The tracker on a drawn dancer that moves, and on nobody."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.keypoints.finders import EmbeddedFinder
from pipelines.keypoints.people import Person
from pipelines.keypoints.tracks import read_track, save_track
from pipelines.keypoints.video_pose import track_people, track_video
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import UnsuitableInput

DANCER = Path(__file__).parents[2] / "examples" / "dancer.png"
SIZE = (320, 240)


def write(path, frames):
    with VideoWriter(path, SIZE[1], SIZE[0], Fraction(15)) as video:
        for frame in frames:
            video.write(frame)
    return path


@pytest.fixture(scope="module")
def dancer(tmp_path_factory):
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
    return write(tmp_path_factory.mktemp("video") / "dancer.mp4", frames)


@pytest.fixture(scope="module")
def track(dancer):
    return track_video(dancer)


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


def test_a_finder_of_people_sees_what_the_tracker_sees(dancer, track) -> None:
    with EmbeddedFinder() as finder:
        found = track_people(dancer, finder)
    assert (found.frames, found.fps, found.layout) == (12, 15, "blazepose")
    for name in ("left_hip", "right_shoulder", "left_ankle"):
        ours, theirs = (t.xy[:, t.names.index(name)] for t in (found, track))
        assert np.linalg.norm(ours - theirs, axis=1).mean() < 12


class TwoPeople:
    """A large person who walks right and leaves for a frame, and a larger one who comes later."""

    name = "two"

    def __init__(self):
        self.frame = -1

    def find(self, rgb, near=None):
        self.frame += 1
        walker = self.person(10.0 + 5 * self.frame, 60)
        comer = self.person(150.0, 80)
        if self.frame == 0:
            return [walker]
        if self.frame == 3:
            return []
        return [comer] if self.frame >= 8 else [comer, walker]

    def person(self, left, width):
        box = np.array([left, 20, left + width, 200])
        return Person(box, 0.9, np.tile([left, 100.0, 1.0], (17, 1)))


def test_one_person_is_followed_until_gone(dancer) -> None:
    found = track_people(dancer, TwoPeople())
    left = [10.0 + 5 * n for n in range(8)] + [150.0] * 4
    seen = np.arange(12) != 3
    assert found.xy[seen, 0, 0] == pytest.approx(np.array(left)[seen])
    assert (found.confidence[:, 0] > 0).tolist() == seen.tolist()
