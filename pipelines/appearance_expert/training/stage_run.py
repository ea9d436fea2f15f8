"""A stage of `train-appearance` as a task: its transformer, its batches, what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from pipelines.appearance_expert.training.encoded import EncodedClips, EncodedSegment
from pipelines.appearance_expert.training.latents import Encoded
from pipelines.appearance_expert.training.network import (
    load_transformer,
    number_format,
    put_motion_encoder_aside,
    recompute_activations,
    silence_controls,
)
from pipelines.appearance_expert.training.sampling import sample_file, show_sample
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.appearance_expert.training.stages import prepare_stage, save_learned, save_model
from pipelines.appearance_expert.training.task import FlowLoss, stage_task
from pipelines.appearance_expert.wan.weights import WanWeights
from pipelines.support.files import sha256_file
from pipelines.support.progress import Progress
from pipelines.training.launch import Launch
from pipelines.training.precision import wants_bf16
from pipelines.training.task import Task

_HELD = 8
"""Held-out segments that are judged at each validation."""


def task_of(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    encoded: Encoded,
    folder: Path,
    launch: Launch,
    progress: Progress,
) -> Task:
    """The task of a run.

    Args:
        config: what `train-appearance` was asked to do.
        weights: of the model that learns.
        encoded: segments to learn from, and held-out ones.
        folder: the run's; sample videos lie in it.
        launch: places the transformer.
        progress: told how much learns.

    Raises UnsuitableInput where model or adapter do not load or belong together.
    """
    bf16 = wants_bf16(config.precision, launch.device)
    transformer = load_transformer(weights, bf16, config.seed)
    names = prepare_stage(transformer, config.stage, config.adapter, config.rank)
    motion_encoder = put_motion_encoder_aside(transformer)
    if config.stage == "aesthetic" and config.aesthetic_inputs == "image":
        silence_controls(transformer)
    if not config.keep_activations:
        recompute_activations(transformer)
    learning = sum(p.numel() for p in transformer.parameters() if p.requires_grad)
    progress.say(f"{config.stage}: {learning:,} parameters learn in {len(names)} tensors")
    transformer = launch.placed(transformer, transformer.blocks)
    data = _data(config, encoded.segments)
    held = _data(config, encoded.held) if encoded.held else None
    return stage_task(
        transformer,
        data.draw,
        _Keeper(config, weights, motion_encoder).save,
        FlowLoss(number_format(transformer), config.reference_weight),
        config.learning_rate(),
        config.weight_decay,
        () if held is None else tuple(held.fixed(n) for n in _spread(len(held))),
        partial(show_sample, config, weights, held or data, folder, launch),
        lambda step: sample_file(folder, step).exists(),
        {"stage": config.stage, "rank": config.rank, "model": str(weights.folder)},
    )


def _data(config: TrainAppearanceConfig, segments: list[EncodedSegment]) -> EncodedClips:
    given = {n: source.weight for n, source in enumerate(config.sources())}
    shares = None
    if any(weight is not None for weight in given.values()):
        shares = {n: 1.0 if weight is None else weight for n, weight in given.items()}
    relay = config.recipe().relay
    return EncodedClips(segments, config.frames, shares, relay, config.relay_share)


def _spread(count: int) -> list[int]:
    """A few of `count` numbers, evenly spread."""
    return sorted({round(k * (count - 1) / max(1, _HELD - 1)) for k in range(min(_HELD, count))})


@dataclass(frozen=True)
class _Keeper:
    """Writes what a stage has learned, with where it came from."""

    config: TrainAppearanceConfig
    weights: WanWeights
    motion_encoder: nn.Module

    def save(self, folder: Path, learned: dict[str, Tensor], facts: dict[str, Any]) -> None:
        config, weights = self.config, self.weights
        if config.stage == "base":
            save_model(folder, weights.folder, learned, self.motion_encoder)
            return
        about = {
            "stage": config.stage, "step": str(facts["step"]), "base": weights.fingerprint(),
            "base_folder": weights.folder.name,
        }  # fmt: skip
        if config.adapter is not None:
            about["adapter_sha256"] = sha256_file(config.adapter)
        save_learned(folder, config.stage, learned, about)
