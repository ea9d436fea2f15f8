import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.skeleton import OFFSETS, PARENTS
from pipelines.keypoints.person import POINT
from pipelines.keypoints.pose_drawing import (
    HAND_EDGES,
    HAND_PALETTE,
    LIMB_PALETTE,
    LIMBS,
    PALETTE,
    draw_pose,
    hand_points,
    stroke_radius,
)

WIDTH, HEIGHT = 720, 1280


def standing(width=WIDTH, height=HEIGHT):
    """A rest-pose dancer facing the camera, arms out, with a face."""
    joints = np.zeros((24, 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[joint] = joints[parent] + OFFSETS[joint]
    face = joints[15] + np.array(
        [[0, 0.02, 0], [0.035, 0.06, 0], [-0.035, 0.06, 0], [0.08, 0.04, 0], [-0.08, 0.04, 0]]
    )
    points = np.concatenate([joints, face])
    scale = height * 0.36
    return np.stack([width / 2 + points[:, 0] * scale, height / 2 - points[:, 1] * scale], axis=-1)


def test_size_of_strokes_follows_the_shorter_side():
    assert [stroke_radius(w, h) for w, h in [(720, 1280), (1280, 720), (540, 960), (64, 64)]] == [
        2, 2, 1, 1,
    ]  # fmt: skip


def test_limbs_and_colours_are_wans():
    assert len(LIMBS) == len(LIMB_PALETTE) - 1 == 19
    assert LIMB_PALETTE[0] == (153, 0, 0)
    assert LIMB_PALETTE[1] == (153, 51, 0)
    assert LIMBS[0].tolist() == [1, 2]
    assert LIMBS[-1].tolist() == [10, 19]
    assert len(HAND_EDGES) == len(HAND_PALETTE) == 20
    assert HAND_EDGES[:5] == ((0, 1), (1, 2), (2, 3), (3, 4), (0, 5))


def test_every_limb_is_drawn_in_its_colour_halfway_along():
    xy = standing()
    picture = draw_pose(xy, np.ones(29), WIDTH, HEIGHT)
    halfway = {
        ("right_shoulder", "right_elbow"): LIMB_PALETTE[2],
        ("left_elbow", "left_wrist"): LIMB_PALETTE[5],
        ("right_knee", "right_ankle"): LIMB_PALETTE[8],
        ("left_hip", "left_knee"): LIMB_PALETTE[10],
        ("left_ankle", "left_foot"): LIMB_PALETTE[17],
        ("right_ankle", "right_foot"): LIMB_PALETTE[18],
    }
    for (start, end), colour in halfway.items():
        x, y = np.rint((xy[POINT[start]] + xy[POINT[end]]) / 2).astype(int)
        assert tuple(picture[y, x]) == colour, (start, end)


def test_joints_lie_over_the_limbs_in_full_colour():
    xy = standing()
    picture = draw_pose(xy, np.ones(29), WIDTH, HEIGHT)
    for name, index in [("left_knee", 12), ("right_elbow", 3), ("nose", 0), ("left_foot", 18)]:
        x, y = np.rint(xy[POINT[name]]).astype(int)
        assert tuple(picture[y, x]) == PALETTE[index], name


def test_limb_is_as_thick_as_wans():
    visibility = np.zeros(29)
    visibility[[POINT["left_hip"], POINT["left_knee"]]] = 1
    xy = np.zeros((29, 2))
    xy[POINT["left_hip"]] = (200, 400)
    xy[POINT["left_knee"]] = (500, 400)
    picture = draw_pose(xy, visibility, WIDTH, HEIGHT)
    assert np.count_nonzero(picture[:, 350].any(axis=-1)) in (4, 5)
    assert not picture[:, :190].any()
    assert not picture[:, 510:].any()


def test_a_back_turned_face_is_not_drawn():
    visibility = np.ones(29)
    visibility[24:] = 0
    picture = draw_pose(standing(), visibility, WIDTH, HEIGHT)
    neck_y = standing()[[POINT["left_shoulder"], POINT["right_shoulder"]], 1].mean()
    above = picture[: int(neck_y) - 12, WIDTH // 2 - 60 : WIDTH // 2 + 60]
    assert not above.any()


def test_nothing_visible_is_black_and_nan_is_invisible():
    assert not draw_pose(standing(), np.zeros(29), 96, 128).any()
    assert not draw_pose(np.full((29, 2), np.nan), np.ones(29), 96, 128).any()


def test_threshold_is_one_half():
    assert draw_pose(standing(), np.full(29, 0.5), WIDTH, HEIGHT).any()
    assert not draw_pose(standing(), np.full(29, 0.49), WIDTH, HEIGHT).any()


def test_hand_starts_at_the_wrist_and_points_along_the_hand():
    xy = standing()
    xy[POINT["left_wrist"]], xy[POINT["left_hand"]] = (400, 600), (400, 640)
    hand = hand_points(xy, np.ones(29, bool), "left")
    assert hand[0] == pytest.approx([400, 600])
    middle_knuckle, thumb, little = hand[9], hand[4], hand[20]
    assert middle_knuckle[1] == pytest.approx(600 + 40 * 0.50 / 0.48)
    assert thumb[0] < 400 < little[0]  # the left hand hangs with its thumb towards the body


def test_hand_without_hand_joint_follows_the_forearm_and_is_absent_without_a_wrist():
    xy, visible = standing(), np.ones(29, bool)
    visible[POINT["right_hand"]] = False
    forearm = xy[POINT["right_wrist"]] - xy[POINT["right_elbow"]]
    hand = hand_points(xy, visible, "right")
    assert (hand[9] - hand[0]) @ forearm > 0
    visible[POINT["right_wrist"]] = False
    assert hand_points(xy, visible, "right") is None


def test_hand_moves_smoothly_while_the_arm_swings_round():
    xy, visible = standing(), np.ones(29, bool)
    wrist = xy[POINT["left_wrist"]]
    hands = []
    for angle in np.linspace(0, 2 * np.pi, 361):
        xy[POINT["left_hand"]] = wrist + 40 * np.array([np.cos(angle), np.sin(angle)])
        hands.append(hand_points(xy, visible, "left"))
    steps = np.linalg.norm(np.diff(hands, axis=0), axis=-1)
    assert steps.max() < 4  # pixels per degree of a hand 83 pixels long


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=58, max_size=58), st.integers(16, 90))
def test_points_anywhere_never_break_the_drawing(values, size):
    picture = draw_pose(np.reshape(values, (29, 2)), np.ones(29), size, size + 2)
    assert picture.shape == (size + 2, size, 3)
    assert picture.dtype == np.uint8


def test_fast_enough_to_draw_while_a_video_is_written():
    xy, visibility = standing(540, 960), np.ones(29)
    draw_pose(xy, visibility, 540, 960)
    start = time.process_time()
    for _ in range(40):
        draw_pose(xy, visibility, 540, 960)
    assert 40 / (time.process_time() - start) > 100
