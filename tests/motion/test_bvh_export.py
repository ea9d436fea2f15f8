"""BVH files that we write: what importers rely on, read by a parser of this test's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS, TO_Z_UP
from pipelines.motion.bvh import read_bvh
from pipelines.motion.bvh_export import own_motion, save_bvh
from pipelines.motion.motion import Motion


def parsed(text: str) -> tuple[dict[str, dict], np.ndarray]:
    """Joints by name (parent, offset, channels) and the table of numbers, by the plain grammar."""
    joints: dict[str, dict] = {}
    stack: list[str] = []
    lines = iter(text.splitlines())
    assert next(lines) == "HIERARCHY"
    for line in lines:
        words = line.split()
        if words[0] in ("ROOT", "JOINT"):
            joints[words[1]] = {"parent": stack[-1] if stack else None}
            stack.append(words[1])
        elif words[:2] == ["End", "Site"]:
            joints[stack[-1]]["tip"] = True
            stack.append(f"{stack[-1]} tip")
            joints[stack[-1]] = {"parent": stack[-2], "channels": []}
        elif words[0] == "OFFSET":
            joints[stack[-1]]["offset"] = np.array(words[1:], dtype=float)
        elif words[0] == "CHANNELS":
            assert int(words[1]) == len(words) - 2
            joints[stack[-1]]["channels"] = words[2:]
        elif words[0] == "}":
            stack.pop()
        elif words[0] == "MOTION":
            break
    assert not stack
    frames = int(next(lines).removeprefix("Frames: "))
    next(lines)
    table = np.array([line.split() for line in lines], dtype=float)
    assert len(table) == frames
    return joints, table


def random_motion(seed: int = 0, frames: int = 6, fps: float = 30.0) -> Motion:
    random = np.random.default_rng(seed)
    poses = Rotation.random(frames * 24, random_state=seed).as_rotvec().reshape(frames, 24, 3)
    return Motion(poses.astype("f4"), random.normal(size=(frames, 3)).astype("f4"), fps)


def test_the_hierarchy_is_our_skeleton_in_centimetres(tmp_path):
    save_bvh(random_motion(), tmp_path / "a.bvh")
    joints, table = parsed((tmp_path / "a.bvh").read_text())
    ours = [name for name in joints if not name.endswith(" tip")]
    assert sorted(ours) == sorted(JOINT_NAMES)
    for joint, name in enumerate(JOINT_NAMES):
        parent = None if PARENTS[joint] < 0 else JOINT_NAMES[PARENTS[joint]]
        assert joints[name]["parent"] == parent
        np.testing.assert_allclose(joints[name]["offset"], 100 * OFFSETS[joint], atol=1e-6)
    turns = ["Zrotation", "Xrotation", "Yrotation"]
    assert joints["pelvis"]["channels"] == ["Xposition", "Yposition", "Zposition", *turns]
    assert all(joints[name]["channels"] == turns for name in ours if name != "pelvis")
    assert table.shape == (6, 3 + 3 * 24)


def test_every_bone_has_a_child_or_a_tip(tmp_path):
    """An importer draws no bone for a joint without a child: each leaf needs an End Site."""
    save_bvh(random_motion(), tmp_path / "a.bvh")
    joints, _ = parsed((tmp_path / "a.bvh").read_text())
    parents = {joint["parent"] for joint in joints.values()}
    leaves = {name for name in JOINT_NAMES if name not in parents}
    assert leaves == set()
    tips = {name for name in JOINT_NAMES if joints[name].get("tip")}
    assert tips == {"head", "left_foot", "right_foot", "left_hand", "right_hand"}
    # Centimetres of a hand, a head and toes beyond their joint.
    assert all(5 < np.linalg.norm(joints[f"{name} tip"]["offset"]) < 20 for name in tips)
    assert joints["head tip"]["offset"][1] > 15 and joints["left_foot tip"]["offset"][2] > 5
    assert joints["left_hand tip"]["offset"][0] == -joints["right_hand tip"]["offset"][0] > 0


def test_joints_computed_from_the_file_alone_are_the_motions_own(tmp_path):
    """Forward kinematics by the BVH convention (fixed order Z X Y, y up) against `joints()`."""
    motion = random_motion(3)
    save_bvh(motion, tmp_path / "a.bvh")
    joints, table = parsed((tmp_path / "a.bvh").read_text())
    places: dict[str, np.ndarray] = {}
    turned: dict[str, np.ndarray] = {}
    column = 3
    for name, joint in joints.items():
        if not joint["channels"]:
            continue
        local = Rotation.from_euler("ZXY", table[:, column : column + 3], degrees=True).as_matrix()
        column += 3
        parent = joint["parent"]
        turned[name] = local if parent is None else turned[parent] @ local
        places[name] = (
            table[:, :3] if parent is None else places[parent] + turned[parent] @ joint["offset"]
        )
    found = np.stack([places[name] for name in JOINT_NAMES], axis=1) / 100 @ TO_Z_UP.T
    np.testing.assert_allclose(found, motion.joints(), atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), fps=st.sampled_from([23.976, 24.0, 30.0, 59.94, 120.0]))
def test_round_trip_within_a_milliradian(tmp_path_factory, seed, fps):
    path = tmp_path_factory.mktemp("bvh") / "a.bvh"
    motion = random_motion(seed, 4, fps)
    save_bvh(motion, path)
    back = own_motion(read_bvh(path))
    assert back is not None
    turn = np.swapaxes(motion.rotations(), -1, -2) @ back.rotations()
    assert Rotation.from_matrix(turn.reshape(-1, 3, 3)).magnitude().max() < 1e-3
    np.testing.assert_allclose(back.trans, motion.trans, atol=1e-6)
    assert back.fps == pytest.approx(fps, rel=1e-6)
    assert back.source == str(path)


def test_the_same_motion_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save_bvh(random_motion(1), tmp_path / f"{name}.bvh")
    assert (tmp_path / "a.bvh").read_bytes() == (tmp_path / "b.bvh").read_bytes()


def test_our_skeleton_is_known_by_names_and_offsets_alone(tmp_path):
    save_bvh(random_motion(), tmp_path / "a.bvh")
    source = read_bvh(tmp_path / "a.bvh")
    assert own_motion(source) is not None
    for name, other in (("left_hip", "left_thigh"), ("pelvis", "Hips")):
        names = tuple(other if each == name else each for each in source.names)
        assert own_motion(replace(source, names=names)) is None
    longer = source.offsets.copy()
    longer[source.names.index("left_knee")] *= 1.01
    assert own_motion(replace(source, offsets=longer)) is None
    # A root set down elsewhere is a matter of the file's world, not of the skeleton.
    moved = source.offsets.copy()
    moved[0] = [5, 6, 7]
    assert own_motion(replace(source, offsets=moved)) is not None


def test_extra_joints_and_another_order_do_not_hide_it(tmp_path):
    motion = random_motion(2)
    save_bvh(motion, tmp_path / "a.bvh")
    source = read_bvh(tmp_path / "a.bvh")
    order = [0, *reversed(range(1, len(source.names)))]
    place = {old: new for new, old in enumerate(order)}
    shuffled = replace(
        source,
        names=tuple(source.names[k] for k in order),
        parents=tuple(place.get(source.parents[k], -1) for k in order),
        offsets=source.offsets[order],
        rotations=source.rotations[:, order],
    )
    back = own_motion(shuffled)
    assert back is not None
    np.testing.assert_allclose(back.joints(), motion.joints(), atol=1e-5)
