"""Drawn figures: what stands out of a plain page, and a skeleton fitted to its outline."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.keypoints import silhouette
from pipelines.keypoints.backdrop import plain_backdrop, standing_out
from pipelines.keypoints.person import POINT
from pipelines.keypoints.silhouette import points_of_silhouette
from pipelines.media.image import load_picture

PLACES = {
    "head": (200, 80), "neck": (200, 135), "hips": (200, 300),
    "left_hand": (340, 210), "right_hand": (60, 150),
    "left_foot": (260, 480), "right_foot": (140, 480),
}  # fmt: skip


def drawing(paper: tuple[int, int, int] = (235, 232, 228), lean: float = 0.0) -> np.ndarray:
    """A figure of outlines on unevenly lit paper."""
    page = np.full((540, 400, 3), paper, np.uint8)
    page = (page * np.linspace(1.0, 0.93, 400)[None, :, None]).astype(np.uint8)
    solid = np.zeros((540, 400), np.uint8)
    cv2.circle(solid, PLACES["head"], 48, 1, -1)
    cv2.rectangle(solid, (160, 140), (240, 310), 1, -1)
    cv2.line(solid, PLACES["head"], (200, 150), 1, 24)
    for start, end in (((235, 160), "left_hand"), ((165, 160), "right_hand"),
                       ((222, 300), "left_foot"), ((178, 300), "right_foot")):  # fmt: skip
        cv2.line(solid, start, PLACES[end], 1, 22)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(page, outlines, -1, (40, 30, 90), 4)
    noise = np.random.default_rng(0).normal(0, 2, page.shape)
    return np.clip(page + noise, 0, 255).astype(np.uint8)


def test_an_outline_on_paper_becomes_a_filled_figure() -> None:
    backdrop = plain_backdrop(drawing())
    assert backdrop is not None and backdrop.noise < 4
    figure = standing_out(backdrop)
    assert figure[220, 200] and figure[80, 200], "the inside counts, though it is paper"
    assert not figure[30, 30] and not figure[450, 200], "the gap between the legs does not"


def test_the_skeleton_lies_where_it_was_drawn() -> None:
    backdrop = plain_backdrop(drawing())
    assert backdrop is not None
    points = points_of_silhouette(standing_out(backdrop))
    assert points is not None and (points.confidence > 0).all()
    for name in ("left_hand", "right_hand", "left_foot", "right_foot"):
        assert np.linalg.norm(points.xy[POINT[name]] - PLACES[name]) < 30, name
    assert abs(points.xy[POINT["neck"], 1] - 135) < 30
    assert 50 < points.xy[POINT["nose"], 1] < 120
    assert points.xy[POINT["left_shoulder"], 0] > points.xy[POINT["right_shoulder"], 0]
    assert abs(points.xy[POINT["left_hip"], 1] - 310) < 40


@pytest.mark.parametrize("thing", ["ball", "car", "pillar", "dot"])
def test_things_are_no_people(thing: str) -> None:
    figure = np.zeros((400, 400), np.uint8)
    if thing == "ball":
        cv2.circle(figure, (200, 200), 120, 1, -1)
    elif thing == "car":
        cv2.rectangle(figure, (50, 180), (350, 280), 1, -1)
        for x in (110, 290):
            cv2.circle(figure, (x, 280), 40, 1, -1)
    elif thing == "pillar":
        cv2.rectangle(figure, (170, 20), (230, 380), 1, -1)
    else:
        figure[200:204, 200:204] = 1
    assert points_of_silhouette(figure > 0) is None


def test_a_busy_border_is_no_plain_background() -> None:
    random = np.random.default_rng(0)
    assert plain_backdrop(random.integers(0, 255, (200, 300, 3), np.uint8)) is None
    stripes = np.zeros((200, 300, 3), np.uint8)
    stripes[:, ::20] = 255
    stripes[:, 1::20] = 255
    assert plain_backdrop(cv2.blur(stripes, (5, 1))) is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_childrens_drawings(shared_data: Path, number: int) -> None:
    rgba = load_picture(shared_data / "image" / f"animateddrawings-char{number}.png")
    backdrop = plain_backdrop(rgba[..., :3].copy())
    assert backdrop is not None
    points = points_of_silhouette(standing_out(backdrop))
    assert points is not None
    feet, head = points.xy[[POINT["left_foot"], POINT["right_foot"]]], points.xy[POINT["head"]]
    hands = points.xy[[POINT["left_hand"], POINT["right_hand"]]]
    height = len(rgba)
    assert (feet[:, 1] > 0.85 * height).all() and head[1] < 0.45 * height
    assert hands[0, 0] - hands[1, 0] > 0.6 * rgba.shape[1]


def solid_figure() -> np.ndarray:
    """A figure without symmetry: one arm up, one down, feet apart."""
    solid = np.zeros((540, 400), np.uint8)
    cv2.circle(solid, PLACES["head"], 48, 1, -1)
    cv2.rectangle(solid, (160, 140), (240, 310), 1, -1)
    cv2.line(solid, PLACES["head"], (200, 150), 1, 24)
    for start, end in (((235, 160), "left_hand"), ((165, 160), "right_hand"),
                       ((222, 300), "left_foot"), ((178, 300), "right_foot")):  # fmt: skip
        cv2.line(solid, start, PLACES[end], 1, 22)
    return solid > 0


def test_the_mirrored_figure_has_the_mirrored_skeleton() -> None:
    """Every figure faces the viewer: its left is on the right of the picture, mirrored or not."""
    points = points_of_silhouette(solid_figure())
    mirrored = points_of_silhouette(solid_figure()[:, ::-1])
    assert points is not None and mirrored is not None
    for name, index in POINT.items():
        twin = name.replace("left", "x").replace("right", "left").replace("x", "right")
        there = mirrored.xy[POINT[twin]] * (-1, 1) + (399, 0)
        assert np.linalg.norm(points.xy[index] - there) < 8, name


@pytest.mark.parametrize("factor", [0.4, 0.5, 1.5, 2, 3])
def test_the_skeleton_scales_with_the_picture(factor: float) -> None:
    """An arm held up beside the neck draws the search for the head aside, but does not lose it."""
    figure = solid_figure()
    points = points_of_silhouette(figure)
    size = round(400 * factor), round(540 * factor)
    other = cv2.resize(figure.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    scaled = points_of_silhouette(other > 0)
    assert points is not None and scaled is not None
    np.testing.assert_allclose(scaled.xy / factor, points.xy, atol=12)
    assert np.linalg.norm(scaled.xy[POINT["nose"]] / factor - PLACES["head"]) < 20


def test_the_skeleton_goes_with_the_figure_across_the_page() -> None:
    """By whole pixels of the grid in which it is searched."""
    figure = np.pad(solid_figure(), ((100, 128), (100, 268)))
    moved = np.roll(figure, (-60, 120), axis=(0, 1))
    here, there = points_of_silhouette(figure), points_of_silhouette(moved)
    assert here is not None and there is not None
    np.testing.assert_allclose(there.xy - here.xy, np.tile([120, -60], (29, 1)), atol=4)


def test_limbs_have_their_joints_in_order_and_inside_the_outline() -> None:
    figure = solid_figure()
    points = points_of_silhouette(figure)
    assert points is not None
    for side in ("left", "right"):
        for limb in (("shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot")):
            places = points.xy[[POINT[f"{side}_{joint}"] for joint in limb]]
            far = np.linalg.norm(places - places[0], axis=1)
            assert (np.diff(far) > 0).all(), (side, limb)
            for x, y in places.round().astype(int):
                assert figure[y - 4 : y + 5, x - 4 : x + 5].any(), (side, limb)
        upper = np.linalg.norm(points.xy[POINT[f"{side}_elbow"]] - points.xy[POINT[f"{side}_hand"]])
        lower = np.linalg.norm(
            points.xy[POINT[f"{side}_elbow"]] - points.xy[POINT[f"{side}_shoulder"]]
        )
        assert 0.5 < lower / upper < 1.5


def test_legs_that_do_not_part_and_missing_limbs_are_no_body() -> None:
    closed = solid_figure()
    closed[300:490, 130:270] = True
    assert points_of_silhouette(closed) is None
    one_armed = solid_figure()
    one_armed[140:300, :155] = False
    assert points_of_silhouette(one_armed) is None


def test_a_way_s_share_is_measured_along_it() -> None:
    corner = np.array([[0.0, 0], [10, 0], [10, 30]])
    np.testing.assert_allclose(silhouette._along(corner, 0.25), [10, 0])
    np.testing.assert_allclose(silhouette._along(corner, 0.5), [10, 10])
    np.testing.assert_allclose(silhouette._along(corner, 1.0), [10, 30])
    np.testing.assert_allclose(silhouette._along(corner[:1], 0.7), [0, 0])
