"""Loading diffusers' WanAnimatePipeline from local files and placing it on the device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.appearance_expert.overlays import Overlay
from pipelines.appearance_expert.wan_weights import WanWeights, require_complete
from pipelines.errors import BadUsage, OutOfResources, UnsuitableInput
from pipelines.files import atomic_path, sha256_json
from pipelines.progress import Progress

if TYPE_CHECKING:
    import torch

WORKING_MEMORY = 14_000_000_000
"""Bytes of activations and decoding of a 77-frame segment at 720x1280 (spec B.5)."""

Placement = Literal["cpu", "whole", "offload"]


@dataclass(frozen=True)
class LoadedWan:
    """A pipeline ready to be called.

    Attributes:
        pipeline: a diffusers WanAnimatePipeline; its text encoder may be None.
        prompt_embeds: (1, 512, text_dim).
        placement: "whole" on the GPU, "offload" (one component at a time there), or "cpu".
        dtype: of the transformer, as a string; the VAE always computes in float32.
    """

    pipeline: Any
    prompt_embeds: torch.Tensor
    placement: Placement
    dtype: str


def choose_placement(sizes: dict[str, int], free_bytes: int | None) -> Placement | None:
    """How the model fits on a GPU with so much free memory; None if not even piece by piece."""
    if free_bytes is None:
        return "cpu"
    if sum(sizes.values()) + WORKING_MEMORY <= free_bytes:
        return "whole"
    if max(sizes.values(), default=0) + WORKING_MEMORY <= free_bytes:
        return "offload"
    return None


def free_gpu_memory(device: str) -> int | None:
    """Free bytes of the GPU that `device` ("auto", "cpu", "cuda") means; None for none.

    BadUsage where "cuda" was asked for and is not there.
    """
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise BadUsage("--device cuda: torch sees no GPU here", "use --device cpu or auto")
    if device == "cpu" or not torch.cuda.is_available():
        return None
    return int(torch.cuda.mem_get_info()[0])


def load_wan(
    weights: WanWeights,
    device: str,
    prompt: str,
    overlay: Overlay,
    prompt_cache: Path | None,
    progress: Progress,
) -> LoadedWan:
    """Load everything that one prompt needs.

    The text encoder, a third of the download, is loaded only where the prompt's embedding is not in
    `prompt_cache` yet, and dropped before the rest is loaded.

    Raises MissingAsset for missing or half-downloaded files, OutOfResources where the GPU is too
    small, UnsuitableInput where the files do not load.
    """
    import torch

    cached = _cache_file(weights, prompt, prompt_cache)
    have_prompt = cached is not None and cached.is_file()
    unneeded = frozenset({"text_encoder", "tokenizer"}) if have_prompt else frozenset()
    require_complete(weights, without=unneeded)
    free = free_gpu_memory(device)
    sizes = weights.gpu_bytes()
    placement = choose_placement(sizes, free)
    if placement is None:
        needed = (max(sizes.values()) + WORKING_MEMORY) / 1e9
        raise OutOfResources(
            f"Wan-Animate needs {needed:.0f} GB of free GPU memory, {(free or 0) / 1e9:.0f} GB are",
            "take --appearance puppet, or a larger GPU",
        )
    dtype = torch.float32 if placement == "cpu" else torch.bfloat16
    _quiet()
    try:
        with torch.no_grad():
            embeds = _prompt_embeds(weights, prompt, dtype, cached, progress)
        progress.say(f"loading Wan-Animate from {weights.folder}")
        pipeline = _pipeline(weights.folder, dtype, text_encoder=None, tokenizer=None)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise OutOfResources(f"out of memory while loading {weights.folder}") from error
        raise UnsuitableInput(
            f"{weights.folder} does not load as Wan-Animate: {_first_line(error)}"
        ) from error
    overlay.apply(pipeline.transformer)
    if placement == "whole":
        pipeline.to("cuda")
    elif placement == "offload":
        pipeline.enable_model_cpu_offload()
        pipeline.vae.enable_tiling()
    return LoadedWan(pipeline, embeds, placement, str(dtype).removeprefix("torch."))


def _pipeline(folder: Path, dtype: torch.dtype, **components: None) -> Any:
    import torch
    from diffusers import WanAnimatePipeline

    pipeline = WanAnimatePipeline.from_pretrained(
        str(folder),
        dtype={"default": dtype, "vae": torch.float32},
        local_files_only=True,
        **components,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _prompt_embeds(
    weights: WanWeights,
    prompt: str,
    dtype: torch.dtype,
    cached: Path | None,
    progress: Progress,
) -> torch.Tensor:
    from safetensors.torch import load_file, save_file

    if cached is not None and cached.is_file():
        stored: torch.Tensor = load_file(cached)["prompt_embeds"]
        return stored.to(dtype)
    progress.say("encoding the prompt")
    encoder = _pipeline(
        weights.folder, dtype, transformer=None, vae=None, image_encoder=None, image_processor=None
    )
    embeds: torch.Tensor = encoder.encode_prompt(
        prompt, do_classifier_free_guidance=False, max_sequence_length=512
    )[0]
    if cached is not None:
        with atomic_path(cached) as temporary:
            save_file({"prompt_embeds": embeds.contiguous()}, temporary)
    return embeds


def _cache_file(weights: WanWeights, prompt: str, prompt_cache: Path | None) -> Path | None:
    if prompt_cache is None:
        return None
    return prompt_cache / f"{sha256_json([weights.text_fingerprint(), prompt])[:16]}.safetensors"


def _quiet() -> None:
    """Keep the libraries' bars and remarks off stderr; ours say what the user needs to know."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
