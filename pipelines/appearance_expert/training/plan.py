"""What a training would do and take, before anything is loaded or written."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.support.errors import MissingAsset
from pipelines.support.files import read_json
from pipelines.support.progress import Progress


def plan(config: TrainAppearanceConfig, progress: Progress) -> dict[str, Any]:
    """What a run would do and take; nothing is written and no weights are needed.

    Where the model is not on this machine, its published size is assumed.
    """
    from pipelines.appearance_expert.training.clips import count_frames, gather_clips, is_held_out
    from pipelines.appearance_expert.training.encoding import encoded_bytes, segment_starts
    from pipelines.appearance_expert.training.estimate import Step, estimate_step
    from pipelines.appearance_expert.wan.profiles import free_host_memory
    from pipelines.training.precision import wants_bf16
    from pipelines.training.processes import training_device

    config.validate()
    model, transformer, vae = _model_config(config)
    clips, skipped = gather_clips(config.sources(), progress)
    counts = {
        clip: len(segment_starts(count_frames(clip.video, config.fps), config.frames))
        for clip in clips
    }
    held = sum(n for clip, n in counts.items() if is_held_out(clip, config.hold_out))
    segments = sum(counts.values())
    recipe = config.recipe()
    device = training_device(config.device, config.threads)
    bf16 = wants_bf16(config.precision, device)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    step = Step(
        config.stage, config.rank, (recipe.width, recipe.height), recipe.frames,
        max(1, config.batch_size // (config.accumulate * processes)), bf16,
        not config.keep_activations,
    )  # fmt: skip
    estimate, here = estimate_step(transformer, step), ""
    if _wants_a_card(config, device.type) and estimate.total > (free_host_memory() or 0):
        # Nobody trains this here: what is asked is what a card would take.
        step, here = replace(step, bf16=True), ", as on a graphics card; there is none here"
        estimate = estimate_step(transformer, step)
    return {
        "stage": config.stage,
        "model": model,
        "clips": len(clips),
        "too_short": sum(n == 0 for n in counts.values()),
        "skipped": skipped,
        "segments": segments,
        "held_out": held,
        "steps": config.updates(segments - held),
        "parameters": estimate.parameters,
        "learning": estimate.learning,
        "tokens": estimate.tokens,
        "precision": ("bf16" if step.bf16 else "fp32") + here,
        "memory_gb": {
            "weights": round(estimate.weights / 1e9, 2),
            "learning": round(estimate.learner / 1e9, 2),
            "activations": round(estimate.activations / 1e9, 2),
            "total": round(estimate.total / 1e9, 2),
        },
        "pflop_per_step": round(estimate.operations * config.accumulate / 1e15, 4),
        "latents_gb": round(segments * encoded_bytes(recipe, vae) / 1e9, 2),
    }


def _wants_a_card(config: TrainAppearanceConfig, device: str) -> bool:
    return device == "cpu" and config.device == "auto" and config.precision == "auto"


def _model_config(
    config: TrainAppearanceConfig,
) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
    """Which model it is, its transformer's config and its VAE's (None: as published)."""
    from pipelines.appearance_expert.wan.weights import HUB_ID, find_wan

    try:
        folder = find_wan(config.model).folder
        parts = (read_json(folder / part / "config.json") for part in ("transformer", "vae"))
        return str(folder), *parts
    except (MissingAsset, OSError):
        if config.model is not None:
            raise
    return f"{HUB_ID} (not on this machine)", {"added_kv_proj_dim": 5120}, None
