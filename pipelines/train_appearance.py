"""`macedance train-appearance`: teach the Appearance Expert to follow a dance and to look right.

The whole story: clips of `render` and `curate` -> encoded once, by Wan-Animate's frozen encoders,
into files -> one of the paper's two stages learns from them -> a body adapter, or a LoRA, that
`generate` lays over the stock model.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.support.errors import MissingAsset, SomeItemsFailed, UnsuitableInput
from pipelines.support.failed_items import FailedItem, note_failure, some_failed
from pipelines.support.files import read_json, sha256_file, sha256_json
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.shards import Shard, shard_from

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from pipelines.appearance_expert.training.clips import TrainingClip
    from pipelines.appearance_expert.training.encoded import EncodedClips, EncodedSegment
    from pipelines.appearance_expert.training.engine import Engine
    from pipelines.appearance_expert.training.launch import Launch
    from pipelines.appearance_expert.training.recipe import Recipe
    from pipelines.appearance_expert.wan.weights import WanWeights
    from pipelines.training.training_log import TrainingLog

_EPOCHS = 2
"""How often the published training sees its data."""

_HELD = 8
"""Held-out segments that are judged at each validation."""


@dataclass(frozen=True)
class TrainAppearanceResult:
    """What a run leaves: its folder, its newest checkpoint, and how it went.

    Attributes:
        learned: what to give to `generate`, or to the next stage.
        skipped: clips that were left out, and why; failed: those that could not be encoded.
    """

    folder: Path
    checkpoint: Path | None
    learned: Path | None
    step: int
    best_loss: float | None
    seconds_per_step: float
    feed_share: float
    clips: int
    segments: int
    skipped: list[str]
    failed: list[FailedItem]


def failure(result: TrainAppearanceResult) -> SomeItemsFailed | None:
    """The error with which a run ends that finished although some clips could not be encoded."""
    return some_failed(result.failed, f"of {result.clips} clips", "the reasons stand above")


def plan(config: TrainAppearanceConfig, progress: Progress) -> dict[str, Any]:
    """What a run would do and take; nothing is written and no weights are needed.

    Where the model is not on this machine, its published size is assumed.
    """
    from pipelines.appearance_expert.training.clips import count_frames, gather_clips, is_held_out
    from pipelines.appearance_expert.training.encoding import encoded_bytes, segment_starts
    from pipelines.appearance_expert.training.estimate import Step, estimate_step

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
    bf16 = _wants_bf16(config, _device(config))
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    step = Step(
        config.stage, config.rank, (recipe.width, recipe.height), recipe.frames,
        max(1, config.batch_size // (config.accumulate * processes)), bf16,
        not config.keep_activations,
    )  # fmt: skip
    estimate = estimate_step(transformer, step)
    return {
        "stage": config.stage,
        "model": model,
        "clips": len(clips),
        "too_short": sum(n == 0 for n in counts.values()),
        "skipped": skipped,
        "segments": segments,
        "held_out": held,
        "steps": _max_steps(config, segments - held),
        "parameters": estimate.parameters,
        "learning": estimate.learning,
        "tokens": estimate.tokens,
        "precision": "bf16" if bf16 else "fp32",
        "memory_gb": {
            "weights": round(estimate.weights / 1e9, 2),
            "learning": round(estimate.learner / 1e9, 2),
            "activations": round(estimate.activations / 1e9, 2),
            "total": round(estimate.total / 1e9, 2),
        },
        "pflop_per_step": round(estimate.operations * config.accumulate / 1e15, 4),
        "latents_gb": round(segments * encoded_bytes(recipe, vae) / 1e9, 2),
    }


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


def _max_steps(config: TrainAppearanceConfig, segments: int) -> int:
    return config.steps or max(1, _EPOCHS * segments // config.batch_size)


def train_appearance(config: TrainAppearanceConfig, progress: Progress) -> TrainAppearanceResult:
    """Encode the clips, train one stage, and leave checkpoints in models/appearance/<run>.

    Running it again with the same options goes on where the last run stopped.

    Raises:
        BadUsage: flags that do not fit, or a run of this name with other options.
        UnsuitableInput: no usable clips, another model, or a loss that is not finite.
        MissingAsset: weights are missing or half downloaded; says which.
        OutOfResources: memory or disk ran out; says what fits.
        Interrupted: stopped by SIGTERM or SIGUSR1, after a checkpoint.
    """
    from pipelines.appearance_expert.training.launch import Launch
    from pipelines.appearance_expert.wan.weights import find_wan
    from pipelines.training.processes import leave_processes

    config.validate()
    weights = find_wan(config.model)
    launch = Launch(_device(config))
    try:
        launch.check_average(config.ema_decay)
        return _train(config, weights, launch, progress if launch.processes.leads else SILENT)
    finally:
        leave_processes()


def _train(
    config: TrainAppearanceConfig, weights: WanWeights, launch: Launch, progress: Progress
) -> TrainAppearanceResult:
    from pipelines.appearance_expert.training.clips import gather_clips
    from pipelines.appearance_expert.wan.weights import require_complete
    from pipelines.training.same_run import check_same_run, remember_run

    require_complete(weights, without=frozenset({"text_encoder", "tokenizer"}))
    clips, skipped = gather_clips(config.sources(), progress)
    identity = config.identity(weights)
    name = config.run or f"{config.stage}-{sha256_json(identity)[:8]}"
    folder = Workspace(config.workspace).appearance_model(name)
    shard = shard_from(config.shard, os.environ) if config.encode_only else Shard()
    encoded = _encode(config, weights, clips, shard, launch, progress)
    skipped += encoded.skipped
    if not encoded.segments:
        first = [*encoded.failed, *({"reason": line} for line in skipped)][:1]
        raise UnsuitableInput(
            f"no clip in {', '.join(config.data)} can be trained on",
            f"first reason: {first[0]['reason']}" if first else "",
        )
    counts = len(clips), len(encoded.segments) + len(encoded.held)
    progress.say(f"{counts[0]} clips, {counts[1]} segments; {len(encoded.held)} held out")
    if config.encode_only:
        return TrainAppearanceResult(
            encoded.folder, None, None, 0, None, 0.0, 0.0, *counts, skipped, encoded.failed
        )
    check_same_run(folder, identity, config.resume)
    engine = _engine(config, weights, encoded, folder, launch, progress)
    remember_run(folder, identity, launch.processes)
    outcome = engine.run()
    return TrainAppearanceResult(
        folder, outcome.checkpoint, learned_file(outcome.checkpoint, config.stage), outcome.step,
        outcome.best_loss, outcome.seconds_per_step, outcome.feed_share, *counts, skipped, [],
    )  # fmt: skip


def learned_file(checkpoint: Path, stage: str) -> Path:
    """What a checkpoint holds for `generate`: an adapter, a LoRA, or a whole model's folder."""
    from pipelines.appearance_expert.training.stages import ADAPTER_FILE, LORA_FILE

    names = {"kinematic": ADAPTER_FILE, "aesthetic": LORA_FILE}
    return checkpoint / names[stage] if stage in names else checkpoint


