"""Single motion files of the published dance datasets, all converted to our axes.

Their layouts: docs/reference/datasets.md#single-files.

AIST++ and FineDance are y up; PhantomDance is Unity's left-handed x right, y up, z forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import (
    axis_angle_to_matrix,
    matrix_from_6d,
    matrix_to_axis_angle,
    quaternion_to_matrix,
)
from pipelines.body.skeleton import JOINT, JOINT_NAMES, PARENTS, TO_Z_UP
from pipelines.motion.grounding import on_floor
from pipelines.motion.joint_names import plain_names
from pipelines.motion.motion import Motion
from pipelines.motion.npz import body_poses
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

Floats = NDArray[np.float64]

_AIST_FPS = 60.0
_OTHER_FPS = 30.0
_FINEDANCE_COLUMNS = {315: 0, 319: 4}
"""Columns of a FineDance array, and how many contact labels come first."""
_BODY = 22


def from_smpl_dict(content: Mapping[str, Any], name: str) -> Motion:
    """AIST++ (with smpl_scaling, 60 fps), MEGADance or EDGE's heirs (without, 30 fps): SMPL poses.

    AIST++ is y up, and its translations are in units of smpl_scaling; AIOZ-GDANCE calls them
    root_trans. Of the others some are y up and some z up: full_pose, joint positions (T, 24, 3),
    says which, else where the bodies mostly stand.

    Raises UnsuitableInput where neither says which axis is up.
    """
    key = "root_trans" if "root_trans" in content else "smpl_trans"
    missing = [wanted for wanted in ("smpl_poses", key) if wanted not in content]
    if missing:
        raise UnsuitableInput(
            f"{name}: no {', '.join(missing)}; it holds {', '.join(map(str, list(content)[:6]))}",
            "an AIST++ motion has smpl_poses, smpl_scaling and smpl_trans",
        )
    scaling = float(np.asarray(content.get("smpl_scaling", 1.0)).ravel()[0])
    if not scaling > 0:
        raise UnsuitableInput(f"{name}: smpl_scaling is {scaling}")
    poses = body_poses(np.asarray(content["smpl_poses"]), name)
    trans = np.asarray(content[key], dtype=np.float64) / scaling
    rotations = axis_angle_to_matrix(poses)
    if "smpl_scaling" in content:
        return _y_up(rotations, trans, _AIST_FPS, name)
    if len(rotations) and _upright_axis(rotations, content.get("full_pose"), name) == 2:
        rotations, trans = _turned_to_y_up(rotations, trans)
    return _y_up(rotations, trans, _OTHER_FPS, name)


def _upright_axis(rotations: Floats, joints: Any, name: str) -> int:
    """Along which axis a dancer stands: 1 for y, 2 for z."""
    if joints is not None:
        places = np.asarray(joints, dtype=np.float64).reshape(-1, len(JOINT_NAMES), 3)
        rise = (places[:, JOINT["head"]] - places[:, [JOINT["left_foot"], JOINT["right_foot"]]]
                .mean(1)).mean(0)  # fmt: skip
    else:
        # A standing body's own y axis points up.
        rise = rotations[:, 0, :, 1].mean(0)
    along, across = rise[1], rise[2]
    if max(along, across) < 2 * min(abs(along), abs(across)) or max(along, across) <= 0:
        raise UnsuitableInput(
            f"{name}: neither y nor z is up: the body stands along {np.round(rise, 2)}",
            "give a file that says so, such as an AMASS .npz (z up) or AIST++'s .pkl (y up)",
        )
    return 1 if along > across else 2


def _turned_to_y_up(rotations: Floats, trans: Floats) -> tuple[Floats, Floats]:
    turned = rotations.copy()
    turned[:, 0] = TO_Z_UP.T @ rotations[:, 0]
    return turned, trans @ TO_Z_UP


def is_smplx_fit(content: Mapping[str, Any]) -> bool:
    """Whether these are body-model parameters as smplx names them."""
    return {"global_orient", "body_pose", "transl"} <= set(content)


def from_smplx_fit(content: Mapping[str, Any], name: str) -> Motion:
    """SMPL-X or SMPL fits of video: global_orient (T, 3), body_pose (T, 63 | 69), transl (T, 3).

    InfiniteDance's captures, GVHMR and their like. 30 fps unless the file says fps. Such files do
    not say which axis is up: it is the one along which the bodies mostly stand.
    """
    turn = np.asarray(content["global_orient"], dtype=np.float64).reshape(-1, 3)
    body = np.asarray(content["body_pose"], dtype=np.float64).reshape(len(turn), -1)
    if body.shape[1] not in (63, 69):
        raise UnsuitableInput(f"{name}: body_pose has {body.shape[1]} columns, expected 63 or 69")
    trans = np.asarray(content["transl"], dtype=np.float64).reshape(-1, 3)
    poses = body_poses(np.concatenate([turn, body], axis=1), name)
    fps = float(np.asarray(content.get("fps", _OTHER_FPS)))
    rotations = axis_angle_to_matrix(poses)
    if len(turn) and np.abs(rotations[:, 0, :, 1].mean(0)).argmax() == 2:
        rotations, trans = _turned_to_y_up(rotations, trans)
    return _y_up(rotations, trans, fps, name)


def from_finedance(array: NDArray[Any], name: str) -> Motion:
    """FineDance (T, 315): translation 3, then 52 rotations as rows of 6D, y up, 30 fps.

    319 columns start with four contact labels (FineNet, Lodge). The hands' fingers are dropped.
    """
    if array.ndim != 2 or array.shape[1] not in _FINEDANCE_COLUMNS:
        raise UnsuitableInput(
            f"{name}: array of shape {array.shape}, expected (T, 315) or (T, 319) as in FineDance"
        )
    if len(array) == 0:
        raise UnsuitableInput(f"{name}: holds no frames")
    values = np.asarray(array, dtype=np.float64)[:, _FINEDANCE_COLUMNS[array.shape[1]] :]
    if not np.isfinite(values).all():
        bad = ~np.isfinite(values).all(1)
        raise UnsuitableInput(f"{name}: NaN or infinity, first in frame {int(bad.argmax())}")
    rotations = np.tile(np.eye(3), (len(values), 24, 1, 1))
    sixes = values[:, 3:].reshape(len(values), -1, 6)[:, :_BODY]
    if (np.linalg.norm(np.cross(sixes[..., :3], sixes[..., 3:]), axis=-1) < 1e-6).any():
        raise UnsuitableInput(f"{name}: columns 3 to 134 are no 6D rotations")
    rotations[:, :_BODY] = matrix_from_6d(sixes)
    return _y_up(rotations, values[:, :3], _OTHER_FPS, name)


def load_phantomdance(path: Path) -> Motion:
    """PhantomDance JSON: world-space quaternions (T, N, 4) xyzw of Unity, metres, 30 fps."""
    try:
        content = read_json(path)
        names = plain_names(tuple(content["bone_name"]))
        quaternions = np.asarray(content["rotations"], dtype=np.float64)
        places = np.asarray(content["root_positions"], dtype=np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise UnsuitableInput(
            f"{path}: not a PhantomDance motion ({type(error).__name__}: {error})",
            "it has bone_name, root_positions and rotations",
        ) from error
    order = _smpl_order(names, str(path))
    if quaternions.shape != (len(places), len(names), 4) or places.shape != (len(places), 3):
        raise UnsuitableInput(
            f"{path}: rotations {quaternions.shape} and positions {places.shape} do not fit"
        )
    # Mirroring x turns Unity's left-handed space into ours: (x, y, z, w) -> (x, -y, -z, w).
    x, y, z, w = np.moveaxis(quaternions[:, order], -1, 0)
    world = quaternion_to_matrix(np.stack([w, x, -y, -z], axis=-1))
    local = world.copy()
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, joint] = np.swapaxes(world[:, parent], -1, -2) @ world[:, joint]
    return _y_up(local, places * np.array([-1.0, 1.0, 1.0]), _OTHER_FPS, str(path))


def _smpl_order(names: list[str], path: str) -> list[int]:
    """Where each SMPL joint stands among the file's bones ("L_Hip" or "left_hip")."""
    index = {name: position for position, name in enumerate(names)}
    short = [name.replace("left_", "l_").replace("right_", "r_") for name in JOINT_NAMES]
    order = [
        index.get(name, index.get(other, -1))
        for name, other in zip(JOINT_NAMES, short, strict=True)
    ]
    missing = [name for name, place in zip(JOINT_NAMES, order, strict=True) if place < 0]
    if missing:
        raise UnsuitableInput(f"{path}: no bone for {', '.join(missing[:6])}")
    return order


def _y_up(rotations: Floats, trans: Floats, fps: float, name: str) -> Motion:
    """A y-up SMPL motion in our world, on the floor."""
    if len(rotations) == 0:
        raise UnsuitableInput(f"{name}: holds no frames")
    turned = rotations.copy()
    turned[:, 0] = TO_Z_UP @ rotations[:, 0]
    motion = Motion(
        poses=matrix_to_axis_angle(turned).astype(np.float32),
        trans=(trans @ TO_Z_UP.T).astype(np.float32),
        fps=fps,
        source=name,
    )
    return on_floor(motion.validate())
