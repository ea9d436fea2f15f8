"""The protocol animation: videos against the recordings that drove them (MACE-Dance, table 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.evaluation.measuring import MeasuredSet, measure_each
from pipelines.media.video import probe_video, read_frames
from pipelines.metrics.fvd import Convention
from pipelines.metrics.image_pairs import psnr, ssim, ssim_gauss
from pipelines.support.devices import torch_device
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress

Frame = NDArray[np.uint8]

_PIXELS = (("psnr", psnr), ("ssim", ssim), ("ssim_gauss", ssim_gauss))
_BATCH = 8


@dataclass(frozen=True)
class AnimationSettings:
    """The conventions, which no paper states.

    Attributes:
        frames: first frames of each video that count. fps: the rate that videos are read at.
        size: shorter side that both are scaled to; None: as large as the recording.
        fvd: see fvd.VideoFeatures. lpips_disco_compat: feed LPIPS [0, 1] instead of [-1, 1].
        i3d, lpips_weights: weight files. device: "auto", "cpu" or "cuda".
    """

    frames: int
    fps: float
    size: int | None
    fvd: Convention
    lpips_disco_compat: bool
    i3d: Path | None
    lpips_weights: Path | None
    device: str


class AnimationJudge:
    """Measures pairs of videos; what has no weights is left out with a line to `progress`."""

    def __init__(self, settings: AnimationSettings, progress: Progress) -> None:
        self.settings = settings
        self._networks: dict[str, Any] = {}
        self._video: Any = None
        if settings.i3d is None:
            progress.say("FVD is left out: it needs --i3d i3d_torchscript.pt")
        else:
            from pipelines.metrics.fvd import VideoFeatures

            self._video = VideoFeatures(settings.i3d, settings.fvd, torch_device(settings.device))
        self._load_lpips(progress)

    def _load_lpips(self, progress: Progress) -> None:
        if self.settings.lpips_weights is None:
            progress.say("LPIPS is left out: it needs --lpips-weights FOLDER")
            return
        from pipelines.metrics.lpips import BACKBONES, HEADS, Net, load_lpips

        nets: tuple[Net, ...] = ("alex", "vgg")
        for net in nets:
            device = torch_device(self.settings.device)
            found = load_lpips(self.settings.lpips_weights, net, device)
            if found is None:
                progress.say(
                    f"LPIPS ({net}) is left out: no {BACKBONES[net][0]} and {HEADS[net]} below "
                    "--lpips-weights"
                )
            else:
                self._networks[f"lpips_{net}"] = found

    def pair(self, item: Item, original: Item, measured: MeasuredSet) -> Clip:
        """All scores of one video against its recording, and its features for FVD."""
        size = self._size(original.path)
        sums: dict[str, list[float]] = {name: [] for name, _ in _PIXELS}
        sums |= {name: [] for name in self._networks}
        prepared: list[Any] = []
        for frames, originals in self._pairs(item.path, original.path, size):
            for frame, real in zip(frames, originals, strict=True):
                for name, measure in _PIXELS:
                    sums[name].append(measure(frame, real))
                if self._video is not None:
                    prepared.append(self._video.prepared(frame))
            for name, network in self._networks.items():
                sums[name] += self._perceptual(network, frames, originals)
        counted = len(sums["psnr"])
        if counted == 0:
            raise UnsuitableInput(f"{item.path}: no frame in common with {original.path}")
        if counted < self.settings.frames:
            measured.notes.append(f"{item.name} has {counted} frames with its recording in common")
        features = {} if self._video is None else {"fvd": self._video.of_clip(prepared)}
        return Clip(item.name, features, {name: float(np.mean(v)) for name, v in sums.items()})

    def alone(self, item: Item) -> Clip:
        """A recording's features for FVD."""
        if self._video is None:
            return Clip(item.name)
        frames = self._frames(item.path, self._size(item.path))
        return Clip(
            item.name, {"fvd": self._video.of_clip([self._video.prepared(f) for f in frames])}
        )

    def _size(self, path: Path) -> tuple[int, int]:
        info = probe_video(path)
        if self.settings.size is None:
            return info.width, info.height
        scale = self.settings.size / min(info.width, info.height)
        return round(info.width * scale), round(info.height * scale)

    def _frames(self, path: Path, size: tuple[int, int]) -> Iterator[Frame]:
        rate = Fraction(self.settings.fps).limit_denominator(1001)
        return islice(read_frames(path, size=size, fps=rate), self.settings.frames)

    def _pairs(
        self, path: Path, original: Path, size: tuple[int, int]
    ) -> Iterator[tuple[list[Frame], list[Frame]]]:
        both = zip(self._frames(path, size), self._frames(original, size), strict=False)
        while batch := list(islice(both, _BATCH)):
            yield [frame for frame, _ in batch], [real for _, real in batch]

    def _perceptual(self, network: Any, frames: list[Frame], originals: list[Frame]) -> list[float]:
        import torch

        from pipelines.metrics.vbench.preparation import to_tensor

        pair = [to_tensor(np.stack(x)) / 255 for x in (frames, originals)]
        if not self.settings.lpips_disco_compat:
            pair = [2 * x - 1 for x in pair]
        device = torch_device(self.settings.device)
        with torch.inference_mode():
            found: list[float] = network.distance(*(x.to(device) for x in pair)).tolist()
        return found


def measure_pairs(
    name: str,
    items: Sequence[Item],
    originals: dict[str, Item],
    judge: AnimationJudge,
    progress: Progress,
) -> MeasuredSet:
    """Measure a set against its recordings; of the recordings themselves only what FVD needs.

    Videos without a recording of their name do not count.
    """
    if name == "truth":
        return measure_each(f"measuring {name}", items, lambda item, _: judge.alone(item), progress)
    paired = [item for item in items if item.name in originals]
    if not paired:
        raise UnsuitableInput(
            f"{name}: none of its {len(items)} videos has the name of a recording",
            "name them alike: --pred a/x.mp4, --truth b/x.mp4",
        )
    return measure_each(
        f"measuring {name}",
        paired,
        lambda item, measured: judge.pair(item, originals[item.name], measured),
        progress,
    )