# Encoding --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Encoded:
    """Segments to train on and held-out ones, where they lie, and what was left out."""

    folder: Path
    segments: list[EncodedSegment]
    held: list[EncodedSegment]
    skipped: list[str]
    failed: list[FailedItem]


def _encode(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    clips: list[TrainingClip],
    shard: Shard,
    launch: Launch,
    progress: Progress,
) -> Encoded:
    """Encode those clips that are not; several processes share them."""
    from pipelines.appearance_expert.training.clips import count_frames, is_held_out
    from pipelines.appearance_expert.training.encoded import segments_in
    from pipelines.appearance_expert.training.encoders import prompt_file
    from pipelines.appearance_expert.training.encoding import encoded_file, is_whole
    from pipelines.appearance_expert.training.recipe import encoders_digest
    from pipelines.appearance_expert.wan.config import DANCING

    recipe = config.recipe(encoders_digest(weights))
    folder = Workspace(config.workspace).cache("appearance") / recipe.name()
    texts = Workspace(config.workspace).appearance_model("prompts")
    skipped: list[str] = []
    failed: list[FailedItem] = []
    long_enough: list[TrainingClip] = []
    for clip in clips:
        if not shard.owns(clip.digest):
            continue
        frames = count_frames(clip.video, config.fps)
        if frames >= config.frames:
            long_enough.append(clip)
        else:
            skipped.append(f"{clip.name}: {frames} frames, a segment takes {config.frames}")
            progress.warn(f"skipped {skipped[-1]}")
    prompt = config.prompt or DANCING
    _make_missing(config, weights, recipe, folder, texts, long_enough, launch, failed, progress)
    segments: list[EncodedSegment] = []
    held: list[EncodedSegment] = []
    for clip in long_enough:
        file = encoded_file(folder, clip)
        if is_whole(file):
            text = prompt_file(texts, weights, clip.prompt or prompt)
            kept = held if is_held_out(clip, config.hold_out) else segments
            kept += segments_in(file, text, clip.source)
    return Encoded(folder, segments, held, skipped, failed)


