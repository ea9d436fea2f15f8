from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.wan.face import face_box, face_picture
from pipelines.keypoints.person import POINT, ReferencePerson


def person(width=400, height=600, eyes=40.0, centre=(200.0, 150.0)):
    """A face of which the pupils are `eyes` pixels apart."""
    x, y = centre
    xy = np.zeros((29, 2))
    xy[POINT["left_eye"]], xy[POINT["right_eye"]] = (x + eyes / 2, y), (x - eyes / 2, y)
    xy[POINT["nose"]] = (x, y + 0.6 * eyes)
    xy[POINT["left_ear"]], xy[POINT["right_ear"]] = (x + 1.2 * eyes, y), (x - 1.2 * eyes, y)
    image = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return ReferencePerson(
        image, np.ones((height, width), np.float32), xy, np.ones(29), "full", "file"
    )


def test_box_holds_brows_to_chin_and_has_wans_margins():
    left, top, right, bottom = face_box(person())
    assert left < 200 - 44 < 200 + 44 < right
    assert top < 150 - 14
    assert bottom > 150 + 74
    assert (right + left) / 2 == pytest.approx(200, abs=1)
    assert right - left == pytest.approx(88 * np.sqrt(1.3), abs=2)
    assert bottom - top == pytest.approx(88 * np.sqrt(1.3), abs=2)


def test_a_turned_head_is_measured_by_what_is_seen():
    turned = person()
    turned.xy[POINT["left_eye"]] = turned.xy[POINT["right_eye"]] + [8, 0]
    left, _, right, _ = face_box(turned)
    assert right - left > 80
    profile = person()
    for name in ("right_eye", "right_ear"):
        profile.confidence[POINT[name]] = 0
    assert face_box(profile) is not None


def test_the_box_is_cut_at_the_edge():
    left, top, right, bottom = face_box(person(centre=(10.0, 10.0)))
    assert (left, top) == (0, 0)
    assert right < 80
    assert bottom < 110


def test_policies():
    someone = person()
    neutral, followed = face_picture(someone, "neutral", 512)
    assert (neutral.shape, neutral.dtype, followed) == ((512, 512, 3), np.uint8, "neutral")
    assert neutral.any()
    black, followed = face_picture(someone, "none", 512)
    assert followed == "none"
    assert not black.any()


def test_no_face_no_expression():
    hidden = replace(person(), confidence=np.zeros(29))
    assert face_box(hidden) is None
    assert face_picture(hidden, "neutral", 64)[1] == "none"
    assert face_picture(person(eyes=2.0), "neutral", 64)[1] == "none"
