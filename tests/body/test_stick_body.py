"""The skeleton as a body: a ball per joint, a bone per pair, each moved by one joint."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.mesh import joint_positions
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT, JOINT_NAMES, OFFSETS, PARENTS, forward_kinematics
from pipelines.body.stick_body import skeleton_body

PIECES = 24 + 23  # balls and bones


@pytest.fixture(scope="module")
def body():
    return skeleton_body()


def test_one_piece_per_joint_and_per_bone_each_moved_by_one_joint(body):
    assert len(body.template) % PIECES == 0
    assert set(np.unique(body.weights)) == {0.0, 1.0}
    np.testing.assert_array_equal(body.weights.sum(1), 1)
    assert (body.weights.sum(0) > 0).all(), "every joint moves something"


def test_surfaces_are_closed_and_wound_outward(body):
    count = len(body.template) // PIECES
    faces = body.faces.reshape(PIECES, -1, 3)
    for piece in range(PIECES):
        own = faces[piece]
        assert own.min() >= piece * count and own.max() < (piece + 1) * count
        points = body.template[own].astype(float)
        middle = body.template[piece * count : (piece + 1) * count].astype(float).mean(0)
        a, b, c = (points[:, k] - middle for k in range(3))
        volume = np.einsum("fk,fk->f", a, np.cross(b, c)).sum() / 6
        assert volume > 1e-6, "inside out"


def test_left_is_blue_right_is_red_and_the_middle_grey(body):
    joint_of = body.weights.argmax(1)
    rest = joint_positions(OFFSETS)
    ball = np.linalg.norm(body.template - rest[joint_of], axis=1) < 0.04
    for side, strongest in (("left", 2), ("right", 0)):
        own = [JOINT[name] for name in JOINT_NAMES if name.startswith(side)]
        colours = body.colours[
            ball & np.isin(joint_of, own) & (np.isin(joint_of, [20, 21, 22, 23]))
        ]
        assert len(colours) and (colours.argmax(1) == strongest).all()
    middle = body.colours[ball & (joint_of == JOINT["spine2"])]
    assert np.ptp(middle[:, :3], axis=1).min() < 20


def test_every_ball_follows_its_joint(body):
    turns = axis_angle_to_matrix(np.random.default_rng(0).normal(size=(2, 24, 3)) * 0.7)
    trans = np.array([[0, 0, 1.0], [1, 2, 3]])
    joints, _ = forward_kinematics(turns, trans)
    count = len(body.template) // PIECES
    balls = [0]
    for parent in PARENTS[:-1]:
        balls.append(balls[-1] + (2 if parent >= 0 else 1))
    for frame, (vertices, normals) in enumerate(body.pose(turns, trans)):
        for joint in range(24):
            if JOINT_NAMES[joint] == "head":
                continue
            ball = vertices[balls[joint] * count : (balls[joint] + 1) * count]
            centre = (ball.max(0) + ball.min(0)) / 2
            np.testing.assert_allclose(centre, joints[frame, joint], atol=3e-3)
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)


def test_bones_reach_from_parent_to_child_and_are_moved_by_the_parent(body):
    count, rest = len(body.template) // PIECES, joint_positions(OFFSETS)
    piece = 0
    for joint, parent in enumerate(PARENTS):
        piece += 1
        if parent < 0:
            continue
        bone = body.template[piece * count : (piece + 1) * count]
        assert (body.weights[piece * count : (piece + 1) * count, parent] == 1).all()
        along = rest[joint] - rest[parent]
        share = (bone - rest[parent]) @ along / (along @ along)
        assert share.min() == pytest.approx(0, abs=0.03)
        assert share.max() == pytest.approx(1, abs=0.03)
        piece += 1


def test_bones_are_spindles_thickest_near_their_parent(body):
    count, rest = len(body.template) // PIECES, joint_positions(OFFSETS)
    for joint in (JOINT["left_knee"], JOINT["right_elbow"], JOINT["spine2"]):
        piece = 2 * joint  # a ball per joint, and a bone after it from the second joint on
        bone = body.template[piece * count : (piece + 1) * count].astype(float)
        start, end = rest[PARENTS[joint]], rest[joint]
        along = (end - start) / np.linalg.norm(end - start)
        share = (bone - start) @ along / np.linalg.norm(end - start)
        radius = np.linalg.norm(bone - start - np.outer((bone - start) @ along, along), axis=1)
        assert 0.034 < radius.max() < 0.037
        assert 0.2 < share[radius.argmax()] < 0.5
        assert radius[(share < 0.01) | (share > 0.99)].max() < 0.008


def test_other_offsets_make_another_body(body):
    longer = OFFSETS.copy()
    longer[JOINT["left_elbow"]] *= 1.5
    other = skeleton_body(longer)
    np.testing.assert_array_equal(other.faces, body.faces)
    np.testing.assert_array_equal(other.offsets, longer)
    assert other.template[:, 0].max() > body.template[:, 0].max() + 0.1
    assert other.template[:, 0].min() == pytest.approx(body.template[:, 0].min())
