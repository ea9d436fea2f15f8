"""Motions that others' estimators read off videos: GVHMR, WHAM, TRAM, PHALP, SMPLest-X.

Their files: docs/reference/datasets.md#pose-estimators. None of them says its frame rate: a
frame is one of the video's, and 30 a second are assumed. Shapes: T frames.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle, resample_rotations
from pipelines.body.skeleton import TO_Z_UP
from pipelines.motion.grounding import on_floor, settled
from pipelines.motion.motion import Motion
from pipelines.motion.npz import body_poses
from pipelines.support.errors import UnsuitableInput
from pipelines.support.runs import runs

Floats = NDArray[np.float64]

FPS = 30.0
_LONGEST_GAP = 0.5
_BODY = 22
_Y_UP = np.diag([1.0, -1.0, -1.0])
"""From a camera's axes (x right, y down, z away) to y up."""
_TRAM = "python -c \"import numpy as np; d = np.load('hps_track_0.npy', allow_pickle=True).item(); \
c = np.load('camera.npy', allow_pickle=True).item(); f = lambda x: np.asarray(x); \
np.savez('dance.npz', **{k: f(d[k]) for k in ('pred_rotmat', 'pred_trans', 'frame')}, \
**{k: f(c[k]) for k in ('pred_cam_R', 'pred_cam_T')})\""


def read_gvhmr(path: Path) -> Motion:
    """GVHMR's hmr4d_results.pt, the motion of the world (y up); tensors only, nothing is run."""
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what it likes on other files
        # A global is what pickled code would be run by; torch names the one that it did not run.
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"it asks for {named[1]} to be run" if named else "not a file of torch's"
        raise UnsuitableInput(
            f"{path}: refused, not a file of tensors only: {what}",
            "give GVHMR's hmr4d_results.pt as its demo writes it",
        ) from error
    if not isinstance(content, Mapping) or "smpl_params_global" not in content:
        held = ", ".join(map(str, list(content)[:6])) if isinstance(content, Mapping) else "tensors"
        raise UnsuitableInput(
            f"{path}: not of a GVHMR that is known: no smpl_params_global, it holds {held}"
        )
    given = {k: np.asarray(v.float()) for k, v in content["smpl_params_global"].items()}
    missing = [k for k in ("global_orient", "body_pose", "transl") if k not in given]
    if missing:
        raise UnsuitableInput(f"{path}: its smpl_params_global has no {', '.join(missing)}")
    poses = np.concatenate([given["global_orient"], given["body_pose"]], axis=1)
    return _motion(axis_angle_to_matrix(body_poses(poses, str(path))), given["transl"], path)


def estimator_dance(content: Any, path: Path) -> Motion | None:
    """The motion of a mapping as WHAM or PHALP dump it; None where it is neither."""
    if not isinstance(content, Mapping) or not content:
        return None
    entries = list(content.values())
    if all(isinstance(one, Mapping) and "pose_world" in one for one in entries):
        return _wham(entries, path)
    if all(isinstance(one, Mapping) and {"tid", "smpl"} <= set(one) for one in entries):
        return _phalp(entries, path)
    return None


def estimator_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> Motion | None:
    """The motion of an .npz of SMPLest-X, or of TRAM as `_TRAM` converts it; None: neither."""
    if {"pred_rotmat", "pred_cam_R", "pred_cam_T"} <= set(arrays):
        return _tram(arrays, path)
    if {"body_poses", "global_orient", "transl"} <= set(arrays):
        body = np.asarray(arrays["body_poses"], dtype=np.float64)
        people = [np.concatenate([arrays["global_orient"][n], body[n]], axis=-1)
                  for n in range(len(body))]  # fmt: skip
        best = int(np.argmax([np.isfinite(one).all(-1).sum() for one in people]))
        return _of_camera(people[best], np.asarray(arrays["transl"][best]), path)
    if {"smplx_root_pose", "smplx_body_pose", "cam_trans"} <= set(arrays):
        frames = len(arrays["smplx_root_pose"])
        parts = [
            np.reshape(arrays[k], (frames, -1)) for k in ("smplx_root_pose", "smplx_body_pose")
        ]
        trans = np.reshape(arrays["cam_trans"], (frames, 3))
        return _of_camera(np.concatenate(parts, axis=1), trans, path)
    return None


def refuse_tram(path: Path, error: UnsuitableInput) -> UnsuitableInput:
    """The way out for TRAM's hps_track_k.npy, which is a pickle of tensors; else the error."""
    if "torch" not in error.what:
        return error
    return UnsuitableInput(error.what, f"if it is TRAM's, run in its environment: {_TRAM}")


def _wham(tracks: list[Any], path: Path) -> Motion:
    """The longest track; its world is y up."""
    best = max(tracks, key=lambda one: len(one["pose_world"]))
    poses = axis_angle_to_matrix(body_poses(np.asarray(best["pose_world"]), str(path)))
    numbers = np.asarray(best.get("frame_ids", np.arange(len(poses)))).astype(int)
    known, rotations, trans = _spread(numbers, poses, np.asarray(best["trans_world"]))
    return _motion(rotations, trans, path, known)


