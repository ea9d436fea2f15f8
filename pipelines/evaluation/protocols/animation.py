"""The protocol animation: videos against the recordings that drove them (MACE-Dance, table 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from pipelines.evaluation.exhibits import Exhibit, exhibit_video
from pipelines.evaluation.items import Item
from pipelines.evaluation.judgement import Estimate
from pipelines.evaluation.measuring import MeasuredSet, measure_each
from pipelines.evaluation.sets import TRUTH, Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.video_pairs import PairMeasurer, PairRule
from pipelines.evaluation.weights_of_others import (
    LPIPS_BACKBONES,
    LPIPS_HEADS,
    load_i3d,
    load_lpips,
)
from pipelines.support.devices import torch_device
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.metrics.fvd import VideoFeatures
    from pipelines.metrics.lpips import Lpips


class Animation:
    """See `interface.EvaluationProtocol`."""

    kinds = ("video",)
    hears = False
    rule = None

    def __init__(self, config: EvaluateConfig) -> None:
        self._config = config
        self._pairs = PairRule(
            frames=config.video_frames, fps=config.video_fps, size=config.video_side,
            fvd=config.fvd, lpips_disco_compat=config.lpips_disco_compat,
        )  # fmt: skip

    def settings(self) -> dict[str, Any]:
        """See `interface.EvaluationProtocol`."""
        return asdict(self._pairs)

    def measure(self, sets: Sets, progress: Progress) -> dict[str, MeasuredSet]:
        """Measure the systems against their recordings; of those themselves only what FVD needs.

        Videos without a recording of their name do not count, nor recordings of no video.
        """
        features, lpips = self._features(progress), self._lpips(progress)
        measurer = PairMeasurer(
            self._config.protocol, self._pairs, lpips, features, self._config.device
        )
        originals = {item.name: item for item in sets.truth}
        driven = {item.name for items in sets.systems.values() for item in items}
        found = {
            name: _measured_pairs(name, items, originals, measurer, progress)
            for name, items in sets.systems.items()
        }
        found[TRUTH] = measure_each(
            f"measuring {TRUTH}",
            [item for item in sets.truth if item.name in driven],
            lambda item, _: measurer.alone(item),
            progress,
        )
        return found

    def of_system(self, items: Sequence[Item]) -> dict[str, Estimate]:
        """See `interface.EvaluationProtocol`: nothing."""
        return {}

    def exhibit(self, item: Item, system: str, why: str) -> Exhibit:
        """See `interface.EvaluationProtocol`: some frames."""
        return exhibit_video(item.path, system, item.name, why)

    def _features(self, progress: Progress) -> VideoFeatures | None:
        path = self._config.i3d
        if path is None:
            progress.say("FVD is left out: it needs --i3d i3d_torchscript.pt")
            return None
        from pipelines.metrics.fvd import VideoFeatures

        device = torch_device(self._config.device)
        return VideoFeatures(load_i3d(path, device), self._pairs.fvd, device, f"--i3d {path}")

    def _lpips(self, progress: Progress) -> dict[str, Lpips]:
        """The networks by metric; what has no weights is left out with a line to `progress`."""
        folder = self._config.lpips_weights
        if folder is None:
            progress.say("LPIPS is left out: it needs --lpips-weights FOLDER")
            return {}
        from pipelines.metrics.lpips import Net

        networks = {}
        for net in get_args(Net):
            found = load_lpips(folder, net, torch_device(self._config.device))
            if found is None:
                progress.say(
                    f"LPIPS ({net}) is left out: no {LPIPS_BACKBONES[net][0]} and "
                    f"{LPIPS_HEADS[net]} below --lpips-weights"
                )
            else:
                networks[f"lpips_{net}"] = found
        return networks


def _measured_pairs(
    name: str,
    items: Sequence[Item],
    originals: dict[str, Item],
    measurer: PairMeasurer,
    progress: Progress,
) -> MeasuredSet:
    paired = [item for item in items if item.name in originals]
    if not paired:
        raise UnsuitableInput(
            f"{name}: none of its {len(items)} videos has the name of a recording",
            "name them alike: --pred a/x.mp4, --truth b/x.mp4",
        )
    return measure_each(
        f"measuring {name}",
        paired,
        lambda item, measured: measurer.pair(item, originals[item.name], measured),
        progress,
    )
