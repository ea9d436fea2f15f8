"""Mounts learnt from the motion: those of a rig whose joint frames are known come out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT, JOINT_NAMES, OFFSETS, PARENTS, TO_Z_UP
from pipelines.motion.calibration import motion_mounts
from pipelines.motion.joint_names import find_parts
from pipelines.motion.parts import Parts
from pipelines.motion.source import SourceMotion

DRIVEN = [
    name for name in JOINT_NAMES if not name.endswith(("hand", "foot")) and "spine" not in name
]


def rig(motion, frames: np.ndarray, scale: float = 1.0) -> Parts:
    """The motion on a rig of our bones whose joint frames are turned by (24, 3, 3), y up."""
    parents = [max(parent, 0) for parent in PARENTS]
    offsets = np.einsum("jkc,jk->jc", frames[parents], OFFSETS) * scale
    offsets[0] = 0
    local = motion.rotations()
    local[:, 0] = TO_Z_UP.T @ local[:, 0]
    turned = np.swapaxes(frames[parents], -1, -2) @ local @ frames
    turned[:, 0] = local[:, 0] @ frames[0]
    source = SourceMotion(
        JOINT_NAMES, PARENTS, offsets, turned,
        motion.trans.astype(np.float64) @ TO_Z_UP * scale, motion.fps,
    )  # fmt: skip
    return Parts(source, find_parts(JOINT_NAMES))


def degrees(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.degrees(Rotation.from_matrix(found.T @ expected).magnitude()))


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """A frame of its own for every joint."""
    return Rotation.random(24, random_state=3).as_matrix()


def mounts_of(motion, frames: np.ndarray, scale: float = 1.0) -> dict[str, np.ndarray]:
    return motion_mounts(rig(motion, frames, scale), TO_Z_UP)


def test_every_mount_is_a_rotation(swaying, frames):
    mounts = mounts_of(swaying(200), frames)
    assert set(DRIVEN) | {"spine3", "spine 0"} <= set(mounts)
    for name, mount in mounts.items():
        np.testing.assert_allclose(mount @ mount.T, np.eye(3), atol=1e-9, err_msg=name)
        assert np.linalg.det(mount) == pytest.approx(1)


def test_limbs_are_found_within_a_degree(swaying, frames):
    """A mount turns the SMPL bone into the joint's own frame: the transpose of the rig's turn."""
    mounts = mounts_of(swaying(400, seed=2), frames)
    for side in ("left", "right"):
        for joint in ("hip", "knee", "shoulder", "elbow"):
            name = f"{side}_{joint}"
            child = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist"}[joint]
            bone = OFFSETS[JOINT[f"{side}_{child}"]]
            expected = frames[JOINT[name]].T @ bone
            found = mounts[name] @ bone
            cosine = found @ expected / (bone @ bone)
            assert np.degrees(np.arccos(np.clip(cosine, -1, 1))) < 1, name


def test_legs_bend_about_their_hinge(swaying, frames):
    """Knees that bend deeply, about x alone: their whole mount is found.

    The thigh of the offset table leans six degrees, and by so much its hinge is off the x axis.
    """
    motion = swaying(400, seed=2)
    motion.poses[:, [JOINT["left_knee"], JOINT["right_knee"]], 0] += 1.6
    mounts = mounts_of(motion, frames)
    for side in ("left", "right"):
        assert degrees(mounts[f"{side}_knee"], frames[JOINT[f"{side}_knee"]].T) < 7


def test_mounts_do_not_depend_on_place_size_or_time(swaying, frames):
    motion = swaying(200)
    plain = mounts_of(motion, frames)
    for other in (
        mounts_of(motion, frames, scale=100.0),
        motion_mounts(rig(motion, frames), TO_Z_UP),
    ):
        for name in DRIVEN:
            assert degrees(other[name], plain[name]) < 0.5, name


def test_frames_that_are_turned_turn_the_mounts_along(swaying, frames):
    """If every joint's own frame is turned once more, so is its mount: nothing absolute is used."""
    motion = swaying(300)
    more = Rotation.random(24, random_state=9).as_matrix()
    plain, turned = mounts_of(motion, frames), mounts_of(motion, frames @ more)
    for side in ("left", "right"):
        for joint in ("hip", "knee", "shoulder", "elbow", "wrist"):
            name = f"{side}_{joint}"
            assert degrees(turned[name], more[JOINT[name]].T @ plain[name]) < 0.5, name


def test_a_pelvis_drawn_along_an_axis_is_taken_to_be_exactly_that(swaying):
    mounts = mounts_of(swaying(200), np.tile(np.eye(3), (24, 1, 1)))
    up = mounts["pelvis"][:, 1]
    assert np.abs(up).max() == pytest.approx(1, abs=0.02)


def test_planted_soles_tell_how_a_foot_sits(standing):
    """A dancer who stands: whatever frame the ankle joint has, the sole comes out level."""
    frames = Rotation.random(24, random_state=5).as_matrix()
    motion = standing(40)
    parts = rig(motion, frames)
    mounts = motion_mounts(parts, TO_Z_UP)
    for side in ("left", "right"):
        turned = parts.turn(f"{side}_ankle") @ mounts[f"{side}_ankle"]
        up = TO_Z_UP @ turned @ np.array([0, 1.0, 0])
        np.testing.assert_allclose(up, np.tile([0, 0, 1.0], (40, 1)), atol=1e-6)


def test_without_toes_a_foot_follows_its_shin(standing):
    frames = Rotation.random(24, random_state=6).as_matrix()
    parts = rig(standing(30), frames)
    for side in ("left", "right"):
        del parts.index[f"{side}_foot"]
    mounts = motion_mounts(parts, TO_Z_UP)
    for side in ("left", "right"):
        shin = parts.turn(f"{side}_knee") @ mounts[f"{side}_knee"]
        foot = parts.turn(f"{side}_ankle") @ mounts[f"{side}_ankle"]
        np.testing.assert_allclose(foot, shin, atol=1e-6)


def test_a_head_looks_ahead_on_average(swaying, frames):
    motion = swaying(300)
    parts = rig(motion, frames)
    mounts = motion_mounts(parts, TO_Z_UP)
    head = parts.turn("head") @ mounts["head"]
    chest = parts.turn_of(parts.spine[-1]) @ mounts["spine3"]
    apart = Rotation.from_matrix(np.swapaxes(chest, -1, -2) @ head).mean().magnitude()
    assert np.degrees(apart) < 1
