"""LPIPS (Zhang et al., CVPR 2018) from torchvision's backbones and the package's linear heads.

Networks are made of the tensors of the weight files, so they have the files' sizes. Pictures are
(B, 3, H, W).
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.metrics.vbench.weights import State

Net = Literal["alex", "vgg"]

# (number in the file, stride, padding), in stages whose outputs are compared.
_STAGES: dict[Net, tuple[tuple[tuple[int, int, int], ...], ...]] = {
    "alex": (((0, 4, 2),), ((3, 1, 2),), ((6, 1, 1),), ((8, 1, 1),), ((10, 1, 1),)),
    "vgg": (
        ((0, 1, 1), (2, 1, 1)),
        ((5, 1, 1), (7, 1, 1)),
        ((10, 1, 1), (12, 1, 1), (14, 1, 1)),
        ((17, 1, 1), (19, 1, 1), (21, 1, 1)),
        ((24, 1, 1), (26, 1, 1), (28, 1, 1)),
    ),
}
_POOLED_BEFORE: dict[Net, tuple[int, ...]] = {"alex": (1, 2), "vgg": (1, 2, 3, 4)}
_POOL: dict[Net, int] = {"alex": 3, "vgg": 2}
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


class Lpips:
    """The distance with one backbone.

    Args:
        net: which. backbone, heads: tensors by the names of the official files.
        device: where it runs.

    Raises KeyError, ValueError for tensors of another network.
    """

    def __init__(self, net: Net, backbone: State, heads: State, device: torch.device) -> None:
        self._net = net
        self._layers = [
            [
                (
                    backbone[f"features.{number}.weight"].float().to(device),
                    backbone[f"features.{number}.bias"].float().to(device),
                    stride,
                    padding,
                )
                for number, stride, padding in stage
            ]
            for stage in _STAGES[net]
        ]
        self._heads = [
            heads[f"lin{number}.model.1.weight"].float().to(device)
            for number in range(len(self._layers))
        ]
        for stage, head in zip(self._layers, self._heads, strict=True):
            if stage[-1][0].shape[0] != head.shape[1]:
                raise ValueError(f"a head of {head.shape[1]} channels on {stage[-1][0].shape[0]}")
        self._shift = torch.tensor(_SHIFT, device=device)[:, None, None]
        self._scale = torch.tensor(_SCALE, device=device)[:, None, None]

    def distance(self, first: Tensor, second: Tensor) -> Tensor:
        """Distances (B,) of pictures in [-1, 1]: sum over stages of the mean over places of
        heads · (u - v)², u and v the features at unit length over their channels."""
        total = torch.zeros(len(first), device=first.device)
        pairs = zip(self._stages(first), self._stages(second), self._heads, strict=True)
        for one, other, head in pairs:
            apart = (_unit(one) - _unit(other)) ** 2
            total = total + F.conv2d(apart, head).mean(dim=(1, 2, 3))
        return total

    def _stages(self, pictures: Tensor) -> list[Tensor]:
        x = (pictures - self._shift) / self._scale
        found = []
        for number, stage in enumerate(self._layers):
            if number in _POOLED_BEFORE[self._net]:
                x = F.max_pool2d(x, _POOL[self._net], stride=2)
            for weight, bias, stride, padding in stage:
                x = F.relu(F.conv2d(x, weight, bias, stride, padding))
            found.append(x)
        return found


def _unit(x: Tensor) -> Tensor:
    return x / (x.pow(2).sum(dim=1, keepdim=True).sqrt() + 1e-10)
