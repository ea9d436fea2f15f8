"""What the tokenizer is trained on (MEGADance 3.2, docs/reference/megadance.md#losses).

Shapes: B batch, T frames, J = 24 joints.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.body.kinematics import joint_positions
from pipelines.motion import layout
from pipelines.motion_expert.megadance.halves import VELOCITY, join, root_way, split
from pipelines.motion_expert.megadance.tokenizer.network import Rebuilt, Tokenizer
from pipelines.support.conventions import MOTION_FPS

_SPANS = (4, 8, 16)
"""Frames over which speeds are compared."""
_SLOW, _SMOOTH = 0.3, 6.0
"""Speeds in m/s, and accelerations in m/s², below which differences hardly count."""


@dataclass(frozen=True)
class TokenizerLosses:
    """Weights and switches.

    Attributes:
        first, second: of the differences in time, as published.
        kinematic: also the joints in space. dynamic: also the differences.
        drift: of the root's way over the window, which the published loss does not see.
        speed: of how fast the joints move, whenever they do; not published either.
    """

    first: float = 0.5
    second: float = 0.25
    kinematic: bool = True
    dynamic: bool = True
    drift: float = 1.0
    speed: float = 0.0


def distance(one: Tensor, other: Tensor, losses: TokenizerLosses) -> Tensor:
    """Mean absolute error in place and, weighted, of first and second differences over axis 1."""
    error = one - other
    total = error.abs().mean()
    if losses.dynamic:
        for order, weight in ((1, losses.first), (2, losses.second)):
            total = total + weight * error.diff(n=order, dim=1).abs().mean()
    return total


def liveliness(joints_BTJ3: Tensor) -> list[Tensor]:
    """Logarithms of the root mean square speeds and accelerations over 4, 8 and 16 frames."""
    found = []
    for order, least in ((1, _SLOW), (2, _SMOOTH)):
        change = joints_BTJ3.diff(n=order, dim=1) * MOTION_FPS**order
        power_BJT = change.square().sum(-1).transpose(1, 2)
        for span in _SPANS:
            means = F.avg_pool1d(power_BJT, span, span // 2)
            found.append(torch.log(means + least**2) / 2)
    return found


def tokenizer_loss(
    network: Tokenizer, x_BTK: Tensor, rebuilt: Rebuilt, losses: TokenizerLosses
) -> dict[str, Tensor]:
    """The parts of the loss, weighted; their sum is the loss.

    Args:
        network: for its scaling. x_BTK: encoded motion (B, T, 151). rebuilt: what became of it.
        losses: weights.
    """
    up, down = network.normalised(x_BTK)
    velocity, sixes = network.metric(rebuilt.up, rebuilt.down)
    parts = {
        "up": distance(rebuilt.up, up, losses),
        "down": distance(rebuilt.down, down, losses),
    }
    target_velocity, target_sixes = join(*split(x_BTK))
    if losses.kinematic:  # the body stands at the root's velocity, as published
        joints = joint_positions(velocity, sixes)
        parts["joints"] = distance(joints, joint_positions(target_velocity, target_sixes), losses)
    if losses.drift:
        way = (root_way(velocity) - root_way(target_velocity)).abs().mean()
        parts["drift"] = losses.drift * way
    if losses.speed:
        ours, theirs = (
            liveliness(joint_positions(root_way(v), s))
            for v, s in ((velocity, sixes), (target_velocity, target_sixes))
        )
        off = [(one - other).abs().mean() for one, other in zip(ours, theirs, strict=True)]
        parts["speed"] = losses.speed * torch.stack(off).mean()
    if network.config.quantizer == "vq":
        parts["commitment"] = rebuilt.commitment
    return parts


@torch.no_grad()
def reconstruction(network: Tokenizer, x_BTK: Tensor) -> dict[str, Tensor]:
    """How well motion survives: sums over nothing, means over all that is given.

    Returns:
        smpl_mse, smpl_mae: of the normalised halves, both together. joint_mse, joint_mae: metres,
        of joints around the true root. drift: metres that the root is off at the window's end.
    """
    rebuilt = network(x_BTK)
    error = torch.cat([rebuilt.up, rebuilt.down], -1) - torch.cat(network.normalised(x_BTK), -1)
    velocity, sixes = network.metric(rebuilt.up, rebuilt.down)
    here = torch.zeros_like(velocity)
    off = joint_positions(here, sixes) - joint_positions(here, x_BTK[..., layout.sixes])
    true_velocity = split(x_BTK)[1][..., VELOCITY]
    way = root_way(velocity)[:, -1] - root_way(true_velocity)[:, -1]
    return {
        "smpl_mse": error.square().mean(), "smpl_mae": error.abs().mean(),
        "joint_mse": off.square().mean(), "joint_mae": off.abs().mean(),
        "drift": way.norm(dim=-1).mean(),
    }  # fmt: skip
