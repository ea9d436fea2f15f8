"""The face's box from five points, and its crop."""

import numpy as np
import pytest

from pipelines.keypoints.face_crop import box_around, cropped

FACE = {
    "nose": np.array([100.0, 112]), "left_eye": np.array([110.0, 100]),
    "right_eye": np.array([90.0, 100]),
}  # fmt: skip


def test_the_box_lies_around_the_eyes_and_reaches_to_the_chin():
    left, top, right, bottom = box_around(FACE, 400, 400)
    assert left < 85 and right > 115 and (left + right) / 2 == pytest.approx(100, abs=1)
    assert 100 - top < bottom - 100, "more below the eyes than above"


def test_the_picture_s_edge_cuts_it():
    left, top, *_ = box_around({k: v - [85, 95] for k, v in FACE.items()}, 400, 400)
    assert (left, top) == (0, 0)


@pytest.mark.parametrize("missing", [["nose"], ["left_eye", "right_eye"]])
def test_without_nose_or_eyes_there_is_none(missing):
    assert box_around({k: v for k, v in FACE.items() if k not in missing}, 400, 400) is None


def test_a_crop_fills_its_square():
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert cropped(picture, (1, 0, 3, 4), 8).shape == (8, 8, 3)