def _make_missing(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    recipe: Recipe,
    folder: Path,
    texts: Path,
    clips: list[TrainingClip],
    launch: Launch,
    failed: list[FailedItem],
    progress: Progress,
) -> None:
    """Write the latents that are not there; the encoders load only if there are such."""
    from pipelines.appearance_expert.training.encoding import (
        GREY,
        encode_clip,
        encode_grey,
        encoded_file,
        is_whole,
    )  # fmt: skip
    from pipelines.appearance_expert.wan.config import DANCING

    device, processes = launch.device, launch.processes
    own = Shard(processes.rank + 1, processes.count)
    missing = [
        clip for clip in clips
        if own.owns(clip.digest) and not is_whole(encoded_file(folder, clip))
    ]  # fmt: skip
    prompts = {clip.prompt or config.prompt or DANCING for clip in clips}
    if processes.leads and clips:
        from pipelines.appearance_expert.training.encoders import embed_prompts

        embed_prompts(texts, weights, prompts, device)
    if missing or (processes.leads and clips and not is_whole(folder / GREY)):
        from pipelines.appearance_expert.training.encoders import Encoders

        encoders = Encoders(weights, device)
        if processes.leads:
            encode_grey(recipe, encoders, folder)
        with progress.stage("encoding", len(missing), "clips") as advance:
            for clip in missing:
                try:
                    encode_clip(clip, recipe, encoders, folder)
                except Exception as error:
                    note_failure(failed, clip.video, error, progress)
                advance(1)
    processes.wait()


# Training --------------------------------------------------------------------------------------


def _engine(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    encoded: Encoded,
    folder: Path,
    launch: Launch,
    progress: Progress,
) -> Engine:
    """The transformer of this stage, its batches, and the engine over both."""
    from pipelines.appearance_expert.training.engine import Course, Engine, EngineOptions
    from pipelines.appearance_expert.training.network import (
        put_motion_encoder_aside,
        recompute_activations,
        silence_controls,
    )
    from pipelines.appearance_expert.training.stages import prepare_stage

    transformer = load_transformer(weights, _wants_bf16(config, launch.device), config.seed)
    names = prepare_stage(transformer, config.stage, config.adapter, config.rank)
    motion_encoder = put_motion_encoder_aside(transformer)
    if config.stage == "aesthetic" and config.aesthetic_inputs == "image":
        silence_controls(transformer)
    if not config.keep_activations:
        recompute_activations(transformer)
    learning = sum(p.numel() for p in transformer.parameters() if p.requires_grad)
    progress.say(f"{config.stage}: {learning:,} parameters learn in {len(names)} tensors")
    transformer = launch.placed(transformer)
    data = _data(config, encoded.segments)
    held = _data(config, encoded.held) if encoded.held else None
    options = EngineOptions(
        max_steps=_max_steps(config, len(data)),
        batch_size=config.batch_size, lr=config.learning_rate(),
        weight_decay=config.weight_decay, warmup=config.warmup, grad_clip=config.grad_clip,
        accumulate=config.accumulate, ema_decay=config.ema_decay,
        reference_weight=config.reference_weight, seed=config.seed,
        validate_every=config.validate_every, checkpoint_every=config.checkpoint_every,
        sample_every=config.sample_every or 1 << 60, keep=config.keep, workers=config.workers,
    )  # fmt: skip
    shown = held or data
    course = Course(
        transformer=transformer,
        draw=data.draw,
        save=partial(_save, config, weights, motion_encoder),
        held=[] if held is None else [held.fixed(n) for n in _spread(len(held))],
        sample=partial(_show_sample, config, weights, shown, folder, launch)
        if config.sample_every
        else None,
        facts={"stage": config.stage, "rank": config.rank, "model": str(weights.folder)},
        averages=not launch.cuts,
        learn=launch.learner,
    )
    return Engine(course, options, folder, launch.device, launch.processes, progress)


