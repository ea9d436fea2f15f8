"""VMD files, read by mmd-bone-tools and put onto a skeleton by MMD's own rules."""

from __future__ import annotations

import numpy as np
import pytest
from mmd_bone_tools.vmd import load_vmd
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.body.stick_body import skeleton_body
from pipelines.motion.formats import export_motion, load_motion
from pipelines.motion.vmd import UNITS_PER_METRE, save_vmd
from pipelines.support.errors import UnsuitableInput

PARENTS = {
    "上半身": "センター", "上半身2": "上半身", "首": "上半身2", "頭": "首", "下半身": "センター",
    **{f"{s}肩": "上半身2" for s in "左右"}, **{f"{s}腕": f"{s}肩" for s in "左右"},
    **{f"{s}ひじ": f"{s}腕" for s in "左右"}, **{f"{s}手首": f"{s}ひじ" for s in "左右"},
    **{f"{s}足": "下半身" for s in "左右"}, **{f"{s}ひざ": f"{s}足" for s in "左右"},
    **{f"{s}足首": f"{s}ひざ" for s in "左右"},
}  # fmt: skip
OURS = {
    "首": "neck", "頭": "head",
    **{f"{s}{bone}": f"{side}_{joint}" for s, side in (("左", "left"), ("右", "right"))
       for bone, joint in (("腕", "shoulder"), ("ひじ", "elbow"), ("手首", "wrist"),
                           ("足", "hip"), ("ひざ", "knee"), ("足首", "ankle"))},
}  # fmt: skip


def rest_places():
    """Where each bone of a model of our size rests, y up, facing -z, in MMD's units."""
    place = {"pelvis": np.array([0.0, 0.978, 0.0])}
    chain = {"spine1": "pelvis", "spine2": "spine1", "spine3": "spine2", "neck": "spine3",
             "head": "neck"}  # fmt: skip
    for joint, parent in chain.items():
        place[joint] = place[parent] + OFFSETS[JOINT[joint]]
    for side, sign in (("left", 1), ("right", -1)):
        arm = np.array([sign * np.cos(np.radians(35)), -np.sin(np.radians(35)), 0])
        limbs = {"collar": ("spine3", None), "shoulder": (f"{side}_collar", None),
                 "elbow": (f"{side}_shoulder", arm), "wrist": (f"{side}_elbow", arm),
                 "hip": ("pelvis", None), "knee": (f"{side}_hip", np.array([0, -1, 0])),
                 "ankle": (f"{side}_knee", np.array([0, -1, 0]))}  # fmt: skip
        for name, (parent, way) in limbs.items():
            offset = OFFSETS[JOINT[f"{side}_{name}"]]
            step = offset if way is None else np.linalg.norm(offset) * way
            place[f"{side}_{name}"] = place[parent] + step
    bones = {bone: place[joint] for bone, joint in OURS.items()}
    bones |= {"センター": place["spine1"], "上半身": place["spine1"], "下半身": place["spine1"],
              "上半身2": place["spine3"], "左肩": place["left_collar"],
              "右肩": place["right_collar"]}  # fmt: skip
    return {bone: where * [1, 1, -1] * UNITS_PER_METRE for bone, where in bones.items()}


def posed(file):
    """Places (T, 3) of each bone by MMD's rules: a bone turns about its parent's axes."""
    motion = load_vmd(file)
    rest, keys = rest_places(), {}
    for key in motion.bones:
        keys.setdefault(key.name, []).append(key)
    places, turns = {}, {}
    for bone in ("センター", *PARENTS):
        own = sorted(keys[bone], key=lambda key: key.frame)
        # scipy's product is right-handed; in mirrored axes it says the same of mirrored vectors.
        local = Rotation.from_quat([key.rotation for key in own])
        moved = np.array([key.position for key in own])
        parent = PARENTS.get(bone)
        if parent is None:
            places[bone], turns[bone] = rest[bone] + moved, local
            continue
        places[bone] = places[parent] + turns[parent].apply(rest[bone] - rest[parent] + moved)
        turns[bone] = turns[parent] * local
    return places


