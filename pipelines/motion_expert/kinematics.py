"""Forward kinematics on tensors, for losses in metric space.

Shapes: B batch, T frames, J = 24 joints.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pipelines.body.skeleton import OFFSETS, PARENTS

_LEVELS: tuple[tuple[int, ...], ...] = ((1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12, 13, 14),
                                        (15, 16, 17), (18, 19), (20, 21), (22, 23))  # fmt: skip
"""Joints at the same depth of the tree, so that one batched product serves a whole level."""


def matrix_from_6d(sixes: Tensor) -> Tensor:
    """Gram-Schmidt on the two row vectors. Shape: (..., 6) -> (..., 3, 3)."""
    first = torch.nn.functional.normalize(sixes[..., :3], dim=-1, eps=1e-6)
    rest = sixes[..., 3:]
    second = rest - (first * rest).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1, eps=1e-6)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-2)


def joint_positions(root_BT3: Tensor, sixes_BT144: Tensor) -> Tensor:
    """Positions (B, T, 24, 3) in metres from root position and 6D rotations."""
    local = matrix_from_6d(sixes_BT144.unflatten(-1, (24, 6)))
    offsets = torch.as_tensor(OFFSETS.astype(np.float32), device=root_BT3.device)
    offsets = offsets.to(local.dtype)
    turns: list[Tensor] = [local[..., 0, :, :]] + [local[..., 0, :, :]] * 23
    places: list[Tensor] = [root_BT3] * 24
    for level in _LEVELS:
        parents = torch.stack([turns[PARENTS[joint]] for joint in level], dim=-3)
        moved = (parents @ offsets[list(level)].unsqueeze(-1)).squeeze(-1)
        turned = parents @ local[..., list(level), :, :]
        for slot, joint in enumerate(level):
            places[joint] = places[PARENTS[joint]] + moved[..., slot, :]
            turns[joint] = turned[..., slot, :, :]
    return torch.stack(places, dim=-2)
