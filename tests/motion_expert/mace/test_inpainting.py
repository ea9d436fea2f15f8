"""Parts drawn anew by a small untrained network: what is held stays, the context is in front."""

import numpy as np
import pytest
import torch

from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Normalizer, Standardizer, decode, encode
from pipelines.motion_expert.editing.kept import Kept, joints_of
from pipelines.motion_expert.editing.poses import PoseAt
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.dancer import MaceDancer
from pipelines.motion_expert.mace.inpainting import _brought_back, _brought_to_the_front
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures

NETWORK = MotionExpertConfig(
    width=16, heads=2, feedforward=16, dance_blocks=1, music_blocks=1, state=2,
    genres=("Jazz", "Salsa"), aligned_music=True, attention_reach=9,
)  # fmt: skip


def dancer():
    torch.manual_seed(0)
    low = np.concatenate([np.zeros(4), -np.ones(147)]).astype(np.float32)
    scale = np.concatenate([np.full(4, 2.0), np.ones(147)]).astype(np.float32)
    checkpoint = Checkpoint(
        NETWORK, MotionExpert(NETWORK).state_dict(), Normalizer(low, scale),
        Standardizer(np.zeros(35, np.float32), np.ones(35, np.float32)), FEATURE_SCHEMA, {},
    )  # fmt: skip
    return MaceDancer(Choreographer(checkpoint, torch.device("cpu")), MaceOptions(sampling_steps=2))


@pytest.fixture(scope="module")
def music():
    return MusicFeatures(np.random.default_rng(0).normal(0, 1, (90, 35)).astype(np.float32))


def dance(frames=90):
    random = np.random.default_rng(1)
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    swing = np.sin(np.arange(frames) / 8)[:, None, None]
    poses[:, 12:] += (0.2 * random.normal(size=(1, 12, 3)) * swing).astype(np.float32)
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    return Motion(poses, trans, 30.0)


def test_what_is_kept_stays_and_candidates_differ(music):
    known = dance()
    stays = np.ones(90, bool)
    stays[30:60] = False
    request = DanceRequest(music, candidates=2, kept=Kept.of(known, stays))
    one, other = dancer().dance(request)
    for danced in (one, other):
        danced.motion.validate()
        np.testing.assert_array_equal(danced.motion.poses[stays], known.poses[stays])
        np.testing.assert_array_equal(danced.motion.trans[stays], known.trans[stays])
    assert not np.array_equal(one.motion.poses, other.motion.poses)
    (again, _) = dancer().dance(request)
    np.testing.assert_array_equal(again.motion.poses, one.motion.poses)


def test_kept_joints_stay(music):
    known = dance()
    kept = Kept.of(known, np.zeros(90, bool), ["left-arm"])
    (danced,) = dancer().dance(DanceRequest(music, kept=kept))
    arm = joints_of("left-arm")
    np.testing.assert_array_equal(danced.motion.poses[:, arm], known.poses[:, arm])
    assert np.abs(danced.motion.poses[:, 17] - known.poses[:, 17]).max() > 0.01


def test_a_window_is_brought_to_the_front_and_back():
    known = dance()
    poses = known.poses.copy()
    poses[:, 0] = [np.pi / 2 / np.sqrt(2), 0.3, 0.9]
    moved = Motion(poses, known.trans + np.float32([3, -2, 0]), 30.0)
    values = encode(moved)
    place, yaw = _brought_to_the_front(values, np.ones(90, bool))
    assert np.abs(values[:, layout.root_xy]).max() < 1e-5
    assert abs(values[:, layout.front_x].mean()) < 1e-5
    back = _brought_back(decode(values)[0], place, yaw)
    np.testing.assert_allclose(back.trans, moved.trans, atol=1e-4)
    np.testing.assert_allclose(back.rotations(), moved.rotations(), atol=1e-5)


def test_a_pose_is_met(music):
    stays = np.ones(90, bool)
    stays[20:70] = False
    pose = dance().sliced(5, 6)
    request = DanceRequest(music, kept=Kept.of(dance(), stays), poses=(PoseAt(45, pose, "p"),))
    (danced,) = dancer().dance(request)
    np.testing.assert_array_equal(danced.motion.poses[45, 1:], pose.poses[0, 1:])
