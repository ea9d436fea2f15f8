"""Right files of every kind, small, from which damaged ones are made; and who reads each kind."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hard.materials import dance, song

SHOWN = 4
"""Frames of a video that are looked at."""
MIXAMO = {
    "spine3": "Spine2", "spine2": "Spine1x", "spine1": "Spine", "Spine1x": "Spine1",
    "pelvis": "Hips", "neck": "Neck", "head": "Head", "{}_hand": "{}HandIndex1",
    "{}_wrist": "{}Hand",
    "{}_elbow": "{}ForeArm", "{}_shoulder": "{}Arm", "{}_collar": "{}Shoulder",
    "{}_foot": "{}ToeBase", "{}_ankle": "{}Foot", "{}_knee": "{}Leg", "{}_hip": "{}UpLeg",
}  # fmt: skip


def make_seeds(folder: Path) -> dict[str, list[Path]]:
    """Files by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    return {kind: seeds_of(kind, folder) for kind in readers()}


def seeds_of(kind: str, folder: Path) -> list[Path]:
    """Files of one kind."""
    if kind in ("wav", "mp3"):
        first = song(folder / "song", 2.5, kind)
        return [first, _other_wav(folder)] if kind == "wav" else [first]
    if kind in ("png", "jpg", "webp"):
        return _pictures(folder, kind)
    if kind in ("bvh", "npz", "pkl"):
        return _motions(folder)[kind]
    return {"mp4": _videos, "keypoint JSON": _points, "config TOML": _configs}[kind](folder)


def readers() -> dict[str, Callable[[Path], Any]]:
    """What reads each kind, down to arrays of finite numbers."""
    return {
        "wav": _hear, "mp3": _hear, "mp4": _watch, "png": _look, "jpg": _look, "webp": _look,
        "bvh": _dance, "npz": _arrays, "pkl": _pickles, "keypoint JSON": _keypoints,
        "config TOML": _options,
    }  # fmt: skip


def _hear(path: Path) -> None:
    from pipelines.media.songs import load_song

    samples = load_song(path, 8000)
    assert samples.ndim == 1 and np.isfinite(samples).all()


def _watch(path: Path) -> None:
    from pipelines.media.video import frame_times, probe_video, read_frames

    info = probe_video(path)
    for number, frame in enumerate(read_frames(path)):
        assert frame.shape == (info.height, info.width, 3)
        if number == SHOWN:
            break
    assert np.isfinite(frame_times(path)).all()


def _look(path: Path) -> None:
    from pipelines.keypoints.files import read_mask
    from pipelines.media.image import load_picture, picture_size
    from pipelines.support.errors import UnsuitableInput

    try:
        width, height = picture_size(path)
        assert min(width, height) > 0
        read_mask(path, 64, 64)
    except UnsuitableInput:
        pass
    pixels = load_picture(path)
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 4


def _dance(path: Path) -> None:
    from pipelines.motion.formats import load_motion

    motion = load_motion(path)
    assert motion.poses.shape == (motion.frames, 24, 3) and motion.frames > 0
    assert np.isfinite(motion.poses).all() and np.isfinite(motion.trans).all()


def _arrays(path: Path) -> None:
    """As a dance, as keypoints, and as a body."""
    from pipelines.body.smpl_model import load_smpl
    from pipelines.keypoints.files import load_keypoints
    from pipelines.keypoints.tracks import read_track

    _every(path, _dance, load_keypoints, read_track, load_smpl)


def _pickles(path: Path) -> None:
    from pipelines.body.smpl_model import load_smpl

    _every(path, _dance, load_smpl)


def _keypoints(path: Path) -> None:
    from pipelines.keypoints.files import read_reference_points
    from pipelines.keypoints.tracks import read_track

    _every(path, lambda p: read_track(p, 30.0), lambda p: read_reference_points(p, 640, 640))


def _options(path: Path) -> None:
    from macedance_cli.config_file import resolve
    from pipelines.generation.settings import GenerateConfig
    from pipelines.rendering.settings import RenderConfig

    _every(path, lambda p: resolve(GenerateConfig, "generate", p, {}),
           lambda p: resolve(RenderConfig, "render", p, {}))  # fmt: skip


def _every(path: Path, *read: Callable[[Path], Any]) -> None:
    """Each of them; the file is right if one of them knows it."""
    from pipelines.support.errors import MacedanceError

    refusals = []
    for one in read:
        try:
            one(path)
        except MacedanceError as error:
            refusals.append(error)
    if len(refusals) == len(read):
        raise refusals[0]


def _other_wav(folder: Path) -> Path:
    path = folder / "float.wav"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", folder / "song.wav", "-c:a",
                    "pcm_f32le", "-ac", "2", path], check=True)  # fmt: skip
    return path


def _videos(folder: Path) -> list[Path]:
    made = []
    for name, options in (("plain", []), ("sound", ["-f", "lavfi", "-i", "sine=d=0.5"])):
        path = folder / f"{name}.mp4"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                        "testsrc=s=64x64:r=10:d=0.5", *options, "-pix_fmt", "yuv420p", path],
                       check=True)  # fmt: skip
        made.append(path)
    return made