def _data(config: TrainAppearanceConfig, segments: list[EncodedSegment]) -> EncodedClips:
    from pipelines.appearance_expert.training.encoded import EncodedClips

    given = {n: source.weight for n, source in enumerate(config.sources())}
    shares = None
    if any(weight is not None for weight in given.values()):
        shares = {n: 1.0 if weight is None else weight for n, weight in given.items()}
    return EncodedClips(
        segments, config.frames, shares, config.recipe().relay, config.relay_share
    )  # fmt: skip


def _spread(count: int) -> list[int]:
    """A few of `count` numbers, evenly spread."""
    return sorted({round(k * (count - 1) / max(1, _HELD - 1)) for k in range(min(_HELD, count))})


def load_transformer(weights: WanWeights, bf16: bool, seed: int) -> Any:
    """The transformer of a model, on the CPU; norms and time embedding stay in float32.

    Raises UnsuitableInput where the files do not load.
    """
    import torch
    from diffusers import WanAnimateTransformer3DModel

    from pipelines.appearance_expert.training.encoders import quiet

    quiet()
    torch.manual_seed(seed)
    try:
        return WanAnimateTransformer3DModel.from_pretrained(
            str(weights.folder), subfolder="transformer", local_files_only=True,
            torch_dtype=torch.bfloat16 if bf16 else torch.float32,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnsuitableInput(f"{weights.folder} does not load as Wan-Animate: {reason}") from error


def _save(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    motion_encoder: nn.Module,
    folder: Path,
    learned: dict[str, Tensor],
    facts: dict[str, Any],
) -> None:
    from pipelines.appearance_expert.training.stages import save_learned, save_model

    if config.stage == "base":
        save_model(folder, weights.folder, learned, motion_encoder)
        return
    about = {
        "stage": config.stage, "step": str(facts["step"]), "base": weights.fingerprint(),
        "base_folder": weights.folder.name,
    }  # fmt: skip
    if config.adapter is not None:
        about["adapter_sha256"] = sha256_file(config.adapter)
    save_learned(folder, config.stage, learned, about)


def _show_sample(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    data: EncodedClips,
    folder: Path,
    launch: Launch,
    step: int,
    transformer: nn.Module,
    log: TrainingLog | None,
) -> None:
    """samples/step-N.mp4: the clip, its skeletons and what the network makes of them."""
    import numpy as np

    from pipelines.appearance_expert.training.network import placed
    from pipelines.appearance_expert.training.sampling import Decoder, sample_latents
    from pipelines.media.shape import frame_rate
    from pipelines.media.video_writer import VideoWriter

    dtype = next(transformer.get_submodule("proj_out").parameters()).dtype
    batch = placed(data.fixed(0), launch.device, dtype)
    made = sample_latents(transformer, batch, config.wan_sampling_steps, config.seed)[0, :, 1:]
    if not launch.processes.leads:
        return
    decoder = Decoder(weights, launch.device)
    parts = (batch["clean"][0, :, 1:], batch["pose"][0], made)
    video = np.concatenate([decoder.frames(part) for part in parts], axis=2)
    target = folder / "samples" / f"step-{step:08d}.mp4"
    target.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(target, video.shape[2], video.shape[1], frame_rate(config.fps)) as writer:
        for frame in video:
            writer.write(frame)
    if log is not None:
        log.show(step, "sample/clip, pose, made", video, config.fps)


def _device(config: TrainAppearanceConfig) -> torch.device:
    from pipelines.training.processes import training_device

    return training_device(config.device, config.threads)


def _wants_bf16(config: TrainAppearanceConfig, device: torch.device) -> bool:
    return config.precision == "bf16" or (config.precision == "auto" and device.type == "cuda")
