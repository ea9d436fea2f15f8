"""Borders where the cloth ends, and what must not speak against dancing."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    LEFT_ARM,
    LEFT_LEG,
    NOBODY,
    RIGHT_ARM,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.borders import with_whole_hems, without_spikes
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.painting.tears import Tears, open_share
from pipelines.appearance_expert.puppet.posing.depth_order import depth_keys, groups_of
from pipelines.appearance_expert.puppet.posing.feet import foreshortening
from pipelines.appearance_expert.puppet.posing.turns import hold_back_turns
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

LIMBS = (LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG)
SHIRT, TROUSERS = (220.0, 170.0, 40.0), (40.0, 60.0, 120.0)


@pytest.fixture
def figure() -> Figure:
    """Shoulders at y 50, hips at 110, the hem of the shirt at 118, feet at 190."""
    xy = np.zeros((29, 2))
    for name, place in {
        "left_shoulder": (100, 50), "right_shoulder": (60, 50), "neck": (80, 42),
        "left_hip": (90, 110), "right_hip": (70, 110), "pelvis": (80, 106),
        "left_knee": (92, 150), "right_knee": (68, 150),
    }.items():  # fmt: skip
        xy[POINT[name]] = place
    image = np.zeros((200, 160, 3), np.float32)
    image[:118], image[118:] = SHIRT, TROUSERS
    return Figure(
        image=image, raw=image, background=image, matte=np.ones((200, 160), np.float32), xy=xy,
        limbs=LIMBS, full=True, drawn=False, cut_row=200, unit=20.0,
    )  # fmt: skip


@pytest.fixture
def labels() -> np.ndarray:
    parts = np.full((200, 160), NOBODY, np.uint8)
    parts[44:112, 62:98] = TORSO
    parts[112:190, 62:78], parts[112:190, 82:98] = RIGHT_LEG, LEFT_LEG
    return parts


def test_the_hem_of_a_shirt_goes_with_the_trunk(figure, labels):
    parts = with_whole_hems(labels, figure)
    assert (parts[112:117, 63:77] == TORSO).all() and (parts[112:117, 83:97] == TORSO).all()
    assert (parts[120:190, 63:77] == RIGHT_LEG).all() and (parts[120:190, 83:97] == LEFT_LEG).all()


def test_without_a_hem_the_legs_begin_at_the_hips(figure, labels):
    overall = replace(figure, image=np.full_like(figure.image, 90.0))
    np.testing.assert_array_equal(with_whole_hems(labels, overall), labels)


def test_a_fin_on_the_trunk_goes_with_the_sleeve_and_a_seam_with_its_leg(figure, labels):
    labels[60:80, 104:112] = LEFT_ARM
    labels[78:81, 98:112] = TORSO  # a strip of sleeve that was taken for trunk
    labels[130:145, 82:84] = RIGHT_LEG  # and one of the left leg for the right
    parts = without_spikes(labels, figure)
    assert (parts[78:81, 106:112] == LEFT_ARM).all()
    assert (parts[130:145, 82:84] == LEFT_LEG).all()
    assert (parts[50:110, 64:96] == TORSO).all()


def test_a_slim_waist_is_no_hole_and_a_hole_is_one():
    solid = np.zeros((100, 100), bool)
    for row in range(10, 90):
        half = 12 + 18 * abs(row - 50) / 40
        solid[row, round(50 - half) : round(50 + half) + 1] = True
    corners = np.array([[20.0, 10], [80, 10], [80, 90], [20, 90]])
    assert open_share(solid, corners) < 0.02
    pierced = solid.copy()
    pierced[40:60, 44:56] = False
    assert open_share(pierced, corners) > 0.05


def test_only_the_torn_arm_is_named():
    tears = Tears(0.0, 0.0, {LEFT_ARM: 0.5, RIGHT_ARM: 0.01, LEFT_LEG: 0.0})
    assert tears.torn_arms == (LEFT_ARM,)


def _headings(degrees):
    angle = np.radians(degrees)
    about = np.zeros((len(angle), 3, 3))
    about[:, 0, 0] = about[:, 2, 2] = np.cos(angle)
    about[:, 0, 2], about[:, 2, 0] = np.sin(angle), -np.sin(angle)
    about[:, 1, 1] = 1
    return np.diag([1.0, -1, -1]) @ about


def test_a_glance_past_the_profile_shows_no_hair_and_a_spin_does():
    glance = np.r_[[0.0] * 20, [112.0] * 8, [0.0] * 20]
    assert hold_back_turns(_headings(glance), np.radians(42), 30.0).share.min() == 1
    spin = np.r_[[0.0] * 20, np.linspace(0, 360, 24), [0.0] * 20]
    assert hold_back_turns(_headings(spin), np.radians(42), 30.0).share.min() < 0.2


def test_no_side_is_half_there_for_long_however_the_head_lingers():
    wavering = 98 + 3 * np.sin(np.arange(90))
    turned = np.r_[[0.0] * 30, wavering, [150.0] * 40]
    share = hold_back_turns(_headings(turned), np.radians(42), 30.0).share
    assert ((share > 0.1) & (share < 0.9)).sum() <= 6


def test_feet_are_as_long_as_the_picture_shows_them():
    toes = np.tile([3.0, 4.0], (10, 1))
    assert foreshortening(10.0, toes) == pytest.approx(2)
    assert foreshortening(4.0, toes) == 1
    assert foreshortening(500.0, toes) == 2.5


def _dance(depths):
    points = np.zeros((1, 29, 3))
    for name, depth in depths.items():
        points[0, POINT[name], 2] = depth
    return StagedDance(
        xy=points[..., :2], depth=points[..., 2], visibility=np.ones((1, 29)), points=points,
        rotations=np.tile(np.eye(3), (1, 24, 1, 1)), yaw=np.zeros(1),
        contact=np.ones((1, 2), bool), ground_y=0.0, pixels_per_metre=1.0,
        reference_to_canvas=np.eye(2, 3), figure_scale=1.0, width=2, height=2, fps=30.0,
        coverage="full",
    )  # fmt: skip


def test_leaning_back_does_not_bring_the_thighs_before_the_hem():
    chest = {"spine2": 0.2, "spine3": 0.3, "neck": 0.4}
    groups = groups_of(LIMBS)
    trunk, thigh = groups.index((TORSO, 0)), groups.index((LEFT_LEG, 0))
    leaning = depth_keys(_dance(chest), groups)[0]
    assert leaning[thigh] > leaning[trunk]  # farther away
    raised = depth_keys(_dance({"left_knee": -0.4}), groups)[0]
    assert raised[thigh] < raised[trunk]