def _pictures(folder: Path, kind: str) -> list[Path]:
    from PIL import Image

    random = np.random.default_rng(0)
    smooth = np.cumsum(random.integers(0, 3, (80, 72, 4)), axis=0).astype(np.uint8)
    modes = {"png": ("RGBA", "RGB", "L", "P"), "jpg": ("RGB", "L"), "webp": ("RGB", "RGBA")}
    made = []
    for mode in modes[kind]:
        path = folder / f"{mode}.{kind}"
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(smooth).convert(mode).save(path, exif=exif)
        made.append(path)
    return made


def _motions(folder: Path) -> dict[str, list[Path]]:
    from pipelines.motion.bvh_export import save_bvh
    from pipelines.motion.formats import load_motion

    own = dance(folder / "own.npz", 12)
    motion = load_motion(own)
    save_bvh(motion, folder / "own.bvh")
    foreign = (folder / "own.bvh").read_text()
    for ours, theirs in MIXAMO.items():
        for side in ("left", "right") if "{}" in ours else ("",):
            names = ours.format(side), theirs.format(side.title())
            foreign = re.sub(rf"\b{names[0]}\b", names[1], foreign)
    (folder / "foreign.bvh").write_text(foreign)
    amass = {"poses": motion.poses.reshape(12, 72), "trans": motion.trans,
             "mocap_framerate": np.float64(30), "gender": "neutral"}  # fmt: skip
    np.savez(folder / "amass.npz", **amass)
    np.savez_compressed(
        folder / "points.npz", skeleton=np.array([f"p{n}" for n in range(5)]),
        xy=np.ones((12, 5, 2)), visibility=np.ones((12, 5)), depth=np.ones((12, 5)), fps=30.0,
        width=64, height=64,
    )  # fmt: skip
    smpl = _smpl()
    np.savez(folder / "smpl.npz", **smpl)
    aist = {"smpl_poses": motion.poses.reshape(12, 72), "smpl_trans": motion.trans * 100,
            "smpl_scaling": np.array([100.0])}  # fmt: skip
    for protocol in (2, 4):
        (folder / f"aist{protocol}.pkl").write_bytes(pickle.dumps(aist, protocol))
    (folder / "smpl.pkl").write_bytes(pickle.dumps(smpl, 2))
    fine = np.hstack([motion.trans, np.tile([1.0, 0, 0, 0, 1, 0], (12, 52))]).astype("f4")
    (folder / "fine.pkl").write_bytes(pickle.dumps(fine, 4))
    return {
        "bvh": [folder / "own.bvh", folder / "foreign.bvh"],
        "npz": [own, folder / "amass.npz", folder / "points.npz", folder / "smpl.npz"],
        "pkl": [folder / n for n in ("aist2.pkl", "aist4.pkl", "smpl.pkl", "fine.pkl")],
    }


def _smpl() -> dict[str, Any]:
    from pipelines.body.skeleton import PARENTS

    directions, weights, regressor = np.zeros((4, 3, 10)), np.zeros((4, 24)), np.zeros((24, 4))
    directions[0, 1, 0] = weights[:, 0] = regressor[:, 1] = 1
    return {
        "v_template": np.eye(4, 3), "f": np.array([[0, 1, 2], [0, 2, 3]]), "weights": weights,
        "J_regressor": regressor, "shapedirs": directions, "posedirs": np.zeros((4, 3, 207)),
        "kintree_table": np.stack([PARENTS, np.arange(24)]),
    }  # fmt: skip


def _points(folder: Path) -> list[Path]:
    from pipelines.keypoints.skeletons import COCO_25_EASY_VITPOSE

    flat = [float(n % 60) for n in range(51)]
    contents = {
        "own": {"points": {"nose": [10, 9], "left_shoulder": [20, 30.5, 0.9],
                           "right_shoulder": [12, 30], "left_hip": [19, 60]}},
        "coco": {"fps": 30, "annotations": [{"image_id": n, "keypoints": flat} for n in range(3)]},
        "openpose": {"people": [{"pose_keypoints_2d": [float(n % 60) for n in range(75)]}]},
        "frames": {"fps": 25, "keypoints": [np.reshape(flat, (17, 3)).tolist()] * 3},
        "vitpose": {"fps": 30, "skeleton": {str(n): s for n, s in enumerate(COCO_25_EASY_VITPOSE)},
                    "keypoints": [{"0": np.ones((25, 3)).tolist()}] * 2},
        "mmpose": {"fps": 30, "instance_info": [{"instances": [
            {"keypoints": np.ones((17, 2)).tolist(), "keypoint_scores": [0.5] * 17}]}] * 2},
    }  # fmt: skip
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return [folder / f"{name}.json" for name in contents]


def _configs(folder: Path) -> list[Path]:
    path = folder / "config.toml"
    path.write_text(
        'seed = 7\nworkspace = "w"\n\n[generate]\ncandidates = 4\nsize = "540x960"\nfps = 30.0\n'
        "motion-only = true\n\n[render]\nexport = ['glb', 'bvh']\nwindows = false\n"
        'camera = "front"\n\n[train-motion]\npreset = "small"\nmusic = ["warp:songs/", "compose"]\n'
    )
    return [path]
