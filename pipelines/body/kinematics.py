"""Forward kinematics on tensors, for losses in metric space.

Shapes: B batch, T frames, J = 24 joints.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from pipelines.body.skeleton import OFFSETS, PARENTS

_LEVELS = tuple(
    slice(*ends) for ends in ((1, 4), (4, 7), (7, 10), (10, 15), (15, 18), (18, 20), (20, 22),
                              (22, 24))
)  # fmt: skip
"""Joints at the same depth of the tree, so that one product serves a whole level."""


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
    offsets = _offsets(root_BT3.device, local.dtype)
    turns, places = local[..., :1, :, :], root_BT3.unsqueeze(-2)
    all_places, begin = [places], 0
    for level in _LEVELS:
        parents = _parents(level.start, level.stop, begin, root_BT3.device)
        turns, places = turns.index_select(-3, parents), places.index_select(-2, parents)
        # A product of many small matrices is quicker written out than left to a matrix library.
        places = places + (turns * offsets[level].unsqueeze(-2)).sum(-1)
        turns = (turns.unsqueeze(-1) * local[..., level, :, :].unsqueeze(-3)).sum(-2)
        all_places.append(places)
        begin = level.start
    return torch.cat(all_places, dim=-2)


@cache
def _offsets(device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.as_tensor(OFFSETS.astype(np.float32), device=device).to(dtype)


@cache
def _parents(first: int, end: int, begin: int, device: torch.device) -> Tensor:
    """Where the parents of joints `first` ... `end` - 1 are among joints `begin`, begin + 1, …"""
    return torch.tensor([parent - begin for parent in PARENTS[first:end]], device=device)
