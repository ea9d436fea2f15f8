"""SCAIL's rods: near before far, as thick as they are near, dark where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.keypoints.cylinders import RADIUS, draw_rods, silhouette
from pipelines.keypoints.person import POINT

FOCAL, SIZE = 400.0, 240


def standing(depth=3.0):
    """Points (29, 3) of somebody who stands before the camera, and their pixels."""
    points = np.tile([0.0, 0.0, depth], (29, 1))
    for side, sign in (("left", 1), ("right", -1)):
        for name, y in (("shoulder", -0.5), ("elbow", -0.2), ("wrist", 0.1), ("hip", 0.0),
                        ("knee", 0.4), ("ankle", 0.8)):  # fmt: skip
            points[POINT[f"{side}_{name}"], :2] = sign * (0.2 if y < 0.2 else 0.15), y
    return points, points[:, :2] / points[:, 2:] * FOCAL + SIZE / 2


def test_right_limbs_are_warm_left_ones_cold_and_their_width_is_the_bones():
    points, xy = standing()
    picture = draw_rods(points, xy, np.ones(29), SIZE, SIZE).astype(int)
    row = round(float(xy[POINT["left_knee"], 1] + xy[POINT["left_ankle"], 1]) / 2)
    left = picture[row, round(float(xy[POINT["left_knee"], 0]))]
    right = picture[row, round(float(xy[POINT["right_knee"], 0]))]
    assert left[2] > left[1] and right[1] > right[2]
    width = picture[row, SIZE // 2 :].any(-1).sum()
    assert width == pytest.approx(2 * RADIUS * FOCAL / 3, abs=1.5)


@pytest.mark.parametrize("nearer", ["left", "right"])
def test_what_is_nearer_hides_what_is_behind(nearer):
    points, xy = standing()
    for side in ("left", "right"):
        for name in ("knee", "ankle"):
            points[POINT[f"{side}_{name}"]] = (0, 0.4 if name == "knee" else 0.8, 3)
    for name in ("knee", "ankle"):
        points[POINT[f"{nearer}_{name}"], 2] = 2.5
    xy = points[:, :2] / points[:, 2:] * FOCAL + SIZE / 2
    shin = xy[[POINT[f"{nearer}_knee"], POINT[f"{nearer}_ankle"]]].mean(0).round().astype(int)
    picture = draw_rods(points, xy, np.ones(29), SIZE, SIZE).astype(int)
    colour = picture[shin[1], shin[0]]
    assert (colour[2] > colour[1]) == (nearer == "left")


def test_unseen_points_and_points_behind_the_camera_draw_nothing():
    points, xy = standing()
    assert not draw_rods(points, xy, np.zeros(29), SIZE, SIZE).any()
    behind = points * [1, 1, -1]
    assert not draw_rods(behind, xy, np.ones(29), SIZE, SIZE).any()


def test_what_leaves_the_canvas_is_cut_off():
    points, xy = standing()
    picture = draw_rods(points, xy + np.array([SIZE, 0]), np.ones(29), SIZE, SIZE)
    assert picture.shape == (SIZE, SIZE, 3)
    assert not picture[:, : SIZE // 2].any()


def test_a_silhouette_is_where_something_is():
    picture = np.zeros((2, 3, 3), dtype=np.uint8)
    picture[0, 1] = (0, 7, 0)
    found = silhouette(picture, (0, 0, 255))
    assert found[0, 1].tolist() == [0, 0, 255] and found.sum() == 255
