"""Retargeting of rigs built from a known SMPL motion: the motion must come back."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import FOOT_JOINTS, JOINT, JOINT_NAMES, OFFSETS, PARENTS, TO_Z_UP
from pipelines.motion.bvh import read_bvh
from pipelines.motion.formats import load_motion
from pipelines.motion.retarget import retarget
from pipelines.motion.source import SourceMotion
from pipelines.support.errors import UnsuitableInput

MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2",
    "neck": "Neck", "head": "Head",
} | {
    f"{side.lower()}_{joint}": f"{side}{name}"
    for side in ("Left", "Right")
    for joint, name in (
        ("hip", "UpLeg"), ("knee", "Leg"), ("ankle", "Foot"), ("foot", "ToeBase"),
        ("collar", "Shoulder"), ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"),
        ("hand", "HandMiddle1"),
    )
}  # fmt: skip
LIMBS = [JOINT[f"{s}_{j}"] for s in ("left", "right") for j in ("knee", "ankle", "elbow", "wrist")]


def as_rig(motion, frames_of_joints, scale, names=MIXAMO):
    """The same motion on a rig whose joint frames are turned by (24, 3, 3), other units."""
    turn = frames_of_joints
    parents = [max(parent, 0) for parent in PARENTS]
    offsets = np.einsum("jkc,jk->jc", turn[parents], OFFSETS) * scale
    offsets[0] = 0
    local = motion.rotations()
    local[:, 0] = TO_Z_UP.T @ local[:, 0]
    rig = np.swapaxes(turn[parents], -1, -2) @ local @ turn
    rig[:, 0] = local[:, 0] @ turn[0]
    return SourceMotion(
        names=tuple(names.get(name, name) for name in JOINT_NAMES),
        parents=PARENTS,
        offsets=offsets,
        rotations=rig,
        root=motion.trans.astype(np.float64) @ TO_Z_UP * scale,
        fps=motion.fps,
        path="rig",
    )


def angles_between(one, other):
    relative = np.swapaxes(one.rotations(), -1, -2) @ other.rotations()
    return Rotation.from_matrix(relative.reshape(-1, 3, 3)).magnitude().reshape(-1, 24)


def test_a_rig_with_our_rest_pose_gives_the_motion_back(swaying):
    motion = swaying(80)
    back = retarget(as_rig(motion, np.tile(np.eye(3), (24, 1, 1)), 100.0))
    driven = [j for j in range(24) if JOINT_NAMES[j] not in ("left_hand", "right_hand")]
    assert angles_between(motion, back)[:, driven].max() < 1e-3
    travel = np.diff(back.trans - motion.trans, axis=0)
    assert np.abs(travel).max() < 2e-3
    assert back.joints()[:, list(FOOT_JOINTS), 2].min() > -0.1


def test_a_rig_whose_bones_lie_along_x_is_calibrated_from_its_motion(swaying):
    motion = swaying(300, seed=2)
    turn = np.empty((24, 3, 3))
    for joint, name in enumerate(JOINT_NAMES):
        children = [c for c, p in enumerate(PARENTS) if p == joint]
        bone = OFFSETS[children[0]] if children else OFFSETS[joint]
        bone = bone if "ankle" in name or children else OFFSETS[joint]
        bone = np.array([0, 1.0, 0]) if name in ("pelvis", "spine3", "head") else bone
        x = bone / np.linalg.norm(bone)
        z = np.cross(x, [0, 0, 1.0] if abs(x[2]) < 0.9 else [1.0, 0, 0])
        z /= np.linalg.norm(z)
        turn[joint] = np.stack([x, np.cross(z, x), z], axis=-1)
    back = retarget(as_rig(motion, turn, 39.4))
    ours, theirs = motion.joints(), back.joints()
    for joint in LIMBS:
        one = ours[:, joint] - ours[:, PARENTS[joint]]
        other = theirs[:, joint] - theirs[:, PARENTS[joint]]
        cosine = (
            (one * other).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
        )
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 1, JOINT_NAMES[joint]
    forward = back.rotations()[:, 0] @ [0, 0, 1.0]
    assert forward[:, 1].max() < -0.9


def test_upright_and_on_the_floor_whatever_axis_is_up(standing):
    rig = as_rig(standing(20), np.tile(np.eye(3), (24, 1, 1)), 1.0)
    for spin in (np.eye(3), TO_Z_UP, Rotation.from_rotvec([0, 0, -np.pi / 2]).as_matrix()):
        turned = rig.rotations.copy()
        turned[:, 0] = spin @ turned[:, 0]
        world = SourceMotion(rig.names, rig.parents, rig.offsets, turned, rig.root @ spin.T, 30.0)
        joints = retarget(world).joints()
        assert joints[0, JOINT["head"], 2] > 1.5
        assert abs(joints[0, JOINT["left_foot"], 2]) < 0.02


def test_missing_joints_are_named(standing):
    rig = as_rig(standing(2), np.tile(np.eye(3), (24, 1, 1)), 1.0)
    names = tuple("blob" if name == "LeftForeArm" else name for name in rig.names)
    bad = SourceMotion(names, rig.parents, rig.offsets, rig.rotations, rig.root, 30.0, "x.bvh")
    with pytest.raises(UnsuitableInput, match=r"x\.bvh.*left elbow"):
        retarget(bad)


def test_namespaces_and_shared_prefixes_do_not_matter(standing):
    rig = as_rig(standing(4), np.tile(np.eye(3), (24, 1, 1)), 1.0)
    plain = retarget(rig)
    for prefix in ("mixamorig:", "Neo_"):
        names = tuple(prefix + name for name in rig.names)
        other = SourceMotion(names, rig.parents, rig.offsets, rig.rotations, rig.root, 30.0)
        np.testing.assert_array_equal(retarget(other).poses, plain.poses)


@pytest.mark.parametrize(
    ("archive", "name"),
    [
        ("cmu-60-61-salsa", "60_03_scaled.bvh"),
        ("cmu-05-modern-dance", "05_02.bvh"),
        ("cmu-94-indian-dance", "94_01.bvh"),
        ("cmu-85-breakdance-fbx", "85_03_30fps.npz"),
        ("cmu-131-michael-jackson-style", "131_12.amc"),
        ("other-formats-apache", "amp_humanoid_dance.npy"),
        ("other-formats-apache", "dance_hiphop_shuffle_square_R_fast_002__A318.npz"),
        ("other-formats-apache", "dab.bvh"),
        ("non-commercial-evaluation-only", "lafan1_dance_60s.bvh"),
    ],
)
def test_real_dancers_stand_upright_with_level_feet(real_motion, archive, name):
    motion = load_motion(real_motion(archive, name)).resampled(30)
    joints = motion.joints()
    assert np.median(joints[:, JOINT["head"], 2]) > 1.3
    assert 0.75 < np.median(joints[:, 0, 2]) < 1.0
    low = joints[:, [10, 11], 2].min(1)
    assert -0.03 < np.percentile(low, 5) < 0.03
    assert np.percentile(low, 50) < 0.06
    if name == "05_02.bvh":
        return  # danced on the balls of the feet: there is no level sole to measure
    # Planted soles are level: ankle above toes as in the rest pose, up to 4 cm.
    slow = np.linalg.norm(np.diff(joints[:, [7, 10]], axis=0), axis=-1).max(1) < 0.005
    planted = slow & (joints[1:, 10, 2] < 0.04)
    rise = joints[1:, 7, 2] - joints[1:, 10, 2]
    assert abs(np.median(rise[planted]) - 0.06) < 0.04
    # Knees bend forwards: the knee lies in front of the line from hip to ankle.
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, JOINT[f"{side}_{j}"]] for j in ("hip", "knee", "ankle"))
        turned = motion.rotations()[:, 0] @ motion.rotations()[:, JOINT[f"{side}_hip"]]
        ahead = ((knee - (hip + ankle) / 2) * turned[..., 2]).sum(-1)
        assert np.percentile(ahead, 10) > -0.05


@pytest.mark.parametrize("take", ["02", "04"])
def test_bvh_and_asf_amc_of_the_same_take_agree(real_motion, take):
    amc = load_motion(real_motion("cmu-05-as-asf-amc", f"md_{take}.amc"))
    bvh = load_motion(real_motion("cmu-05-modern-dance", f"05_{take}.bvh")).sliced(1, 10_000)
    assert amc.frames == bvh.frames
    ours, theirs = amc.joints(), bvh.joints()
    apart = np.linalg.norm((ours - ours[:, :1]) - (theirs - theirs[:, :1]), axis=-1)
    assert np.median(apart) < 0.03
    assert np.median(apart, axis=0).max() < 0.1


def test_the_salsa_header_can_be_overruled(real_motion):
    path = real_motion("cmu-60-61-salsa", "60_10_scaled.bvh")
    assert read_bvh(path).fps == 120
    assert load_motion(path, fps_override=60).fps == 60
    assert load_motion(path, fps_override=60).seconds == pytest.approx(
        2 * load_motion(path).seconds
    )
