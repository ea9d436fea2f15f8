"""VBench's dimensions: one row each with its weight files and how it is built from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.evaluation.weights_of_others import build

if TYPE_CHECKING:
    import torch
    from torch import nn

    from pipelines.metrics.vbench.dimensions import Dimension
    from pipelines.metrics.vbench.weights import State

Make = Callable[[Sequence[Path], "torch.device"], Callable[[], "Dimension"]]


@dataclass(frozen=True)
class VBenchDimension:
    """One dimension.

    Attributes:
        name: VBench's. files: its official weight files, as VBench downloads them.
        make: loads the networks of those files once, and returns a maker of fresh measures.
    """

    name: str
    files: tuple[str, ...]
    make: Make


def _imaging_quality(paths: Sequence[Path], device: torch.device) -> Callable[[], Dimension]:
    from pipelines.metrics.vbench.dimensions import ImagingQuality
    from pipelines.metrics.vbench.musiq import musiq_from_state

    return partial(ImagingQuality, build(paths[0], musiq_from_state).to(device), device)


def _aesthetic_quality(paths: Sequence[Path], device: torch.device) -> Callable[[], Dimension]:
    from pipelines.metrics.vbench.dimensions import AestheticQuality
    from pipelines.metrics.vbench.encoders import clip_embedding, clip_from_state
    from pipelines.metrics.vbench.preparation import for_clip

    clip = build(paths[0], clip_from_state).to(device)
    head = build(paths[1], _linear).to(device)
    square = partial(for_clip, side=clip.config.image_size)
    return partial(AestheticQuality, partial(clip_embedding, clip), head, square, device)


def _subject_consistency(paths: Sequence[Path], device: torch.device) -> Callable[[], Dimension]:
    from pipelines.metrics.vbench.dimensions import Consistency
    from pipelines.metrics.vbench.encoders import dino_embedding, dino_from_state
    from pipelines.metrics.vbench.preparation import for_dino

    dino = build(paths[0], dino_from_state).to(device)
    prepare = partial(for_dino, side=dino.config.image_size)
    return partial(Consistency, partial(dino_embedding, dino), prepare, device)


def _background_consistency(paths: Sequence[Path], device: torch.device) -> Callable[[], Dimension]:
    from pipelines.metrics.vbench.dimensions import Consistency
    from pipelines.metrics.vbench.encoders import clip_embedding, clip_from_state
    from pipelines.metrics.vbench.preparation import for_clip

    clip = build(paths[0], clip_from_state).to(device)
    square = partial(for_clip, side=clip.config.image_size)
    return partial(Consistency, partial(clip_embedding, clip), square, device)


def _motion_smoothness(paths: Sequence[Path], device: torch.device) -> Callable[[], Dimension]:
    from pipelines.metrics.vbench.amt import amt_from_state
    from pipelines.metrics.vbench.dimensions import MotionSmoothness

    return partial(MotionSmoothness, build(paths[0], amt_from_state).to(device), device)


def _temporal_flickering(paths: Sequence[Path], device: torch.device) -> Callable[[], Dimension]:
    from pipelines.metrics.vbench.dimensions import TemporalFlickering

    return TemporalFlickering


def _linear(state: State) -> nn.Linear:
    from torch import nn

    head = nn.Linear(state["weight"].shape[1], 1)
    head.load_state_dict({name: value.float() for name, value in state.items()})
    return head


DIMENSIONS: dict[str, VBenchDimension] = {
    "iq": VBenchDimension("imaging_quality", ("musiq_spaq_ckpt-358bb6af.pth",), _imaging_quality),
    "aq": VBenchDimension(
        "aesthetic_quality", ("ViT-L-14.pt", "sa_0_4_vit_l_14_linear.pth"), _aesthetic_quality
    ),
    "sc": VBenchDimension(
        "subject_consistency", ("dino_vitbase16_pretrain.pth",), _subject_consistency
    ),
    "bc": VBenchDimension("background_consistency", ("ViT-B-32.pt",), _background_consistency),
    "ms": VBenchDimension("motion_smoothness", ("amt-s.pth",), _motion_smoothness),
    "tf": VBenchDimension("temporal_flickering", (), _temporal_flickering),
}
"""By metric."""
