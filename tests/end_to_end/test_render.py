"""A folder with a dance in every format becomes clips; kills on the way cost at most one each."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from pipelines.body.rotations import matrix_to_6d, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT_NAMES, TO_Z_UP, forward_kinematics
from pipelines.keypoints.files import load_keypoints
from pipelines.motion.bvh import save_bvh
from pipelines.motion.motion import Motion
from pipelines.motion.npz import load_npz, save_npz

SMALL = ("--size", "64x96", "--fps", "10", "--body", "skeleton", "--renderer", "builtin")

_MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck",
    "head": "Head", "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase",
    "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand",
    "hand": "HandMiddle1",
}  # fmt: skip


def mixamo_name(joint: str) -> str:
    side, _, part = joint.rpartition("_")
    return f"mixamorig:{side.title()}{_MIXAMO[part]}"


@pytest.fixture
def every_format(tmp_path: Path, tiny_dance: Path) -> Path:
    """The same three seconds as each file format that is read."""
    folder = tmp_path / "dances"
    folder.mkdir()
    motion = load_npz(tiny_dance)
    frames = motion.frames
    rotations = motion.rotations()
    rotations[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    trans = motion.trans.astype(float) @ TO_Z_UP
    flat = matrix_to_axis_angle(rotations).reshape(frames, 72)
    save_npz(motion, folder / "ours.npz")
    for name, columns in (("amass_smplh", 156), ("amass_smplx", 165)):
        poses = np.zeros((frames, columns))
        poses[:, :66] = motion.poses.reshape(frames, 72)[:, :66]
        np.savez(folder / f"{name}.npz", poses=poses, trans=motion.trans, mocap_framerate=30)
    aist = {"smpl_poses": flat, "smpl_scaling": np.array([94.0]), "smpl_trans": trans * 94}
    (folder / "gBR_sBM_cAll_d04_mBR0_ch01.pkl").write_bytes(pickle.dumps(aist))
    hands = np.tile(matrix_to_6d(np.eye(3)), (frames, 30))
    body = matrix_to_6d(rotations[:, :22]).reshape(frames, -1)
    np.save(folder / "001.npy", np.concatenate([trans, body, hands], axis=1))
    np.savez(
        folder / "infinite.npz", global_orient=flat[:, :3], body_pose=flat[:, 3:66], transl=trans
    )
    save_bvh(motion, folder / "ours.bvh")
    text = (folder / "ours.bvh").read_text()
    for joint in JOINT_NAMES:
        text = text.replace(f" {joint}\n", f" {mixamo_name(joint)}\n")
    (folder / "mixamo.bvh").write_text(text)
    (folder / "phantom.json").write_text(json.dumps(phantom(rotations, trans)))
    return folder


def phantom(rotations: np.ndarray, trans: np.ndarray) -> dict:
    from scipy.spatial.transform import Rotation

    _, world = forward_kinematics(rotations, trans)
    mirror = np.diag([-1.0, 1, 1])
    unity = Rotation.from_matrix((mirror @ world @ mirror).reshape(-1, 3, 3)).as_quat()
    return {
        "bone_name": list(JOINT_NAMES),
        "root_positions": (trans * [-1, 1, 1]).tolist(),
        "rotations": unity.reshape(len(trans), 24, 4).tolist(),
    }


def test_every_format_shows_the_same_dance(macedance, every_format: Path, tmp_path: Path) -> None:
    done = macedance("render", "--src", "dances", *SMALL, "--export", "npz", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["dances"], report["rows"], report["failed"]) == (9, 9, [])
    rows = [json.loads(line) for line in Path(tmp_path / report["table"]).read_text().splitlines()]
    clips = tmp_path / "workspace" / "clips"
    seen = {Path(row["source"]).name: load_keypoints(clips / row["keypoints"]) for row in rows}
    expected = seen["ours.npz"]
    # AIST++ runs at 60 frames a second: the same 90 frames are half as long.
    fast = seen.pop("gBR_sBM_cAll_d04_mBR0_ch01.pkl")
    np.testing.assert_allclose(fast.xy[:, :22], expected.xy[::2][:, :22], atol=0.7)
    for name, points in seen.items():
        assert len(points.xy) == 30
        np.testing.assert_allclose(points.xy[:, :22], expected.xy[:, :22], atol=0.7, err_msg=name)


def test_kills_lose_nothing_but_the_clip_in_hand(
    started, macedance, tmp_path: Path, tiny_dance: Path
) -> None:
    folder = tmp_path / "dances"
    folder.mkdir()
    dance = load_npz(tiny_dance)
    for index in range(5):
        short = Motion(dance.poses[:30], dance.trans[:30] + index / 10, 30.0)
        save_npz(short, folder / f"{index}.npz")
    command = ("render", "--src", "dances", *SMALL, "--json")
    clips = tmp_path / "workspace" / "clips"
    draw = random.Random(4)
    finished: set[str] = set()
    for _ in range(5):
        process = started(*command)
        while not list(clips.glob("*/.*")) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        now = {path.parent.name for path in clips.glob("*/clip.json")}
        assert finished <= now
        finished = now
    done = macedance(*command)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert finished <= set(report["there"])
    assert report["rows"] == 5
    assert list(clips.rglob(".*")) == []
    fresh = macedance(*command, "--workspace", "fresh")
    assert fresh.returncode == 0
    for clip in json.loads(fresh.stdout)["made"]:
        for name in ("video.mp4", "pose.mp4", "keypoints.npz", "clip.json"):
            assert (clips / clip / name).read_bytes() == (
                tmp_path / "fresh" / "clips" / clip / name
            ).read_bytes()
