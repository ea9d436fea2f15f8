"""Scores of videos in as many of VBench's dimensions as there are weights for, kept by content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.catalogue import METRICS
from pipelines.evaluation.clip import Clip
from pipelines.evaluation.vbench_dimensions import DIMENSIONS
from pipelines.evaluation.weights_of_others import find_file
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json, write_json

if TYPE_CHECKING:
    from pipelines.metrics.vbench.dimensions import Dimension
    from pipelines.metrics.vbench.preparation import Frames

_BATCH = 8
_VERSION = 1

Scores = dict[str, tuple[float, float]]


class AppearanceScorer:
    """VBench on videos: each dimension whose weight files lie somewhere below a folder.

    Args:
        weights: the folder, or None.
        device: "auto", "cpu" or "cuda".
        cache: folder in which scores are kept under the content of video and weights.
    """

    def __init__(self, weights: Path | None, device: str, cache: Path) -> None:
        if weights is not None and not weights.is_dir():
            raise UnsuitableInput(f"--vbench-weights {weights}: no such folder")
        names = (name for dimension in DIMENSIONS.values() for name in dimension.files)
        self._found = {name: find_file(weights, name) for name in names}
        self._device, self._cache = device, cache
        self._models: dict[str, Callable[[], Dimension]] = {}

    @property
    def dimensions(self) -> list[str]:
        """Those that can be scored."""
        return [
            key
            for key, dimension in DIMENSIONS.items()
            if all(self._found[name] for name in dimension.files)
        ]

    def missing(self, given: set[str]) -> list[str]:
        """One line for each dimension that cannot be scored, with the file that it needs."""
        if given:
            return []
        return [
            f"{METRICS[key].label} ({dimension.name}) is left out: no "
            f"{' and '.join(name for name in dimension.files if not self._found[name])} below "
            "--vbench-weights"
            for key, dimension in DIMENSIONS.items()
            if key not in self.dimensions
        ]

    def scores(self, video: Path) -> Scores:
        """Value and weight per dimension.

        Raises:
            UnsuitableInput: the video cannot be read or has one frame, or a weight file is of
                another network.
        """
        digest = sha256_file(video)
        kept = {key: self._cache / f"{key}-{self._identity(key, digest)}.json"
                for key in self.dimensions}  # fmt: skip
        known: Scores = {}
        for key, path in kept.items():
            try:
                value, weight = read_json(path)
                known[key] = float(value), float(weight)
            except (OSError, ValueError, TypeError):
                continue
        wanted = {key: self._dimension(key)() for key in kept if key not in known}
        if wanted:
            for frames in batches(video):
                for dimension in wanted.values():
                    dimension.see(frames)
            for key, dimension in wanted.items():
                known[key] = dimension.score()
                write_json(kept[key], list(known[key]))
        return known

    def _identity(self, key: str, digest: str) -> str:
        files = [(name, self._found[name]) for name in DIMENSIONS[key].files]
        sizes = [(name, path.stat().st_size) for name, path in files if path is not None]
        return sha256_json([digest, key, sizes, _VERSION])[:16]

    def _dimension(self, key: str) -> Callable[[], Dimension]:
        """A maker of fresh measures, whose network is loaded once."""
        from pipelines.support.devices import torch_device

        if key not in self._models:
            paths = [self._found[name] for name in DIMENSIONS[key].files]
            known = [path for path in paths if path is not None]
            self._models[key] = DIMENSIONS[key].make(known, torch_device(self._device))
        return self._models[key]


def batches(video: Path) -> Iterator[Frames]:
    """A video's frames (B, H, W, 3), a few at a time."""
    from pipelines.media.video import read_frames

    waiting = []
    for frame in read_frames(video):
        waiting.append(frame)
        if len(waiting) == _BATCH:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)


def vbench_results(given: Sequence[str], systems: Sequence[str]) -> dict[str, dict[str, Clip]]:
    """Results that VBench itself wrote: per system, per video the clip with its scores.

    Args:
        given: "FILE", for the first system, or "NAME=FILE".

    Raises:
        BadUsage: an unknown name. UnsuitableInput: not a result file of VBench.
    """
    results: dict[str, dict[str, Clip]] = {}
    for text in given:
        name, separator, place = text.partition("=")
        if not separator:
            name, place = systems[0], text
        if name not in systems:
            raise BadUsage(f"--vbench-json {text}: no such set", f"known are {', '.join(systems)}")
        results[name] = read_vbench_json(Path(place))
    return results


def read_vbench_json(path: Path) -> dict[str, Clip]:
    """Per video the scores of a VBench result file; imaging quality over 100 as all others.

    Raises:
        MissingAsset: no such file. UnsuitableInput: not a result file of VBench.
    """
    if not path.is_file():
        raise MissingAsset(f"{path}: no such file", "VBench writes it as *_eval_results.json")
    clips: dict[str, Clip] = {}
    try:
        content: dict[str, Any] = read_json(path)
        for key, dimension in DIMENSIONS.items():
            for entry in content.get(dimension.name, [None, []])[1]:
                stem = Path(str(entry["video_path"])).stem
                clip = clips.setdefault(stem, Clip(stem))
                value = float(entry["video_results"])
                clip.scores[key] = value / 100 if key == "iq" else value
                if "cnt_per_video" in entry:
                    # Only one of the two consistencies writes the frames that both weigh by.
                    clip.weights["sc"] = clip.weights["bc"] = float(entry["cnt_per_video"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise UnsuitableInput(f"{path}: not a result file of VBench ({error})") from None
    if not clips:
        names = ", ".join(dimension.name for dimension in DIMENSIONS.values())
        raise UnsuitableInput(f"{path}: holds none of {names}")
    return clips