def _phalp(frames: list[Any], path: Path) -> Motion:
    """Who is there most; a camera's pose per frame, without a way: the dancer stays on the spot."""
    seen: dict[int, int] = {}
    for one in frames:
        for who in one["tid"]:
            seen[int(who)] = seen.get(int(who), 0) + 1
    if not seen:
        raise UnsuitableInput(f"{path}: nobody is tracked in it")
    most = max(seen, key=lambda who: (seen[who], -who))
    numbers, poses = [], []
    for number, one in enumerate(frames):
        times = one.get("tracked_time", [0] * len(one["tid"]))
        for who, guessed, body in zip(one["tid"], times, one["smpl"], strict=False):
            if int(who) == most and int(np.ravel(guessed)[0]) == 0:
                root = np.reshape(body["global_orient"], (1, 3, 3))
                poses.append(np.concatenate([root, np.reshape(body["body_pose"], (23, 3, 3))]))
                numbers.append(number)
                break
    if not poses:
        raise UnsuitableInput(f"{path}: nobody is seen in it, all is predicted")
    stacked = np.asarray(poses, dtype=np.float64)
    stacked[:, 0] = _Y_UP @ stacked[:, 0]
    known, rotations, trans = _spread(np.array(numbers), stacked, np.zeros((len(stacked), 3)))
    return settled(_motion(_upright(rotations), trans, path, known))


def _tram(arrays: Mapping[str, NDArray[Any]], path: Path) -> Motion:
    """World point = R X + T of the frame's camera; metric, but not upright: stood up."""
    local = np.asarray(arrays["pred_rotmat"], dtype=np.float64)
    places = np.reshape(arrays["pred_trans"], (-1, 3)).astype(np.float64)
    numbers = np.asarray(arrays.get("frame", np.arange(len(local)))).astype(int)
    turn = np.asarray(arrays["pred_cam_R"], dtype=np.float64)[numbers]
    shift = np.asarray(arrays["pred_cam_T"], dtype=np.float64).reshape(-1, 3)[numbers]
    local[:, 0] = _Y_UP @ turn @ local[:, 0]
    trans = (np.einsum("tij,tj->ti", turn, places) + shift) @ _Y_UP.T
    known, rotations, way = _spread(numbers, local, trans)
    stood = _upright(rotations)
    back = stood[0, 0] @ rotations[0, 0].T
    return _motion(stood, way @ back.T, path, known)


def _of_camera(poses: Floats, trans: Floats, path: Path) -> Motion:
    """Axis-angle poses of single pictures, NaN where there is nobody."""
    known = np.isfinite(poses).all(1) & np.isfinite(trans).all(1)
    if not known.any():
        raise UnsuitableInput(f"{path}: nobody is found in any frame")
    rotations = axis_angle_to_matrix(body_poses(np.nan_to_num(poses), str(path)))
    rotations[:, 0] = _Y_UP @ rotations[:, 0]
    numbers = np.flatnonzero(known)
    _, rotations, way = _spread(numbers, rotations[known], trans[known] @ _Y_UP.T)
    return settled(_motion(_upright(rotations), way, path, known[numbers[0] : numbers[-1] + 1]))


def _upright(rotations: Floats) -> Floats:
    """Turned as a whole so that the body's own y axis is, on the average, y: cameras are tilted."""
    up = np.median(rotations[:, 0, :, 1], axis=0)
    up /= np.linalg.norm(up)
    axis = np.cross(up, [0.0, 1.0, 0.0])
    sine = np.linalg.norm(axis)
    angle = np.arctan2(sine, up[1])
    turned = rotations.copy()
    turned[:, 0] = axis_angle_to_matrix(axis / max(sine, 1e-12) * angle) @ rotations[:, 0]
    return turned


def _spread(
    numbers: NDArray[np.int64], rotations: Floats, trans: Floats
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Frames at their numbers, those between interpolated: which are known, rotations, places."""
    wanted = np.arange(numbers[0], numbers[-1] + 1)
    times = numbers.astype(np.float64)
    filled = resample_rotations(rotations, times, wanted.astype(np.float64))
    way = np.stack([np.interp(wanted, numbers, trans[:, k]) for k in range(3)], axis=-1)
    return np.isin(wanted, numbers), filled, way


def _motion(
    rotations: Floats, trans: Floats, path: Path, known: NDArray[np.bool_] | None = None
) -> Motion:
    """On the floor of our world, from a y-up one; cut to the longest piece between long gaps."""
    if len(rotations) == 0:
        raise UnsuitableInput(f"{path}: holds no frames")
    turned = rotations.copy()
    turned[:, 0] = TO_Z_UP @ rotations[:, 0]
    turned[:, _BODY:] = np.eye(3)
    motion = Motion(
        matrix_to_axis_angle(turned).astype(np.float32),
        (np.asarray(trans, dtype=np.float64) @ TO_Z_UP.T).astype(np.float32),
        FPS,
        source=str(path),
    ).validate()
    if known is not None:
        gaps = [span for span in runs(~known) if span[1] - span[0] > _LONGEST_GAP * FPS]
        edges = [0, *(edge for span in gaps for edge in span), motion.frames]
        start, stop = max(zip(edges[::2], edges[1::2], strict=True), key=lambda s: s[1] - s[0])
        motion = motion.sliced(start, stop)
    return on_floor(motion)
