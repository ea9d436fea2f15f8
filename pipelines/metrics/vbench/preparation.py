"""How VBench scales frames for its networks: on 8-bit pictures, without antialiasing, rounded.

Frames are (B, H, W, 3) uint8 RGB; what comes out is (B, 3, h, w) float.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Frames = NDArray[np.uint8]

CLIP_MEAN, CLIP_DEVIATION = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NETWORK_SIDE = 224
_QUALITY_SIDE = 512


def for_clip(frames: Frames, side: int = _NETWORK_SIDE) -> Tensor:
    """Shorter side bicubic to `side`, the middle square, CLIP's mean and deviation."""
    x = _resized(frames, *_shorter_to(frames, side), "bicubic")
    top, left = (round((length - side) / 2.0) for length in x.shape[2:])
    return _normalised(x[..., top : top + side, left : left + side], CLIP_MEAN, CLIP_DEVIATION)


def for_dino(frames: Frames, side: int = _NETWORK_SIDE) -> Tensor:
    """Shorter side bilinear to `side`, not cropped, ImageNet's mean and deviation."""
    x = _resized(frames, *_shorter_to(frames, side), "bilinear")
    return _normalised(x, IMAGENET_MEAN, IMAGENET_DEVIATION)


def for_quality(frames: Frames) -> Tensor:
    """Longer side at most 512, in [0, 1]."""
    height, width = frames.shape[1:3]
    longer = max(height, width)
    if longer > _QUALITY_SIDE:
        scale = _QUALITY_SIDE / longer
        return _resized(frames, int(scale * height), int(scale * width), "bilinear") / 255
    return to_tensor(frames) / 255


def to_tensor(frames: Frames) -> Tensor:
    """(B, 3, H, W) float in 0 ... 255."""
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float()


def _shorter_to(frames: Frames, side: int) -> tuple[int, int]:
    height, width = frames.shape[1:3]
    if height <= width:
        return side, int(side * width / height)
    return int(side * height / width), side


def _resized(
    frames: Frames, height: int, width: int, mode: Literal["bilinear", "bicubic"]
) -> Tensor:
    x = to_tensor(frames)
    if x.shape[2:] != (height, width):
        x = F.interpolate(x, (height, width), mode=mode, align_corners=False, antialias=False)
    return x.clamp(0, 255).round()


def _normalised(x: Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    return (x / 255 - torch.tensor(mean)[:, None, None]) / torch.tensor(deviation)[:, None, None]
