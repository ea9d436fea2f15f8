"""Motion in .npz files: ours, AMASS's, and skeletons with quaternions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT
from pipelines.body.smplx_skeleton import SMPLX_NEUTRAL_REST
from pipelines.motion.grounding import on_floor
from pipelines.motion.motion import Motion
from pipelines.motion.quaternions import (
    is_quaternion_npz,
    is_soma_npz,
    read_quaternion_npz,
    read_soma_npz,
)
from pipelines.motion.retarget import retarget
from pipelines.support.archives import read_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

Arrays = Mapping[str, NDArray[Any]]

_FRAME_RATES = ("mocap_framerate", "mocap_frame_rate", "fps")
_BODY = 22
_NEEDED = ("poses", "trans")
_SIZES = {72: "SMPL", 156: "SMPL-H", 165: "SMPL-X", 66: "body only"}


def save_npz(motion: Motion, target: Path) -> None:
    """Write poses (T, 72), trans (T, 3), mocap_framerate, gender, betas, genre and source.

    The file appears whole or not at all, and the same motion gives the same bytes.
    """
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            poses=motion.poses.reshape(-1, 72),
            trans=motion.trans,
            mocap_framerate=np.float64(motion.fps),
            gender=np.str_(motion.gender),
            betas=motion.betas,
            genre=np.str_(motion.genre or ""),
            source=np.str_(motion.source),
        )


def load_npz(path: Path) -> Motion:
    """Read our .npz, an AMASS .npz (SMPL, SMPL-H, SMPL-X), or a skeleton with quaternions.

    AMASS is z up already; its trans is that of a body whose pelvis rests off the origin, which is
    known for SMPL-X and left alone for others, and a foreign file is put onto the floor. Hands and
    face are dropped.

    Raises:
        UnsuitableInput: broken, holds Python objects, or is none of these.
    """
    return from_arrays(read_npz(path, _NEEDED), path)


def from_arrays(arrays: Arrays, path: Path) -> Motion:
    """`load_npz` of an archive that has been read already."""
    if is_quaternion_npz(arrays):
        return retarget(read_quaternion_npz(arrays, str(path)))
    if is_soma_npz(arrays):
        return retarget(read_soma_npz(arrays, str(path)))
    if "poses" not in arrays or "trans" not in arrays:
        raise UnsuitableInput(
            f"{path}: not a motion, it holds {', '.join(sorted(arrays)[:8]) or 'nothing'}",
            "a motion .npz has poses, trans and mocap_framerate, as AMASS writes them",
        )
    ours = "source" in arrays and "genre" in arrays
    pelvis = SMPLX_NEUTRAL_REST[0] if _text(arrays.get("surface_model_type", "")) == "smplx" else 0
    motion = Motion(
        poses=body_poses(arrays["poses"], str(path)),
        trans=np.asarray(arrays["trans"] + pelvis, dtype=np.float32),
        fps=_frame_rate(arrays, path),
        genre=str(arrays["genre"]) or None if ours else None,
        source=str(arrays["source"]) if ours else str(path),
        gender=_text(arrays.get("gender", "neutral")),
        betas=_ten(arrays.get("betas", np.zeros(10))),
    ).validate()
    return motion if ours else on_floor(motion)


def body_poses(flat: NDArray[Any], name: str) -> NDArray[np.float32]:
    """SMPL, SMPL-H or SMPL-X axis-angle poses (T, 72 | 66 | 156 | 165) as (T, 24, 3).

    The 22 body joints are the same in all three. Ours keep an SMPL file's hands; other hands have
    no place on our skeleton and are set to rest.
    """
    if len(flat) == 0:
        raise UnsuitableInput(f"{name}: holds no frames")
    poses = np.asarray(flat, dtype=np.float32).reshape(len(flat), -1)
    if poses.shape[1] not in _SIZES:
        sizes = ", ".join(f"{size} ({kind})" for size, kind in _SIZES.items())
        raise UnsuitableInput(f"{name}: poses have {poses.shape[1]} columns, expected {sizes}")
    body = np.zeros((len(poses), len(JOINT), 3), dtype=np.float32)
    kept = len(JOINT) if poses.shape[1] == 72 else _BODY
    body[:, :kept] = poses[:, : kept * 3].reshape(len(poses), kept, 3)
    return body


def _frame_rate(arrays: Arrays, path: Path) -> float:
    for key in _FRAME_RATES:
        if key in arrays:
            return float(arrays[key])
    raise UnsuitableInput(f"{path}: does not say its frame rate (mocap_framerate)")


def _text(value: Any) -> str:
    """AMASS has the gender as text or as bytes."""
    held = np.asarray(value).item()
    return held.decode("utf-8", "replace") if isinstance(held, bytes) else str(held)


def _ten(betas: NDArray[Any]) -> NDArray[np.float32]:
    flat = np.zeros(10, dtype=np.float32)
    given = np.asarray(betas, dtype=np.float32).ravel()[:10]
    flat[: len(given)] = given
    return flat
