"""The order of the list is the order of painting."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.painting.compositor import Compositor
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList

RED, BLUE = (200, 10, 10, 255), (10, 10, 200, 255)


@pytest.fixture
def two_squares():
    """A red and a blue square on the same place, as two triangles each."""
    square = np.array([[4, 4], [20, 4], [20, 20], [4, 20]], np.float32)
    fan = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return DrawList(
        xy=np.concatenate([square, square]),
        uv=np.concatenate([np.full((4, 2), 2.0), np.full((4, 2), 10.0)]).astype(np.float32),
        triangles=np.concatenate([fan, fan + 4]),
        culled=np.zeros(4, bool), opacity=np.ones(4, np.float32),
    )  # fmt: skip


@pytest.mark.parametrize(("order", "seen"), [([0, 1, 2, 3], BLUE), ([2, 3, 0, 1], RED)])
def test_the_last_triangle_lies_on_top(two_squares, order, seen):
    texture = np.zeros((14, 14, 4), np.uint8)
    texture[:7], texture[7:] = RED, BLUE
    draw = DrawList(
        two_squares.xy, two_squares.uv, two_squares.triangles[order], two_squares.culled,
        two_squares.opacity,
    )  # fmt: skip
    compositor = Compositor(24, 24, texture)
    frame = compositor.paint(np.zeros((24, 24, 3), np.float32), draw)
    compositor.close()
    assert (frame[6:18, 6:18] == seen[:3]).all()


def test_it_cannot_be_changed_between_posing_and_painting(two_squares):
    with pytest.raises(FrozenInstanceError):
        two_squares.opacity = np.zeros(4, np.float32)
