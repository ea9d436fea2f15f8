"""Where the joints are in the world, from the 264 columns, on tensors: for losses in metres.

The way of `features.decode`, but by the joints' places alone
(docs/reference/infinitedance.md#motion-features).

Shapes: B batch, T frames, D = 264, J = 22 joints.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pipelines.motion_expert.infinitedance import columns


def world_joints(features_BTD: Tensor) -> Tensor:
    """Joints (B, T, 22, 3) in metres, y up; the first frame above the origin, yaw as it says."""
    half_BT = features_BTD[..., columns.yaw][:, :1, 0] + _before(
        features_BTD[..., columns.yaw_velocity.start]
    )
    step_BT2 = _turned(features_BTD[..., columns.ground_velocity], half_BT)
    ground_BT2 = torch.stack([_before(step_BT2[..., k]) for k in range(2)], -1)
    local_BTK3 = features_BTD[..., columns.places].unflatten(-1, (columns.JOINTS - 1, 3))
    flat_BTK2 = _turned(local_BTK3[..., [0, 2]], half_BT[..., None]) + ground_BT2[:, :, None]
    below = torch.stack([flat_BTK2[..., 0], local_BTK3[..., 1], flat_BTK2[..., 1]], -1)
    height_BT1 = features_BTD[..., columns.height]
    pelvis = torch.cat([ground_BT2[..., :1], height_BT1, ground_BT2[..., 1:]], -1)
    return torch.cat([pelvis[:, :, None], below], 2)


def _turned(ground: Tensor, half: Tensor) -> Tensor:
    """x and z, turned about y from the facing frame into the world: by minus twice the half."""
    x, z = ground.unbind(-1)
    cos, sin = torch.cos(2 * half), torch.sin(2 * half)
    return torch.stack([cos * x - sin * z, sin * x + cos * z], -1)


def _before(steps_BT: Tensor) -> Tensor:
    """Where steps lead to before each frame."""
    return steps_BT.cumsum(1) - steps_BT
