"""Videos measured frame by frame against the recordings that drove them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.catalogue import measured_by
from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.evaluation.measuring import MeasuredSet
from pipelines.media.video import probe_video, read_frames
from pipelines.support.devices import torch_device
from pipelines.support.errors import UnsuitableInput

if TYPE_CHECKING:
    from pipelines.metrics.fvd import Convention, VideoFeatures
    from pipelines.metrics.lpips import Lpips

Frame = NDArray[np.uint8]

_BATCH = 8


@dataclass(frozen=True)
class PairRule:
    """The conventions, which no paper states.

    Attributes:
        frames: first frames of each video that count. fps: the rate that videos are read at.
        size: shorter side that both are scaled to; None: as large as the recording.
        fvd: see fvd.VideoFeatures. lpips_disco_compat: feed LPIPS [0, 1] instead of [-1, 1].
    """

    frames: int
    fps: float
    size: int | None
    fvd: Convention
    lpips_disco_compat: bool


class PairMeasurer:
    """Measures pairs of videos by every metric of two pictures, and by the networks that are there.

    Args:
        protocol: whose metrics.
        lpips: networks by metric. features: what FVD compares, if there is an I3D.
        device: "auto", "cpu" or "cuda".
    """

    def __init__(
        self,
        protocol: str,
        rule: PairRule,
        lpips: Mapping[str, Lpips],
        features: VideoFeatures | None,
        device: str,
    ) -> None:
        self._rule, self._lpips, self._features, self._device = rule, lpips, features, device
        self._of_pictures = sorted(measured_by(protocol, "frame, original").items())

    def pair(self, item: Item, original: Item, measured: MeasuredSet) -> Clip:
        """All scores of one video against its recording, and its features for FVD."""
        size = self._size(original.path)
        found: dict[str, list[float]] = {name: [] for name, _ in self._of_pictures}
        found |= {name: [] for name in self._lpips}
        prepared: list[Any] = []
        counted = 0
        for frames, originals in self._pairs(item.path, original.path, size):
            counted += len(frames)
            for name, measure in self._of_pictures:
                found[name] += map(measure, frames, originals)
            for name, network in self._lpips.items():
                found[name] += self._perceptual(network, frames, originals)
            if self._features is not None:
                prepared += map(self._features.prepared, frames)
        if counted == 0:
            raise UnsuitableInput(f"{item.path}: no frame in common with {original.path}")
        if counted < self._rule.frames:
            measured.notes.append(f"{item.name} has {counted} frames with its recording in common")
        features = {} if self._features is None else {"fvd": self._features.of_clip(prepared)}
        return Clip(item.name, features, {name: float(np.mean(v)) for name, v in found.items()})

    def alone(self, item: Item) -> Clip:
        """A recording's features for FVD."""
        if self._features is None:
            return Clip(item.name)
        frames = self._frames(item.path, self._size(item.path))
        prepared = [self._features.prepared(frame) for frame in frames]
        return Clip(item.name, {"fvd": self._features.of_clip(prepared)})

    def _size(self, path: Path) -> tuple[int, int]:
        info = probe_video(path)
        if self._rule.size is None:
            return info.width, info.height
        scale = self._rule.size / min(info.width, info.height)
        return round(info.width * scale), round(info.height * scale)

    def _frames(self, path: Path, size: tuple[int, int]) -> Iterator[Frame]:
        rate = Fraction(self._rule.fps).limit_denominator(1001)
        return islice(read_frames(path, size=size, fps=rate), self._rule.frames)

    def _pairs(
        self, path: Path, original: Path, size: tuple[int, int]
    ) -> Iterator[tuple[list[Frame], list[Frame]]]:
        both = zip(self._frames(path, size), self._frames(original, size), strict=False)
        while batch := list(islice(both, _BATCH)):
            yield [frame for frame, _ in batch], [real for _, real in batch]

    def _perceptual(
        self, network: Lpips, frames: list[Frame], originals: list[Frame]
    ) -> list[float]:
        import torch

        from pipelines.metrics.vbench.preparation import to_tensor

        pair = [to_tensor(np.stack(x)) / 255 for x in (frames, originals)]
        if not self._rule.lpips_disco_compat:
            pair = [2 * x - 1 for x in pair]
        device = torch_device(self._device)
        with torch.inference_mode():
            found: list[float] = network.distance(*(x.to(device) for x in pair)).tolist()
        return found
