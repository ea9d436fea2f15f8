"""What hangs on a head and looks like its rim belongs to it."""

import numpy as np
import pytest

from pipelines.keypoints.loose_hair import with_loose_hair
from pipelines.keypoints.person import POINT, POINT_NAMES

SKY, HAIR, SKIN = (140, 180, 230), (60, 40, 30), (220, 180, 150)


@pytest.fixture
def head():
    """A head with hair (200, 200), its matte without the knot, and the points; the knot's mask."""
    y, x = np.mgrid[:200, :200]
    picture = np.empty((200, 200, 3), np.uint8)
    picture[:] = SKY
    matte = np.hypot(x - 100, y - 110) < 30
    picture[matte] = HAIR
    picture[np.hypot(x - 100, y - 115) < 20] = SKIN
    knot = (np.hypot(x - 100, y - 74) < 9) & ~matte
    picture[knot] = HAIR
    xy = np.full((len(POINT_NAMES), 2), 100.0)
    xy[POINT["neck"]], xy[POINT["head"]] = (100, 150), (100, 126)
    return picture, matte.astype(np.float32), xy, knot


def test_a_knot_that_was_cut_off_is_the_heads(head):
    picture, matte, xy, knot = head
    whole = with_loose_hair(picture, matte, xy)
    assert (whole[knot] > 0.5).mean() > 0.9
    elsewhere = ~knot & (matte == 0)
    assert (whole[elsewhere] > 0.5).mean() < 0.01
    assert (whole >= matte).all()


def test_strands_that_hang_on_nothing_are_faintly_the_heads(head):
    picture, matte, xy, _ = head
    picture[90:100, 145:147] = HAIR
    whole = with_loose_hair(picture, matte, xy)
    assert whole[92:98, 145:147].min() == pytest.approx(0.1)


def test_a_background_like_the_hair_is_left_alone(head):
    picture, matte, xy, _ = head
    picture[matte == 0] = HAIR
    assert (with_loose_hair(picture, matte, xy) == matte).all()


def test_without_a_head_nothing_is_done(head):
    picture, matte, xy, _ = head
    assert with_loose_hair(picture, matte, np.zeros_like(xy)) is matte
