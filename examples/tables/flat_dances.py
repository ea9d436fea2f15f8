"""Dances as a picture from the front tells them: depth is gone, angles in the picture are left.

A frame is one angle per bone and the pelvis's place across and up, on our skeleton, which turns
about the line of sight alone. That is a 2D representation which the same network learns, at the
same size, from the same music; unlike 2D keypoints it does not say that a bone that points at the
camera looks short. Songs lie beside the dances as they did.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.body.skeleton import JOINT, OFFSETS, PARENTS, TO_Z_UP
from pipelines.datasets.layouts import list_every_dance
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz

_POINTS_AT_CAMERA = 0.25
"""Share of a bone's length below which its picture says nothing of its angle."""
_TOWARDS = {"pelvis": "spine1", "spine3": "neck"}


def flatten_all(data: Path, target: Path) -> None:
    """Every dance under `data` as NAME.npz under `target`, with its song; none is made twice."""
    for take in list_every_dance(data).takes:
        file = target / f"{take.name}.npz"
        if file.exists():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        if take.music is not None:
            song = file.with_suffix(take.music.suffix.lower())
            song.unlink(missing_ok=True)
            os.symlink(take.music.resolve(), song)
        save_npz(flattened(load_motion(take.motion)), file)


def flattened(motion: Motion) -> Motion:
    """The dance seen from where its first frame faces, without depth."""
    seen = motion.joints() @ _front(motion).T
    angles = np.zeros((motion.frames, 24))
    for joint in range(24):
        child = _bone_end(joint)
        if child is None:
            angles[:, joint] = angles[:, PARENTS[joint]]
            continue
        bone, rest = seen[:, child] - seen[:, joint], TO_Z_UP @ OFFSETS[child]
        length = np.hypot(bone[:, 0], bone[:, 2])
        angle = np.arctan2(bone[:, 0], bone[:, 2]) - np.arctan2(rest[0], rest[2])
        angles[:, joint] = _held(angle, length > _POINTS_AT_CAMERA * np.linalg.norm(rest))
    turns = axis_angle_to_matrix(angles[..., None] * np.array([0.0, 1.0, 0.0]))
    local = np.empty_like(turns)
    local[:, 0] = turns[:, 0] @ TO_Z_UP
    for joint in range(1, 24):
        # In the body's own axes, y up, the line of sight is z.
        local[:, joint] = (
            TO_Z_UP.T @ np.swapaxes(turns[:, PARENTS[joint]], -1, -2) @ turns[:, joint] @ TO_Z_UP
        )
    places = seen[:, 0] * np.array([1.0, 0.0, 1.0])
    return Motion(
        poses=matrix_to_axis_angle(local).astype(np.float32),
        trans=places.astype(np.float32),
        fps=motion.fps,
        genre=motion.genre,
        source=motion.source,
    ).validate()


def _front(motion: Motion) -> NDArray[np.float64]:
    """The turn about z after which the first frame's hips lie across the picture, left to +x."""
    first = motion.sliced(0, 1).joints()[0]
    across = first[JOINT["left_hip"]] - first[JOINT["right_hip"]]
    angle = -np.arctan2(across[1], across[0])
    return axis_angle_to_matrix(np.array([0.0, 0.0, angle]))


def _bone_end(joint: int) -> int | None:
    """The joint at the far end of the bone that tells how a joint is turned."""
    children = [child for child, parent in enumerate(PARENTS) if parent == joint]
    for name, end in _TOWARDS.items():
        if joint == JOINT[name]:
            return JOINT[end]
    return children[0] if children else None


def _held(angles: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Angles (T,) unwrapped, those that are not known interpolated between their neighbours."""
    if not known.any():
        return np.zeros_like(angles)
    times = np.arange(len(angles))
    filled: NDArray[np.float64] = np.interp(times, times[known], np.unwrap(angles[known]))
    return filled
