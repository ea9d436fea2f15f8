"""Batches out of encoded clips; everything random about one follows from its key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipelines.appearance_expert.training.encoding import GREY
from pipelines.appearance_expert.training.latent_layout import clean_latents, conditioning
from pipelines.appearance_expert.training.network import Batch


@dataclass(frozen=True)
class EncodedSegment:
    """One segment in a file of `encoding.encode_clip`.

    Attributes:
        file, number: where it lies. text: file of its prompt's embedding.
        source: number of the data source that it comes from.
    """

    file: Path
    number: int
    text: Path
    source: int = 0


def segments_in(file: Path, text: Path, source: int = 0) -> list[EncodedSegment]:
    """The segments of one encoded clip."""
    from safetensors import safe_open

    with safe_open(file, "pt") as tensors:
        count = int(json.loads(tensors.metadata()["about"])["segments"])
    return [EncodedSegment(file, number, text, source) for number in range(count)]


class EncodedClips:
    """Segments to draw from.

    Args:
        segments: at least one.
        frames: pixel frames of a segment.
        shares: weight of each data source; None draws every segment equally often.
        relay: the numbers of given frames that were encoded.
        relay_share: how often frames are given, as they are from a video's second segment on.
    """

    def __init__(
        self,
        segments: list[EncodedSegment],
        frames: int,
        shares: dict[int, float] | None = None,
        relay: tuple[int, ...] = (),
        relay_share: float = 0.5,
    ) -> None:
        self.segments = segments
        self._frames, self._relay, self._relay_share = frames, relay, relay_share
        self._chances = _chances(segments, shares)
        self._texts: dict[Path, Tensor] = {}
        self._grey: dict[Path, Tensor] = {}

    def __len__(self) -> int:
        return len(self.segments)

    def draw(self, size: int, key: tuple[int, ...]) -> Batch:
        """`size` segments, each with a random reference, and given frames or none."""
        random = np.random.default_rng(key)
        chosen = random.choice(len(self.segments), size, p=self._chances)
        return _stacked([self._item(self.segments[n], random) for n in chosen])

    def fixed(self, number: int, given: int = 0) -> Batch:
        """A batch of one segment with the clip's first reference; the same whenever asked for."""
        return _stacked([self._read(self.segments[number], 0, given)])

    def _item(self, segment: EncodedSegment, random: np.random.Generator) -> Batch:
        reference = int(random.integers(1 << 30))
        given = 0
        if self._relay and random.random() < self._relay_share:
            given = int(random.choice(self._relay))
        return self._read(segment, reference, given)

    def _read(self, segment: EncodedSegment, reference: int, given: int) -> Batch:
        """One item; `reference` counts round the clip's references."""
        from safetensors import safe_open

        with safe_open(segment.file, "pt") as tensors:

            def of(name: str) -> Tensor:
                tensor: Tensor = tensors.get_tensor(f"{segment.number}.{name}")
                return tensor

            references = tensors.get_slice("references")
            which = reference % references.get_shape()[0]
            picture = references[which : which + 1][0]
            image = tensors.get_slice("images")[which : which + 1][0]
            video, pose, motion = of("video"), of("pose"), of("motion")
            known = of(f"given{given}") if given else self._grey_of(segment.file.parent)
        return {
            "clean": clean_latents(picture, video),
            "y": conditioning(picture, known, self._frames, given),
            "pose": pose,
            "motion": motion,
            "image": image,
            "text": self._text_of(segment.text),
        }

    def _grey_of(self, folder: Path) -> Tensor:
        if folder not in self._grey:
            self._grey[folder] = _only_tensor(folder / GREY)
        return self._grey[folder]

    def _text_of(self, file: Path) -> Tensor:
        if file not in self._texts:
            self._texts[file] = _only_tensor(file)[0]
        return self._texts[file]


def _chances(
    segments: list[EncodedSegment], shares: dict[int, float] | None
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(N,) chance of each segment: sources by their shares, all segments of one source alike."""
    if shares is None:
        return np.full(len(segments), 1 / len(segments))
    counts: dict[int, int] = {}
    for segment in segments:
        counts[segment.source] = counts.get(segment.source, 0) + 1
    weights = np.array([shares[s.source] / counts[s.source] for s in segments])
    return np.asarray(weights / weights.sum())


def _stacked(items: list[Batch]) -> Batch:
    return {name: torch.stack([item[name] for item in items]) for name in items[0]}


def _only_tensor(file: Path) -> Tensor:
    from safetensors.torch import load_file

    tensor: Tensor
    (tensor,) = load_file(file).values()
    return tensor
