"""Body parts of a foreign skeleton, and the small geometry that retargeting is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.motion.parts import LIMB_CHILD, Parts, arc, frame_of, mean_rotation, unit
from pipelines.motion.source import SourceMotion

DIRECTION = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.05)


def about_z(degrees: float) -> np.ndarray:
    return Rotation.from_euler("z", degrees, degrees=True).as_matrix()


def trunk(spine_joints: int, degrees: list[float]) -> Parts:
    """A pelvis, a straight spine of so many joints with both shoulders on top, each turned by z.

    The spine joint k of frame t is turned by degrees[k] in its parent's frame.
    """
    names = ["pelvis", *[f"s{k}" for k in range(spine_joints)], "left_shoulder", "right_shoulder"]
    chest = spine_joints
    parents = [-1, *range(spine_joints), chest, chest]
    offsets = np.zeros((len(names), 3))
    offsets[1 : spine_joints + 1, 1] = 0.5 / max(spine_joints, 1)
    offsets[-2:] = [[0.2, 0, 0], [-0.2, 0, 0]]
    rotations = np.tile(np.eye(3), (1, len(names), 1, 1))
    for joint, angle in enumerate(degrees):
        rotations[0, joint] = about_z(angle)
    source = SourceMotion(
        tuple(names), tuple(parents), offsets, rotations, np.array([[0.0, 1, 0]]), 50.0
    )
    index = {name: names.index(name) for name in ("pelvis", "left_shoulder", "right_shoulder")}
    return Parts(source, index)


def angles(turns: dict[str, np.ndarray]) -> dict[str, float]:
    return {
        name: float(np.degrees(np.arctan2(turn[0, 1, 0], turn[0, 0, 0])))
        for name, turn in turns.items()
    }


def mounts(count: int) -> dict[str, np.ndarray]:
    return {"pelvis": np.eye(3), "spine3": np.eye(3)} | {
        f"spine {k}": np.eye(3) for k in range(count)
    }


def test_places_and_turns_are_those_of_the_source():
    parts = trunk(2, [10, 20, 30])
    assert (parts.frames, parts.fps) == (1, 50.0)
    assert parts.spine == [1, 2]
    np.testing.assert_allclose(parts.at("pelvis"), [[0, 1, 0]])
    np.testing.assert_allclose(parts.turn("left_shoulder")[0], about_z(60), atol=1e-12)
    np.testing.assert_allclose(parts.turn_of(1)[0], about_z(30), atol=1e-12)
    np.testing.assert_allclose(parts.rest["left_shoulder"], [0.2, 0.5, 0])
    np.testing.assert_allclose(parts.place_of(1)[0], [0, 1, 0] + about_z(10) @ [0, 0.25, 0])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_an_even_bend_is_spread_evenly_over_our_three_spine_joints(count):
    """Any spine bent by 60 degrees in equal shares: ours stand at 20, 40 and 60."""
    parts = trunk(count, [0, *[60 / count] * count])
    found = angles(parts.spine_turns(mounts(count)))
    assert found["pelvis"] == pytest.approx(0)
    for number in (1, 2, 3):
        assert found[f"spine{number}"] == pytest.approx(20 * number, abs=1e-6)


def test_without_a_spine_the_trunk_follows_the_pelvis():
    parts = trunk(0, [35])
    assert parts.spine == []
    found = angles(parts.spine_turns(mounts(0)))
    assert all(angle == pytest.approx(35) for angle in found.values()) and len(found) == 4


def test_the_chest_takes_the_whole_turn_wherever_the_source_bends():
    parts = trunk(3, [5, 0, 0, 40])
    found = angles(parts.spine_turns(mounts(3)))
    assert found["spine3"] == pytest.approx(45)
    assert found["spine1"] == found["spine2"] == pytest.approx(5)


def test_mounts_come_from_the_right():
    parts = trunk(1, [30, 0])
    tilt = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    turned = parts.spine_turns({"pelvis": tilt, "spine3": tilt})
    np.testing.assert_allclose(turned["pelvis"][0], about_z(30) @ tilt, atol=1e-12)
    np.testing.assert_allclose(turned["spine3"][0], about_z(30) @ tilt, atol=1e-12)


def test_rest_bones():
    parts = trunk(2, [0])
    np.testing.assert_allclose(parts.rest_bone("pelvis", "left_shoulder"), [0.2, 0.5, 0])
    assert parts.rest_bone("pelvis", "head") is None
    assert parts.rest_bone("tail", "pelvis") is None
    assert parts.rest_bone("pelvis", "pelvis") is None


def test_every_limb_bone_has_its_far_end():
    assert LIMB_CHILD["left_hip"] == "left_knee" and LIMB_CHILD["right_wrist"] == "right_hand"
    assert len(LIMB_CHILD) == 10
    assert all(name.split("_")[0] == child.split("_")[0] for name, child in LIMB_CHILD.items())


def test_unit_vectors_and_zero():
    vectors = unit(np.array([[3.0, 4, 0], [0, 0, 0], [0, 0, -7]]))
    np.testing.assert_allclose(vectors, [[0.6, 0.8, 0], [0, 0, 0], [0, 0, -1]])


@settings(max_examples=60, deadline=None)
@given(DIRECTION, DIRECTION)
def test_an_arc_is_the_shortest_turn_between_two_directions(source, target):
    a, b = np.array(source), np.array(target)
    turn = arc(a, b)
    np.testing.assert_allclose(turn @ unit(a), unit(b), atol=1e-7)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    angle = Rotation.from_matrix(turn).magnitude()
    assert angle == pytest.approx(np.arccos(np.clip(unit(a) @ unit(b), -1, 1)), abs=1e-6)


@pytest.mark.parametrize("axis", np.eye(3))
def test_an_arc_to_itself_is_no_turn_and_to_the_opposite_is_half_a_turn(axis):
    np.testing.assert_array_equal(arc(2 * axis, axis), np.eye(3))
    half = arc(axis, -axis)
    np.testing.assert_allclose(half @ axis, -axis, atol=1e-9)
    assert np.linalg.det(half) == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(DIRECTION, DIRECTION)
def test_frames_are_right_handed_along_their_first_vector(primary, secondary):
    a, b = np.array(primary), np.array(secondary)
    assume(np.linalg.norm(np.cross(unit(a), unit(b))) > 0.05)
    frame = frame_of(a, b)
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-9)
    assert np.linalg.det(frame) == pytest.approx(1)
    np.testing.assert_allclose(frame[:, 0], unit(a), atol=1e-12)
    assert frame[:, 1] @ b > 0  # the second column keeps its side
    assert abs(frame[:, 2] @ b) < 1e-9


def test_frames_of_many_vectors_at_once():
    first, second = np.random.default_rng(0).normal(size=(2, 5, 4, 3))
    frames = frame_of(first, second)
    assert frames.shape == (5, 4, 3, 3)
    np.testing.assert_allclose(frames[3, 2], frame_of(first[3, 2], second[3, 2]))


def test_the_mean_of_turns_about_one_axis_is_the_mean_angle_and_weights_count():
    turns = np.stack([about_z(a) for a in (10, 20, 60)])
    assert np.degrees(Rotation.from_matrix(mean_rotation(turns)).magnitude()) == pytest.approx(
        29.6, abs=0.3
    )
    only = mean_rotation(turns, np.array([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(only, about_z(20), atol=1e-9)
    symmetric = mean_rotation(np.stack([about_z(-50), about_z(50)]))
    np.testing.assert_allclose(symmetric, np.eye(3), atol=1e-9)
