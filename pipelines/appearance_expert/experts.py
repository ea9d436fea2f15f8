"""Choosing the Appearance Expert that this machine can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.interface import AppearanceBackend
from pipelines.appearance_expert.wan.weights import WanWeights, find_wan, require_complete
from pipelines.support.errors import BadUsage, MissingAsset, OutOfResources
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.appearance_expert.wan.config import WanConfig

BACKENDS = ("auto", "puppet", "tiny", "wan", "wan2")


def load_backend(
    name: str,
    model: str | None,
    device: str,
    progress: Progress,
    wan: WanConfig | None = None,
    folder: Path | None = None,
    prompt_cache: Path | None = None,
    canvas: tuple[int, int] | None = None,
) -> AppearanceBackend:
    """Load an appearance back end.

    Args:
        name: "puppet", "tiny", "wan", "wan2", or "auto": Wan-Animate where its weights and a GPU
            large enough for them are there, else the puppet, with a warning that it is a draft.
        model: folder or hub id of Wan-Animate; None looks into $MACEDANCE_WAN_MODEL, then into the
            local model cache. Nothing is ever downloaded.
        device: "auto", "cpu" or "cuda".
        progress: told what is loaded, and of drafts.
        wan: settings of Wan-Animate.
        folder: where Wan-Animate keeps finished segments, to be found by the next run.
        prompt_cache: where Wan-Animate keeps embedded prompts.
        canvas: width and height of the video, to choose Wan-Animate's profile by.

    Raises BadUsage for an unknown name, and for an explicit "wan" MissingAsset with the exact files
    that are missing, OutOfResources where the GPU is too small.
    """
    if name not in BACKENDS:
        raise BadUsage(f"--appearance {name}: choose from {', '.join(BACKENDS)}")
    if name == "puppet":
        return _puppet(progress, "asked for")
    if name == "tiny":
        from pipelines.appearance_expert.tiny.backend import Tiny

        return Tiny.load(model, device, wan, progress, folder, prompt_cache)
    if name == "wan2":
        from pipelines.appearance_expert.wan.config import WanConfig
        from pipelines.appearance_expert.wan2.backend import Wan2

        return Wan2.load(model, device, wan or WanConfig(), progress, folder)
    if name == "auto":
        weights, reason = _usable_wan(model, device, wan, canvas)
        if weights is None:
            return _puppet(progress, reason)
    else:
        weights = find_wan(model, wan.gguf if wan else None)
    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.config import WanConfig
    from pipelines.appearance_expert.wan.estimate import LARGEST

    settings = wan or WanConfig()
    size = canvas or LARGEST
    return Wan.load(weights, device, settings, progress, folder, prompt_cache, size)


def describe_choice(
    name: str,
    model: str | None,
    device: str,
    wan: WanConfig | None = None,
    canvas: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Which back end `load_backend` would take, and why; nothing is loaded. Raises as it does."""
    if name not in BACKENDS:
        raise BadUsage(f"--appearance {name}: choose from {', '.join(BACKENDS)}")
    if name == "auto":
        weights, reason = _usable_wan(model, device, wan, canvas)
        chosen = "puppet" if weights is None else "wan"
        why = reason or "weights and a GPU are there"
        return {"appearance": chosen, "draft": weights is None, "because": why}
    if name == "wan":
        weights = find_wan(model, wan.gguf if wan else None)
        require_complete(weights, without=frozenset({"text_encoder", "tokenizer"}))
    if name == "wan2":
        from pipelines.appearance_expert.wan2.backend import refuse_unknown
        from pipelines.appearance_expert.wan2.pipeline import model_files

        if wan is not None:
            refuse_unknown(wan)
        model_files(model)
    if name == "tiny":
        from pipelines.appearance_expert.tiny.backend import find_tiny

        find_tiny(model)
    return {"appearance": name, "draft": name in ("puppet", "tiny"), "because": "asked for"}


def describe_cost(
    model: str | None,
    device: str,
    wan: WanConfig,
    canvas: tuple[int, int],
    seconds: float,
    fps: float,
) -> dict[str, str]:
    """Profile, memory and time of a video by Wan-Animate, each marked as an estimate.

    Raises as `load_backend` does where it cannot run.
    """
    from pipelines.appearance_expert.wan.estimate import estimated, working_memory
    from pipelines.appearance_expert.wan.frames import model_size
    from pipelines.appearance_expert.wan.profiles import (
        choose_profile,
        free_gpu_memory,
        free_host_memory,
    )

    weights = find_wan(model, wan.gguf)
    working = working_memory(weights, wan, canvas)
    free = free_gpu_memory(device)
    profile = choose_profile(wan.profile, weights.gpu_bytes(), working, free, free_host_memory())
    frames = max(1, round(seconds * wan.rate(fps)))
    size = model_size(*canvas, wan.max_pixels)
    return estimated(weights, wan, size, frames, profile).words()


def _usable_wan(
    model: str | None, device: str, wan: WanConfig | None, canvas: tuple[int, int] | None
) -> tuple[WanWeights | None, str]:
    """Weights that can run here, or None and why not.

    Whoever names a model wants it: a wrong path raises and does not quietly become a draft.
    """
    try:
        weights = find_wan(model, wan.gguf if wan else None)
        require_complete(weights)
    except MissingAsset:
        if model is not None:
            raise
        return None, "no Wan-Animate weights are here"
    from pipelines.appearance_expert.wan.config import WanConfig
    from pipelines.appearance_expert.wan.estimate import LARGEST, working_memory
    from pipelines.appearance_expert.wan.profiles import (
        choose_profile,
        free_gpu_memory,
        free_host_memory,
    )

    settings = wan or WanConfig()
    free = free_gpu_memory(device)
    if free is None:
        return None, "Wan-Animate needs a GPU"
    working = working_memory(weights, settings, canvas or LARGEST)
    try:
        choose_profile(settings.profile, weights.gpu_bytes(), working, free, free_host_memory())
    except OutOfResources as error:
        return None, error.what
    return weights, ""


def _puppet(progress: Progress, reason: str) -> AppearanceBackend:
    from pipelines.appearance_expert.puppet.puppet import Puppet

    progress.warn(
        f"the video is a draft made by the puppet ({reason}); a photographic one needs "
        "Wan-Animate's weights and a large GPU, see `macedance doctor`"
    )
    return Puppet(progress)
