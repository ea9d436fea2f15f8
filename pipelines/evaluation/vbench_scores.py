"""Scores of videos in as many of VBench's dimensions as there are weights for, kept by content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.catalogue import METRICS, VBENCH, VBENCH_NAMES
from pipelines.evaluation.clip import Clip
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json, write_json

if TYPE_CHECKING:
    import torch

    from pipelines.metrics.vbench.dimensions import Dimension
    from pipelines.metrics.vbench.preparation import Frames

FILES: dict[str, tuple[str, ...]] = {
    "iq": ("musiq_spaq_ckpt-358bb6af.pth",),
    "aq": ("ViT-L-14.pt", "sa_0_4_vit_l_14_linear.pth"),
    "sc": ("dino_vitbase16_pretrain.pth",),
    "bc": ("ViT-B-32.pt",),
    "ms": ("amt-s.pth",),
    "tf": (),
}
"""The official weight files of each dimension, by the names that VBench downloads them under."""

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
        from pipelines.metrics.vbench.weight_files import find_file

        if weights is not None and not weights.is_dir():
            raise UnsuitableInput(f"--vbench-weights {weights}: no such folder")
        self._found = {name: find_file(weights, name) for names in FILES.values() for name in names}
        self._device, self._cache = device, cache
        self._models: dict[str, Callable[[], Dimension]] = {}

    @property
    def dimensions(self) -> list[str]:
        """Those that can be scored."""
        return [key for key in VBENCH if all(self._found[name] for name in FILES[key])]

    def missing(self, given: set[str]) -> list[str]:
        """One line for each dimension that cannot be scored, with the file that it needs."""
        if given:
            return []
        return [
            f"{METRICS[key].label} ({VBENCH_NAMES[key]}) is left out: no "
            f"{' and '.join(name for name in FILES[key] if not self._found[name])} below "
            "--vbench-weights"
            for key in VBENCH
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
        files = [(name, self._found[name]) for name in FILES[key]]
        sizes = [(name, path.stat().st_size) for name, path in files if path is not None]
        return sha256_json([digest, key, sizes, _VERSION])[:16]

    def _dimension(self, key: str) -> Callable[[], Dimension]:
        """A maker of fresh measures, whose network is loaded once."""
        from pipelines.support.devices import torch_device

        if key not in self._models:
            paths = [path for name in FILES[key] if (path := self._found[name]) is not None]
            self._models[key] = _maker(key, paths, torch_device(self._device))
        return self._models[key]


def _maker(key: str, paths: list[Path], device: torch.device) -> Callable[[], Dimension]:
    from functools import partial

    from torch import nn

    from pipelines.metrics.vbench import dimensions as d
    from pipelines.metrics.vbench.amt import amt_from_state
    from pipelines.metrics.vbench.musiq import musiq_from_state
    from pipelines.metrics.vbench.preparation import for_clip, for_dino
    from pipelines.metrics.vbench.transformer import clip_from_state, dino_from_state
    from pipelines.metrics.vbench.weights import State, build

    def linear(state: State) -> nn.Linear:
        head = nn.Linear(state["weight"].shape[1], 1)
        head.load_state_dict({name: value.float() for name, value in state.items()})
        return head

    if key == "tf":
        return d.TemporalFlickering
    if key == "iq":
        quality = build(paths[0], musiq_from_state).to(device)
        return lambda: d.ImagingQuality(quality, device)
    if key == "ms":
        between = build(paths[0], amt_from_state).to(device)
        return lambda: d.MotionSmoothness(between, device)
    if key == "sc":
        subject = build(paths[0], dino_from_state).to(device)
        prepare = partial(for_dino, side=subject.patch * subject.grid)
        return lambda: d.Consistency(subject, prepare, device)
    clip = build(paths[0], clip_from_state).to(device)
    patches = clip.positional_embedding.shape[0] - 1
    square = partial(for_clip, side=round(patches**0.5) * clip.conv1.kernel_size[0])
    if key == "bc":
        return lambda: d.Consistency(clip, square, device)
    head = build(paths[1], linear).to(device)
    return lambda: d.AestheticQuality(clip, head, square, device)


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
        for key in VBENCH:
            for entry in content.get(VBENCH_NAMES[key], [None, []])[1]:
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
        raise UnsuitableInput(f"{path}: holds none of {', '.join(VBENCH_NAMES.values())}")
    return clips
