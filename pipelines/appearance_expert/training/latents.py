"""All clips of a training as latents; what is not encoded yet is encoded once.

Several jobs (`--shard`) and several processes share the clips among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.appearance_expert.training.clips import TrainingClip, count_frames, is_held_out
from pipelines.appearance_expert.training.encoded import EncodedSegment, segments_in
from pipelines.appearance_expert.training.encoders import Encoders, embed_prompts, prompt_file
from pipelines.appearance_expert.training.encoding import (
    GREY,
    encode_clip,
    encode_grey,
    encoded_file,
    is_whole,
)
from pipelines.appearance_expert.training.recipe import Recipe, encoders_digest
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.appearance_expert.wan.options import DANCING
from pipelines.appearance_expert.wan.weights import WanWeights
from pipelines.support.errors import UnsuitableInput
from pipelines.support.failed_items import FailedItem, note_failure
from pipelines.support.progress import Progress
from pipelines.training.launch import Launch
from pipelines.workspace.layout import Workspace
from pipelines.workspace.shards import Shard


@dataclass(frozen=True)
class Encoded:
    """Segments to train on and held-out ones, where they lie, and what was left out."""

    folder: Path
    segments: list[EncodedSegment]
    held: list[EncodedSegment]
    skipped: list[str]
    failed: list[FailedItem]

    @property
    def count(self) -> int:
        """Segments of both kinds."""
        return len(self.segments) + len(self.held)


@dataclass(frozen=True)
class _Place:
    """Where latents and embedded prompts lie, and how they are made."""

    recipe: Recipe
    latents: Path
    prompts: Path
    prompt: str

    def prompt_of(self, clip: TrainingClip) -> str:
        return clip.prompt or self.prompt


def encode_clips(
    config: TrainAppearanceConfig,
    weights: WanWeights,
    clips: list[TrainingClip],
    shard: Shard,
    launch: Launch,
    progress: Progress,
) -> Encoded:
    """Encode those clips of a shard that are not, and tell what there is to train on.

    Raises UnsuitableInput where that is nothing.
    """
    workspace, recipe = Workspace(config.workspace), config.recipe(encoders_digest(weights))
    place = _Place(
        recipe, workspace.cache("appearance") / recipe.name(),
        workspace.appearance_model("prompts"), config.prompt or DANCING,
    )  # fmt: skip
    usable, skipped = _long_enough(config, clips, shard, progress)
    failed = _make_missing(place, weights, usable, launch, progress)
    segments: list[EncodedSegment] = []
    held: list[EncodedSegment] = []
    for clip in usable:
        file = encoded_file(place.latents, clip)
        if is_whole(file):
            text = prompt_file(place.prompts, weights, place.prompt_of(clip))
            kept = held if is_held_out(clip, config.hold_out) else segments
            kept += segments_in(file, text, clip.source)
    return Encoded(place.latents, segments, held, skipped, failed)


def refuse_nothing(config: TrainAppearanceConfig, encoded: Encoded, skipped: list[str]) -> None:
    """Raise UnsuitableInput, with the first reason, where there is nothing to train on."""
    if encoded.segments:
        return
    reasons = [*(item["reason"] for item in encoded.failed), *skipped]
    raise UnsuitableInput(
        f"no clip in {', '.join(config.data)} can be trained on",
        f"first reason: {reasons[0]}" if reasons else "",
    )


def _long_enough(
    config: TrainAppearanceConfig, clips: list[TrainingClip], shard: Shard, progress: Progress
) -> tuple[list[TrainingClip], list[str]]:
    usable: list[TrainingClip] = []
    skipped: list[str] = []
    for clip in clips:
        if not shard.owns(clip.digest):
            continue
        frames = count_frames(clip.video, config.fps)
        if frames >= config.frames:
            usable.append(clip)
        else:
            skipped.append(f"{clip.name}: {frames} frames, a segment takes {config.frames}")
            progress.warn(f"skipped {skipped[-1]}")
    return usable, skipped


def _make_missing(
    place: _Place,
    weights: WanWeights,
    clips: list[TrainingClip],
    launch: Launch,
    progress: Progress,
) -> list[FailedItem]:
    """Write the latents that are not there; the encoders load only if there are such."""
    failed: list[FailedItem] = []
    leads, own = launch.processes.leads, Shard(launch.processes.rank + 1, launch.processes.count)
    missing = [
        clip for clip in clips
        if own.owns(clip.digest) and not is_whole(encoded_file(place.latents, clip))
    ]  # fmt: skip
    if leads and clips:
        embed_prompts(place.prompts, weights, {place.prompt_of(c) for c in clips}, launch.device)
    if missing or (leads and clips and not is_whole(place.latents / GREY)):
        encoders = Encoders(weights, launch.device)
        if leads:
            encode_grey(place.recipe, encoders, place.latents)
        with progress.stage("encoding", len(missing), "clips") as advance:
            for clip in missing:
                try:
                    encode_clip(clip, place.recipe, encoders, place.latents)
                except Exception as error:
                    note_failure(failed, clip.video, error, progress)
                advance(1)
    launch.processes.wait()
    return failed