def apart(file, motion):
    """Greatest distance (metres) of each bone of the file from our joint."""
    found, ours = posed(file), motion.joints()
    upright = ours @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    return {
        bone: np.linalg.norm(
            found[bone] / UNITS_PER_METRE * [1, 1, -1] - upright[:, JOINT[joint]], axis=1
        ).max()
        for bone, joint in OURS.items()
    }


def test_a_reader_of_others_finds_our_joints_in_a_real_dance(tmp_path, real_motion):
    motion = load_motion(real_motion("cmu-60-61-salsa", "60_01_scaled.bvh"), fps_override=60.0)
    motion = motion.resampled(30.0)
    export_motion(motion, tmp_path / "a.vmd", skeleton_body())
    found = apart(tmp_path / "a.vmd", motion)
    legs = {bone: off for bone, off in found.items() if "足" in bone or "ひざ" in bone}
    assert len(legs) == 6 and max(legs.values()) < 1e-3
    assert max(found.values()) < 0.03, "spine2 and spine3 are one bone"


def test_left_is_left_and_a_step_forward_goes_to_minus_z(tmp_path, standing):
    from dataclasses import replace

    still = standing(2)
    walked = still.trans + np.array([[0, 0, 0], [0.08, -0.16, 0]], dtype=np.float32)
    poses = still.poses.copy()
    poses[:, JOINT["left_shoulder"], 2] = 1.2
    save_vmd(replace(still, trans=walked, poses=poses), tmp_path / "a.vmd", skeleton_body())
    centre = [key for key in load_vmd(tmp_path / "a.vmd").bones if key.name == "センター"]
    step = np.subtract(centre[1].position, centre[0].position)
    np.testing.assert_allclose(step, [1, 0, -2], atol=1e-5)
    where = posed(tmp_path / "a.vmd")
    assert where["左手首"][0, 1] > where["左腕"][0, 1] + 3, "the left arm is raised"
    assert where["左手首"][0, 0] > 0 > where["右手首"][0, 0]


def test_leg_ik_is_off_and_names_are_shift_jis(tmp_path, standing):
    save_vmd(standing(3), tmp_path / "a.vmd", skeleton_body())
    data = (tmp_path / "a.vmd").read_bytes()
    assert data[:30] == b"Vocaloid Motion Data 0002".ljust(30, b"\0")
    assert data[30:50].rstrip(b"\0").decode("shift_jis") == "macedance"
    motion = load_vmd(tmp_path / "a.vmd")
    (switch,) = motion.ik
    assert (switch.frame, switch.visible, motion.trailing) == (0, True, b"")
    assert {state.name: state.enabled for state in switch.states} == {
        "左足ＩＫ": False, "右足ＩＫ": False, "左つま先ＩＫ": False, "右つま先ＩＫ": False
    }  # fmt: skip
    assert set(motion.bone_names()) == {"センター", *PARENTS}
    assert list(motion.bones[0].interpolation[:16]) == [20, 20, 0, 0, *[20] * 4, *[107] * 8]
    assert list(motion.bones[0].interpolation[-3:]) == [1, 0, 0]


@pytest.mark.parametrize(
    ("fps", "frames", "keys"), [(120.0, 480, 120), (30.0, 1, 1), (24.0, 24, 30)]
)
def test_key_frames_come_thirty_a_second(tmp_path, standing, fps, frames, keys):
    save_vmd(standing(frames, fps), tmp_path / "한국.vmd", skeleton_body())
    motion = load_vmd(tmp_path / "한국.vmd")
    assert sorted(key.frame for key in motion.bones if key.name == "頭") == list(range(keys))


def test_dances_without_frames_are_refused_and_nothing_is_left(tmp_path, standing):
    with pytest.raises(UnsuitableInput, match=r"a\.vmd"):
        save_vmd(standing(3).sliced(0, 0), tmp_path / "a.vmd", skeleton_body())
    assert list(tmp_path.iterdir()) == []
