from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.appearance_expert.wan import face_clip
from pipelines.appearance_expert.wan.face_clip import Faces, faces_of_clip
from pipelines.media.image import load_picture
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import UnsuitableInput

DANCER = Path(__file__).parents[3] / "examples" / "dancer.png"


@pytest.fixture(scope="module")
def picture():
    """The upper half of the example dancer, as someone films a face."""
    rgba = load_picture(DANCER)
    rgb = rgba[..., :3]
    height, width = rgb.shape[:2]
    return np.ascontiguousarray(rgb[: height // 2 // 2 * 2, : width // 2 * 2])


def write(path, frames):
    height, width = frames[0].shape[:2]
    with VideoWriter(path, width, height, Fraction(10), preset="ultrafast") as video:
        for frame in frames:
            video.write(frame)
    return path


def test_a_face_is_found_cropped_and_held_where_it_is_lost(picture, tmp_path):
    shifted = np.roll(picture, 6, axis=1)
    empty = np.full_like(picture, 200)
    path = write(tmp_path / "face.mp4", [picture, shifted, shifted, empty])
    faces = faces_of_clip(path, 64)
    assert faces.fps == 10
    assert len(faces.pictures) == 4
    first, second, lost = faces.at(0.0), faces.at(0.2), faces.at(0.3)
    assert first.shape == (64, 64, 3)
    # The box follows the face, so that the crops show the same.
    assert np.abs(first.astype(int) - second).mean() < 12
    assert np.abs(lost.astype(int) - 200).max() < 12


def test_played_back_and_forth_at_its_own_speed():
    frames = [np.full((8, 8, 3), value, np.uint8) for value in (0, 100, 200)]
    faces = Faces(tuple(face_clip._encoded(frame) for frame in frames), fps=10.0)
    shown = [int(faces.at(seconds)[0, 0, 0]) for seconds in (0, 0.1, 0.2, 0.3, 0.4, 0.5)]
    assert shown == [0, 100, 200, 100, 0, 100]
    assert faces.digest() != Faces(faces.pictures, fps=20.0).digest()
    assert Faces.still(frames[1]).at(99.0)[0, 0, 0] == 100


def test_gaps_are_filled_from_before_and_the_beginning_from_after():
    a, b = (0, 0, 9, 9), (1, 1, 8, 8)
    assert face_clip._held([None, a, None, b, None]) == [a, a, a, b, b]
    assert face_clip._held([None, None]) == []


def test_clips_without_a_face_and_files_that_are_no_clip(tmp_path):
    blank = [np.full((96, 96, 3), 128, np.uint8)] * 3
    with pytest.raises(UnsuitableInput, match="no face is found"):
        faces_of_clip(write(tmp_path / "blank.mp4", blank), 64)
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(UnsuitableInput, match=r"text\.mp4"):
        faces_of_clip(tmp_path / "text.mp4", 64)
