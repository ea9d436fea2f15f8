"""Wan-Animate's row in the table of Appearance Experts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.fingerprint import files_digest
from pipelines.appearance_expert.interface import Expert, Order
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.options import FACE_POLICIES
from pipelines.appearance_expert.wan.overlays import parse_lora
from pipelines.appearance_expert.wan.weights import (
    HUB_ID,
    PUBLISHED,
    WanWeights,
    find_wan,
    require_complete,
)
from pipelines.support.errors import MissingAsset, OutOfResources
from pipelines.support.options import identity

if TYPE_CHECKING:
    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.estimate import Estimate
    from pipelines.support.progress import Progress

NEEDED_ONCE = frozenset({"text_encoder", "tokenizer"})
"""Components without which a prompt that was embedded before can still be drawn."""


def _load(order: Order, config: WanConfig, progress: Progress, because: str) -> Wan:
    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.estimate import LARGEST

    weights, size = find_wan(order.model, config.gguf), order.size(LARGEST)
    return Wan.load(weights, order.device, config, progress, order.folder, order.prompts, size)


def _find(order: Order, config: WanConfig) -> None:
    refuse_unreadable(config)
    try:
        require_complete(find_wan(order.model, config.gguf), without=NEEDED_ONCE)
    except MissingAsset as error:
        raise MissingAsset(error.what, f"{error.hint}, or take --appearance puppet") from error


def _unusable(order: Order, config: WanConfig) -> str:
    """Whoever names a model wants it: a wrong path raises and does not quietly become a draft."""
    refuse_unreadable(config)
    try:
        weights = find_wan(order.model, config.gguf)
        require_complete(weights)
    except MissingAsset:
        if order.model is not None:
            raise
        return "no Wan-Animate weights are here"
    from pipelines.appearance_expert.wan.estimate import LARGEST, working_memory
    from pipelines.appearance_expert.wan.profiles import (
        choose_profile,
        free_gpu_memory,
        free_host_memory,
    )

    free = free_gpu_memory(order.device)
    if free is None:
        return "Wan-Animate needs a GPU"
    working = working_memory(weights, config, order.size(LARGEST))
    try:
        choose_profile(config.profile, weights.gpu_bytes(), working, free, free_host_memory())
    except OutOfResources as error:
        return error.what
    return ""


def _cost(order: Order, config: WanConfig, seconds: float, fps: float) -> dict[str, str]:
    return described_cost(find_wan(order.model, config.gguf), order, config, seconds, fps)


def _drawing_seconds(order: Order, config: WanConfig, seconds: float, fps: float) -> float:
    weights = find_wan(order.model, config.gguf)
    return cost_of(weights, order, config, seconds, fps).seconds or 0.0


def described_cost(
    weights: WanWeights, order: Order, config: WanConfig, seconds: float, fps: float
) -> dict[str, str]:
    """Profile, memory and time of a video, each marked as an estimate; raises as `cost_of`."""
    return cost_of(weights, order, config, seconds, fps).words()


def cost_of(
    weights: WanWeights, order: Order, config: WanConfig, seconds: float, fps: float
) -> Estimate:
    """Profile, memory and time of a video.

    Raises BadUsage and OutOfResources where no profile fits.
    """
    from pipelines.appearance_expert.wan.estimate import LARGEST, estimated, working_memory
    from pipelines.appearance_expert.wan.frames import model_size
    from pipelines.appearance_expert.wan.profiles import (
        choose_profile,
        free_gpu_memory,
        free_host_memory,
    )

    canvas = order.size(LARGEST)
    working = working_memory(weights, config, canvas)
    free = free_gpu_memory(order.device)
    profile = choose_profile(config.profile, weights.gpu_bytes(), working, free, free_host_memory())
    frames = max(1, round(seconds * config.rate(fps)))
    size = model_size(*canvas, config.max_pixels)
    return estimated(weights, config, size, frames, profile)


def _unseen(order: Order, config: WanConfig, seconds: float, fps: float) -> dict[str, str]:
    """What each card would take, from the architecture alone."""
    from pipelines.appearance_expert.wan.estimate import LARGEST, estimated
    from pipelines.appearance_expert.wan.frames import model_size
    from pipelines.appearance_expert.wan.profiles import PROFILES

    canvas = order.size(LARGEST)
    frames = max(1, round(seconds * config.rate(fps)))
    size = model_size(*canvas, config.max_pixels)
    cards = {name: row for name, row in PROFILES.items() if row.placement != "cpu"}
    told = {
        name: estimated(PUBLISHED, config, size, frames, row).words() for name, row in cards.items()
    }
    memory = {f"--profile {name}": words["memory"] for name, words in told.items()}
    return memory | {"time": next(iter(told.values()))["time"]}


def _identity(order: Order, config: WanConfig) -> dict[str, Any]:
    return called_identity(find_wan(order.model, config.gguf), config)


def called_identity(weights: WanWeights, options: Any) -> dict[str, Any]:
    """What makes another video where it changes: options, and what is in the model's files.

    Files that options name count by what they hold, not by where they lie; their SHA-256 is the
    caller's to add.
    """
    found = identity(options) | {"model": weights.content()}
    found["lora"] = [scale for _, scale in map(parse_lora, options.lora)]
    found["face"] = options.face if options.face in FACE_POLICIES else "clip"
    gguf = options.gguf
    return found | {"gguf": None if gguf is None else files_digest([gguf], gguf.parent)}


def named_files(options: Any) -> dict[str, Path]:
    """Adapter, LoRAs and the clip of a face."""
    loras = enumerate(map(parse_lora, options.lora), start=1)
    found = {f"lora {number}": path for number, (path, _) in loras}
    if options.adapter is not None:
        found["adapter"] = options.adapter
    if options.face not in FACE_POLICIES:
        found["face"] = Path(options.face)
    return found


def refuse_unreadable(options: Any) -> None:
    """Raise UnsuitableInput for a clip of a face that is no video."""
    if options.face not in FACE_POLICIES:
        from pipelines.media.video import probe_video

        probe_video(Path(options.face))


def _check() -> str:
    try:
        weights = find_wan(None)
    except MissingAsset as error:
        raise MissingAsset(
            "none; videos are drafts, made by the puppet",
            "docs/wan-animate.md says which weights and where",
        ) from error
    if not weights.complete:
        raise MissingAsset(
            f"{weights.folder} lacks {'; '.join(weights.missing)}",
            f"`hf download {HUB_ID}` fetches what is missing",
        )
    held = sum(weights.gpu_bytes().values()) / 1e9
    return f"{weights.folder}; {held:.0f} GB in bfloat16, `generate --dry-run` says how they fit"


WAN = Expert(
    help="Wan-Animate, photographic, on an NVIDIA card",
    options=WanConfig,
    load=_load,
    identity=_identity,
    find=_find,
    unusable=_unusable,
    cost=_cost,
    unseen=_unseen,
    seconds=_drawing_seconds,
    inputs=named_files,
    check=_check,
)
