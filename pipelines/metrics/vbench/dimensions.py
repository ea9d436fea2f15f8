"""VBench's six dimensions, each fed a video's frames as they are decoded.

What each of them is: docs/reference/metrics.md#vbench.

`see` takes (B, H, W, 3) uint8 RGB; `score` gives the video's value in [0, 1] (about) and how much
it weighs in the mean over videos.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.metrics.vbench.amt import AmtS, middle_frame
from pipelines.metrics.vbench.preparation import Frames, for_quality, to_tensor
from pipelines.support.errors import UnsuitableInput

Prepare = Callable[[Frames], Tensor]
Embed = Callable[[Tensor], Tensor]


class Dimension(Protocol):
    """One measure of one video."""

    def see(self, frames: Frames) -> None:
        """Take the next frames in."""

    def score(self) -> tuple[float, float]:
        """Value and weight."""


class TemporalFlickering:
    """255 minus the mean absolute difference of successive frames, over 255."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._differences: list[float] = []

    def see(self, frames: Frames) -> None:
        """Take the next frames in."""
        for frame in frames:
            if self._before is not None:
                self._differences.append(mean_difference(self._before, frame))
            self._before = frame

    def score(self) -> tuple[float, float]:
        """Value and weight."""
        return (255.0 - _mean(self._differences)) / 255.0, 1.0


class ImagingQuality:
    """Mean MUSIQ score, over 100."""

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._model, self._device = model, device
        self._scores: list[float] = []

    def see(self, frames: Frames) -> None:
        """Take the next frames in."""
        with torch.inference_mode():
            self._scores += self._model(for_quality(frames).to(self._device)).tolist()

    def score(self) -> tuple[float, float]:
        """Value and weight."""
        return _mean(self._scores) / 100.0, 1.0


class AestheticQuality:
    """Mean of a linear head on CLIP's normalised embedding, over 10."""

    def __init__(
        self, embed: Embed, head: nn.Linear, prepare: Prepare, device: torch.device
    ) -> None:
        self._embed, self._head, self._prepare, self._device = embed, head, prepare, device
        self._scores: list[float] = []

    def see(self, frames: Frames) -> None:
        """Take the next frames in."""
        with torch.inference_mode():
            embedded = self._embed(self._prepare(frames).to(self._device))
            unit = nn.functional.normalize(embedded, dim=-1)
            self._scores += self._head(unit)[:, 0].tolist()

    def score(self) -> tuple[float, float]:
        """Value and weight."""
        return _mean(self._scores) / 10.0, 1.0


class Consistency:
    """How much each frame's embedding is like the one before and like the first.

    Subject consistency with DINO, background consistency with CLIP. A video weighs as much as it
    has frames after its first.
    """

    def __init__(self, embed: Embed, prepare: Prepare, device: torch.device) -> None:
        self._embed, self._prepare, self._device = embed, prepare, device
        self._first: Tensor | None = None
        self._before: Tensor | None = None
        self._alike: list[float] = []

    def see(self, frames: Frames) -> None:
        """Take the next frames in."""
        with torch.inference_mode():
            embedded = self._embed(self._prepare(frames).to(self._device))
            for unit in nn.functional.normalize(embedded, dim=-1):
                if self._first is None or self._before is None:
                    self._first = unit
                else:
                    near, far = float(unit @ self._before), float(unit @ self._first)
                    self._alike.append((max(0.0, near) + max(0.0, far)) / 2)
                self._before = unit

    def score(self) -> tuple[float, float]:
        """Value and weight."""
        return _mean(self._alike), float(len(self._alike))


class MotionSmoothness:
    """255 minus the mean difference of odd frames from those that AMT puts between the even."""

    def __init__(self, model: AmtS, device: torch.device) -> None:
        self._model, self._device = model, device
        self._number = 0
        self._even: NDArray[np.uint8] | None = None
        self._odd: NDArray[np.uint8] | None = None
        self._differences: list[float] = []

    def see(self, frames: Frames) -> None:
        """Take the next frames in."""
        for frame in frames:
            if self._number % 2:
                self._odd = frame
            else:
                if self._even is not None and self._odd is not None:
                    between = self._between(self._even, frame)
                    self._differences.append(mean_difference(self._odd, between))
                self._even = frame
            self._number += 1

    def score(self) -> tuple[float, float]:
        """Value and weight."""
        return (255.0 - _mean(self._differences)) / 255.0, 1.0

    def _between(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
        with torch.inference_mode():
            pair = (to_tensor(np.stack([first, second])) / 255).to(self._device)
            made = middle_frame(self._model, pair[:1], pair[1:])[0] * 255
        # Cut, not rounded, as the original.
        return made.clamp(0, 255).permute(1, 2, 0).cpu().numpy().astype(np.uint8)


def mean_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two 8-bit pictures."""
    import cv2

    return float(cv2.absdiff(first, second).mean())


def _mean(values: list[float]) -> float:
    if not values:
        raise UnsuitableInput("too few frames for VBench's dimensions")
    return float(np.mean(values))
