"""Arms and legs through a dance: closed forms at rest, turned, bent, stretched."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    CHAINS,
    LEFT_ARM,
    LEGS,
)
from pipelines.appearance_expert.puppet.cutting.parts import bones_of
from pipelines.appearance_expert.puppet.posing.limb_skin import Skin, skin_limb
from pipelines.appearance_expert.puppet.posing.limb_track import (
    MOST_STRETCH,
    LimbTrack,
    pose_limb,
    track_limb,
)
from pipelines.appearance_expert.puppet.posing.mesh import grid_over
from pipelines.keypoints.person import POINT


def _straight_limb(turns):
    chain = np.array([[50.0, 20], [50, 60], [50, 95], [50, 110]])
    along = np.linspace(0.2, 2.8, 27)
    y = np.interp(along, [0, 1, 2, 3], [0, 40, 77, 110])
    xy = np.array([[50 + side, row] for side in (-8.0, 8.0) for row in y])
    coordinate = np.r_[along, along]
    joint = np.clip(np.floor(coordinate), 0, 2).astype(int)
    skin = Skin(
        joint, coordinate - joint, xy, chain, np.array([0.0, 1]), False, (8.0, 8, 8)
    )  # fmt: skip
    shape = np.broadcast_to(np.eye(2), (1, 4, 2, 2))
    return skin, LimbTrack(chain[None, :3], np.array([turns]), shape)


def test_an_unmoved_limb_stays_and_a_turned_one_is_rigid():
    skin, track = _straight_limb([0.0, 0, 0, 0])
    assert pose_limb(skin, track, 0, False) == pytest.approx(skin.xy)
    assert (skin.blend >= 0).all() and (skin.blend <= 1).all()


def test_a_bent_elbow_keeps_its_width():
    skin, track = _straight_limb([0.0, 0, 2.4, 2.4])
    bent = pose_limb(skin, track, 0, False)
    at_elbow = np.isclose(skin.xy[:, 1], 60, atol=12) & (skin.joint == 1)
    reach = np.linalg.norm(bent[at_elbow] - track.joints[0, 1], axis=1)
    before = np.linalg.norm(skin.xy[at_elbow] - track.joints[0, 1], axis=1)
    assert reach == pytest.approx(before)


@pytest.fixture(scope="module")
def limb(cut):
    """From a part to the skin of the drawn person's limb, and to where its texture lies."""

    def make(part):
        xy, _ = grid_over(cut.layers[part].alpha)
        return skin_limb(part, xy, cut.figure, bones_of(cut.figure))

    return make


@pytest.mark.parametrize("part", [*ARMS, *LEGS])
def test_the_reference_pose_leaves_every_vertex_where_it_is(limb, cut, hanging, standing, part):
    dance, skin = standing(hanging, 5), limb(part)
    shift = hanging.xy[0] - cut.figure.xy[0]
    track = track_limb(part, skin, dance, mirrored=False)
    assert track.turn == pytest.approx(0, abs=1e-9)
    for frame in (0, 4):
        assert pose_limb(skin, track, frame, False) == pytest.approx(skin.xy + shift, abs=1e-6)


@pytest.mark.parametrize("degrees", [90, -60, 30])
def test_an_arm_turned_about_its_shoulder_is_rigid_beyond_it(limb, hanging, staged, degrees):
    """What the hand holds moves with the hand: the same turn about the shoulder for all of it."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    xy = hanging.xy.copy()
    chain = [POINT[name] for name in CHAINS[LEFT_ARM]]
    root = xy[chain[0]].copy()
    xy[chain] = (xy[chain] - root) @ turn.T + root
    skin = limb(LEFT_ARM)
    track = track_limb(LEFT_ARM, skin, staged([xy]), mirrored=False)
    beyond = skin.joint + skin.blend >= 1
    expected = (skin.xy[beyond] - skin.chain[0]) @ turn.T + root
    assert pose_limb(skin, track, 0, False)[beyond] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("degrees", [60, -40])
def test_a_bent_elbow_turns_the_forearm_and_halfway_the_joint(limb, hanging, staged, degrees):
    """The upper arm stays, the forearm turns about the elbow, and between them each its share."""
    angle = np.radians(degrees)
    xy = hanging.xy.copy()
    elbow, *rest = (POINT[f"left_{name}"] for name in ("elbow", "wrist", "hand"))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    xy[rest] = (xy[rest] - xy[elbow]) @ turn.T + xy[elbow]
    skin = limb(LEFT_ARM)
    posed = pose_limb(skin, track_limb(LEFT_ARM, skin, staged([xy]), False), 0, False)
    about = skin.joint == 1
    share = angle * skin.blend[about]
    offset = skin.xy[about] - skin.chain[1]
    cos, sin = np.cos(share), np.sin(share)
    expected = np.stack(
        [cos * offset[:, 0] - sin * offset[:, 1], sin * offset[:, 0] + cos * offset[:, 1]], axis=1
    )
    assert posed[about] - xy[elbow] == pytest.approx(expected, abs=1e-6)
    assert abs(share).min() == 0 and abs(share).max() > 0.8 * abs(angle)


def test_a_mirrored_limb_is_the_reflection(limb, hanging, standing):
    """Seen from behind, the dance's left arm is where the right one was in the picture."""
    dance, skin = standing(hanging), limb(LEFT_ARM)
    dance.xy[..., 0] = 240 - dance.xy[..., 0]
    dance.points[..., 0] = 240 / dance.pixels_per_metre - dance.points[..., 0]
    posed = pose_limb(skin, track_limb(LEFT_ARM, skin, dance, True), 0, True)
    shoulder = dance.xy[0, POINT["left_shoulder"]]
    assert posed - shoulder == pytest.approx((skin.xy - skin.chain[0]) * [-1, 1], abs=1e-6)


def test_no_bone_is_stretched_beyond_the_limit(limb, hanging, staged):
    far = hanging.xy.copy()
    far[POINT["left_elbow"]] += [300, 300]
    skin = limb(LEFT_ARM)
    track = track_limb(LEFT_ARM, skin, staged([far]), mirrored=False)
    rest = np.linalg.norm(skin.chain[1] - skin.chain[0])
    drawn = np.linalg.norm(track.joints[0, 1] - track.joints[0, 0])
    assert drawn == pytest.approx(MOST_STRETCH * rest)


def test_a_foreshortened_bone_is_shorter_and_as_wide(limb, hanging, staged):
    """The forearm points half at the camera: half as long in the picture."""
    near = hanging.xy.copy()
    elbow, wrist, hand = (POINT[f"left_{name}"] for name in ("elbow", "wrist", "hand"))
    step = (near[wrist] - near[elbow]) / 2
    near[wrist], near[hand] = near[wrist] - step, near[hand] - step
    skin = limb(LEFT_ARM)
    track = track_limb(LEFT_ARM, skin, staged([near]), mirrored=False)
    axis = (skin.chain[2] - skin.chain[1]) / np.linalg.norm(skin.chain[2] - skin.chain[1])
    across = np.array([-axis[1], axis[0]])
    assert track.shape[0, 2] @ axis == pytest.approx(0.5 * axis, abs=1e-6)
    assert track.shape[0, 2] @ across == pytest.approx(across, abs=1e-6)
