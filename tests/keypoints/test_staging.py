"""A staged dance: where the person stands, as large as they are, inside the frame, unbroken."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import MIRROR, PARENTS, forward_kinematics
from pipelines.keypoints.fit import REST_POINTS
from pipelines.keypoints.person import POINT, POINT_NAMES
from pipelines.keypoints.staging import stage_dance

FACE_MIRROR = (24, 26, 25, 28, 27)
POINT_MIRROR = [*MIRROR, *FACE_MIRROR]


def test_a_standing_dancer_covers_the_standing_person(make_person, standing) -> None:
    person = make_person()
    staged = stage_dance(*standing, 30.0, person, 540, 960)
    assert staged.figure_scale == 1
    away = np.linalg.norm(staged.xy[0] - person.xy, axis=1)
    assert away.max() < 0.05 * 330 * 1.7
    assert abs(staged.ground_y - (person.xy[POINT["left_foot"], 1])) < 30
    assert np.allclose(staged.yaw, 0, atol=1e-6)
    assert staged.contact.all()
    upright = np.diag([1.0, -1.0, -1.0])
    assert np.abs(staged.rotations[0, 0] - upright).max() < 0.1
    assert staged.points[..., 2] == pytest.approx(staged.depth)
    assert staged.depth.min() > 1


def test_bones_keep_their_length_through_the_dance(make_person, make_dance) -> None:
    staged = stage_dance(*make_dance(1), 30.0, make_person(), 540, 960)
    bones = np.linalg.norm(
        staged.points[:, 1:24] - staged.points[:, [PARENTS[joint] for joint in range(1, 24)]],
        axis=-1,
    )
    assert np.ptp(bones, axis=0).max() < 1e-9


def test_the_dance_is_turned_to_the_camera(make_person, make_dance) -> None:
    rotations, trans = make_dance(2)
    angle = 2.2
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    turned = rotations.copy()
    turned[:, 0] = turn @ turned[:, 0]
    one = stage_dance(rotations, trans, 30.0, make_person(), 540, 960)
    other = stage_dance(turned, trans @ turn.T, 30.0, make_person(), 540, 960)
    assert np.abs(one.xy - other.xy).max() < 1e-6
    assert abs(np.angle(np.exp(1j * one.yaw).mean())) < 0.2


def test_turning_left_is_positive_yaw_and_hides_the_left_ear(make_person, standing) -> None:
    rotations, trans = (array.copy() for array in standing)
    angle = np.deg2rad(60)
    # About the vertical, to the dancer's left; the first frames keep the mean to the front.
    rotations[-1, 0] = rotations[-1, 0] @ [
        [np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]
    ]  # fmt: skip
    staged = stage_dance(rotations, trans, 30.0, make_person(), 540, 960)
    assert staged.yaw[-1] - staged.yaw[0] == pytest.approx(angle, abs=0.01)
    assert staged.visibility[-1, POINT["left_ear"]] < 0.5
    assert staged.visibility[-1, POINT["right_ear"]] == 1
    nose, head = (staged.xy[-1, POINT[name], 0] for name in ("nose", "head"))
    assert nose > head


def test_a_mirrored_dance_is_a_mirrored_picture(make_person, make_dance) -> None:
    person = make_person()
    rotations, trans = make_dance(3)
    flip = np.array([-1.0, 1.0, 1.0])
    mirrored = rotations[:, list(MIRROR)] * flip[:, None] * flip
    one = stage_dance(rotations, trans, 30.0, person, 540, 960)
    other = stage_dance(mirrored, trans * flip, 30.0, person, 540, 960)
    assert other.xy[:, POINT_MIRROR] * [-1, 1] + [540, 0] == pytest.approx(
        one.xy, abs=4
    )  # the matte's discs lie on whole pixels
    assert (other.contact[:, ::-1] == one.contact).all()


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    travel=st.floats(0, 4),
    shape=st.sampled_from([(540, 960), (960, 540), (640, 640), (480, 832)]),
    scale=st.floats(150, 480),
    x=st.floats(0.3, 0.7),
)
def test_nothing_leaves_the_canvas(make_person, make_dance, seed, travel, shape, scale, x) -> None:
    person = make_person(540, 960, scale, (540 * x, 940 - scale))
    rotations, trans = make_dance(seed, frames=24, travel=travel)
    staged = stage_dance(rotations, trans, 30.0, person, *shape)
    seen = staged.xy[:, person.confidence > 0]
    assert (seen >= 0).all() and (seen <= shape).all()
    assert 0.2 < staged.figure_scale <= 1
    assert 0 < staged.ground_y <= 1.05 * shape[1]


def test_arms_that_the_trunk_carries_stay_on_the_canvas(make_person, standing) -> None:
    body = np.array([[REST_POINTS[name][0], -REST_POINTS[name][1]] for name in POINT_NAMES])
    for side, sign in (("left", 1), ("right", -1)):  # stretched sideways, to the picture's edges
        for joint, reach in (("elbow", 0.5), ("wrist", 0.7), ("hand", 0.8)):
            body[POINT[f"{side}_{joint}"]] = body[POINT[f"{side}_shoulder"]] + [sign * reach, 0]
    person = make_person(body=body, scale=260.0)
    rotations, trans = (np.repeat(array[:1], 20, axis=0) for array in standing)
    trans[:, 0] = np.linspace(0, 0.3, 20)
    staged = stage_dance(rotations, trans, 30.0, person, 540, 960)
    hands = person.xy[[POINT["left_hand"], POINT["right_hand"]]] - person.xy[POINT["neck"]]
    hands = hands * staged.reference_to_canvas[0, 0] * staged.figure_scale
    carried = staged.xy[:, POINT["neck"], None] + hands
    assert (carried >= 0).all() and (carried <= (540, 960)).all()


def test_planted_feet_stay_planted_when_the_way_is_long(make_person, standing) -> None:
    rotations, _ = standing
    frames = 90
    rotations = np.repeat(rotations[:1], frames, axis=0)
    trans = np.tile([0.0, 0.0, 0.96], (frames, 1))
    # A step of 25 cm to the side in the middle; both feet stand before and after.
    trans[:, 0] = np.clip((np.arange(frames) - 40) / 10, 0, 1) * 0.25
    staged = stage_dance(rotations, trans, 30.0, make_person(), 540, 960)
    feet = staged.xy[:, [POINT["left_foot"], POINT["right_foot"]]]
    assert staged.contact[5:35].all() and staged.contact[55:85].all()
    for still in (slice(5, 35), slice(55, 85)):
        assert np.ptp(feet[still], axis=0).max() < 1.5
    assert np.abs(feet[..., 1] - staged.ground_y).max() < 15


def test_feet_stay_on_the_ground_on_other_proportions(make_person, standing) -> None:
    body = make_person().xy
    hip = body[POINT["left_hip"], 1]
    for name, index in POINT.items():
        if name.endswith(("knee", "ankle", "foot")):
            body[index, 1] = hip + 0.55 * (body[index, 1] - hip)
    cartoon = replace(make_person(), xy=body)
    rotations, trans = (np.repeat(array[:1], 60, axis=0) for array in standing)
    # Knees that bend and stretch, as in a slow plie; the feet stay where they are.
    bend = 0.5 * (1 - np.cos(np.linspace(0, 4 * np.pi, 60)))
    for hip, knee, ankle in ((1, 4, 7), (2, 5, 8)):
        for joint, share in ((hip, -0.8), (knee, 1.6), (ankle, -0.8)):
            vectors = np.stack([share * bend, 0 * bend, 0 * bend], axis=1)
            rotations[:, joint] = axis_angle_to_matrix(vectors)
    trans = trans + forward_kinematics(rotations, trans)[0][:1, 10:11].mean(1)
    trans = trans - forward_kinematics(rotations, trans)[0][:, 10:12].mean(1) + [0, 0, 0.025]
    staged = stage_dance(rotations, trans, 30.0, cartoon, 540, 960)
    assert staged.contact.all()
    feet = staged.xy[:, [POINT["left_foot"], POINT["right_foot"]]]
    assert np.ptp(feet, axis=0).max() < 6
    assert np.ptp(staged.xy[:, POINT["pelvis"], 1]) > 20


def test_a_half_body_keeps_its_framing(make_person, make_dance) -> None:
    person = make_person(540, 700, 700.0, (270.0, 640.0), coverage="upper")
    rotations, trans = make_dance(5, travel=2.0)
    rotations[:, 0] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    staged = stage_dance(rotations, trans, 30.0, person, 540, 700)
    assert staged.coverage == "upper"
    assert staged.figure_scale >= 0.92
    hidden = [POINT["left_knee"], POINT["right_foot"]]
    assert (staged.visibility[:, hidden] == 0).all()
    neck = staged.xy[:, POINT["neck"]] - person.xy[POINT["neck"]]
    assert np.abs(np.median(neck, axis=0)).max() < 0.2 * 700
    assert np.ptp(staged.xy[:, POINT["pelvis"], 0]) < 0.25 * 540


def test_one_frame_is_a_dance(make_person, standing) -> None:
    rotations, trans = standing
    staged = stage_dance(rotations[:1], trans[:1], 30.0, make_person(), 540, 960)
    assert staged.xy.shape == (1, len(POINT_NAMES), 2) and np.isfinite(staged.xy).all()


def test_ten_seconds_are_staged_quickly(make_person, make_dance) -> None:
    rotations, trans = make_dance(6, frames=300)
    stage_dance(rotations[:5], trans[:5], 30.0, make_person(), 540, 960)
    began = time.process_time()
    stage_dance(rotations, trans, 30.0, make_person(), 540, 960)
    assert time.process_time() - began < 2.0
