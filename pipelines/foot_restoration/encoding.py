"""A motion as the 265 numbers of `columns`, and the way back to places in the world.

Shapes: B batch, T frames, K = 265.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.body.facing import forward_of, heading
from pipelines.body.kinematics import matrix_from_6d
from pipelines.body.rotations import matrix_to_6d
from pipelines.body.skeleton import OFFSETS, forward_kinematics
from pipelines.foot_restoration import columns
from pipelines.motion.motion import Motion

Floats = NDArray[np.float64]


def turned(vectors: Floats, angle_T: Floats) -> Floats:
    """Vectors (T, ..., 3) turned about the vertical by the angle (T,) of their frame."""
    spread = angle_T.reshape(-1, *([1] * (vectors.ndim - 2)))
    cos, sin = np.cos(spread), np.sin(spread)
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)


def headings(motion: Motion) -> Floats:
    """Where the pelvis faces (T,), radians, without jumps."""
    angles = heading(forward_of(motion.rotations()[:, 0]))
    return np.asarray(np.unwrap(angles), dtype=np.float64)


def encode(motion: Motion) -> NDArray[np.float32]:
    """The features (T, K) of a motion of at least two frames; the last way is repeated."""
    matrices = motion.rotations()
    joints = forward_kinematics(matrices, motion.trans.astype(np.float64))[0]
    joints, angle_T = joints[:, : columns.JOINTS], headings(motion)
    ways = _to_next(joints)
    rate = _to_next(angle_T)
    pelvis = joints[:, :1]
    flat = np.zeros((len(joints), 3))
    flat[:, :2] = joints[:, 0, :2]
    local = turned(np.moveaxis(matrices[:, 0], -1, -2), -angle_T)
    parts = [
        rate[:, None], turned(_to_next(flat), -angle_T)[:, :2], joints[:, 0, 2:],
        matrix_to_6d(np.moveaxis(local, -1, -2)),
        turned(ways, -angle_T).reshape(len(joints), -1),
        turned(joints[:, 1:] - pelvis, -angle_T).reshape(len(joints), -1),
        matrix_to_6d(matrices[:, 1 : columns.JOINTS]).reshape(len(joints), -1),
    ]  # fmt: skip
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def _to_next(values: Floats) -> Floats:
    step = np.diff(values, axis=0)
    return np.concatenate([step, step[-1:]]) if len(step) else np.zeros_like(values)


def path(x_BTK: Tensor) -> tuple[Tensor, Tensor]:
    """Heading (B, T) and root place (B, T, 3) that the root's columns add up to, from 0 on."""
    rate = x_BTK[..., columns.yaw_rate].squeeze(-1)
    angle = torch.cumsum(rate, dim=-1) - rate
    step = turned_by(_with_zero(x_BTK[..., columns.root_xy]), angle)[..., :2]
    place = torch.cumsum(step, dim=-2) - step
    return angle, torch.cat([place, x_BTK[..., columns.height]], dim=-1)


def recovered(x_BTK: Tensor, joints: tuple[int, ...]) -> Tensor:
    """Places (B, T, J, 3) of joints from root and local places: the paper's Rec, appendix B.1."""
    angle, root = path(x_BTK)
    local = x_BTK[..., columns.positions(joints)].unflatten(-1, (len(joints), 3))
    return root.unsqueeze(-2) + turned_by(local, angle.unsqueeze(-1))


def integrated(x_BTK: Tensor, joints: tuple[int, ...]) -> Tensor:
    """Ways (B, T, J, 3) of joints added up in the world, from 0 on."""
    angle, _ = path(x_BTK)
    steps = x_BTK[..., columns.velocities(joints)].unflatten(-1, (len(joints), 3))
    steps = turned_by(steps, angle.unsqueeze(-1))
    return torch.cumsum(steps, dim=-3) - steps


def posed(x_BTK: Tensor) -> Tensor:
    """`columns.LEGS` (B, T, 6, 3) from the pelvis, in the heading frame, by rotations alone."""
    turn = matrix_from_6d(x_BTK[..., columns.tilt]).unsqueeze(-3)
    sixes = x_BTK[..., columns.rotations(columns.TURNED)]
    bends = matrix_from_6d(sixes.unflatten(-1, (3, 2, 6)))
    offsets = torch.from_numpy(OFFSETS).to(x_BTK)
    place = (turn * offsets[list(columns.TURNED[:2])].unsqueeze(-2)).sum(-1)
    places = []
    for level in range(3):
        # A product of many small matrices is quicker written out than left to a matrix library.
        turn = (turn.unsqueeze(-1) * bends[..., level, :, :, :].unsqueeze(-3)).sum(-2)
        ends = columns.LEGS[2 * level : 2 * level + 2]
        place = place + (turn * offsets[list(ends)].unsqueeze(-2)).sum(-1)
        places.append(place)
    return torch.cat(places, dim=-2)


def turned_by(vectors: Tensor, angle: Tensor) -> Tensor:
    """Vectors (..., 3) turned about the vertical; `angle` has the shape of their first axes."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    x, y, z = vectors.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y, z], dim=-1)


def _with_zero(flat: Tensor) -> Tensor:
    return torch.cat([flat, torch.zeros_like(flat[..., :1])], dim=-1)
