"""Loading diffusers' WanAnimatePipeline from local files and placing it on the device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.estimate import LARGEST, working_memory
from pipelines.appearance_expert.wan.overlays import Overlay
from pipelines.appearance_expert.wan.profiles import (
    AUTO,
    Profile,
    Working,
    after,
    choose_profile,
    free_gpu_memory,
    free_host_memory,
)
from pipelines.appearance_expert.wan.weights import WanWeights, require_complete
from pipelines.support.errors import (
    MissingAsset,
    OutOfResources,
    UnsuitableInput,
    is_out_of_memory,
)
from pipelines.support.files import atomic_path, sha256_json
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    import torch

_TEXT_TOKENS = 512
_TEXT_ROOM = 1.2
"""Graphics memory for embedding the prompt there, in sizes of the text encoder."""

_WIDE_ON_CPU = 0.5
"""Share of free host memory that single precision may take on the CPU; else bfloat16."""


@dataclass(frozen=True)
class LoadedWan:
    """A pipeline ready to be called.

    Attributes:
        pipeline: a diffusers WanAnimatePipeline; its text encoder may be None.
        prompt_embeds: (1, 512, text_dim).
        placement: name of the profile, see wan_profiles.
        dtype: in which the transformer's matrices are kept; the VAE always computes in float32.
    """

    pipeline: Any
    prompt_embeds: torch.Tensor
    placement: str
    dtype: str


def load_wan(
    weights: WanWeights,
    device: str,
    prompt: str,
    overlay: Overlay,
    prompt_cache: Path | None,
    progress: Progress,
    profile: str = AUTO,
    working: Working | None = None,
) -> LoadedWan:
    """Load everything that one prompt needs.

    The text encoder, a third of the download, is loaded only where the prompt's embedding is not in
    `prompt_cache` yet, and dropped before the rest is loaded.

    Args:
        weights: found by wan_weights.find_wan.
        device: "auto", "cpu" or "cuda".
        prompt: what the video shows.
        overlay: fine-tuned parts, merged into the transformer.
        prompt_cache: folder of embedded prompts; None keeps none.
        progress: told what is loaded.
        profile: one of wan_profiles.NAMES.
        working: what a segment needs besides the weights, to choose a profile by; None for one of
            the largest size.

    Raises MissingAsset for missing or half-downloaded files, OutOfResources where the GPU is too
    small, UnsuitableInput where the files do not load.
    """
    import torch

    cached = _cache_file(weights, prompt, prompt_cache)
    have_prompt = cached is not None and cached.is_file()
    require_complete(weights, without=_unneeded(have_prompt))
    torch.cuda.empty_cache()  # what an earlier model has left is free
    free = free_gpu_memory(device)
    working = working or working_memory(weights, WanConfig(), LARGEST)
    chosen = choose_profile(profile, weights.gpu_bytes(), working, free, free_host_memory())
    dtype = _compute_dtype(chosen, weights)
    quiet_libraries()
    try:
        with torch.no_grad():
            embeds = _prompt_embeds(weights, prompt, dtype, cached, progress, free)
        progress.say(f"loading Wan-Animate from {weights.folder}")
        pipeline = _pipeline(
            weights.folder, dtype, text_encoder=None, tokenizer=None,
            **_transformer(weights, dtype),
        )  # fmt: skip
        overlay.apply(pipeline.transformer)
        place(pipeline, chosen, dtype)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if is_out_of_memory(error):
            raise OutOfResources(
                f"out of memory while loading {weights.folder} with --profile {chosen.name}",
                after(chosen.name),
            ) from error
        raise UnsuitableInput(
            f"{weights.origin} does not load as Wan-Animate: {_first_line(error)}"
        ) from error
    kept = _kept_as(weights, chosen, dtype)
    return LoadedWan(pipeline, embeds, chosen.name, kept)


def place(pipeline: Any, profile: Profile, dtype: torch.dtype, device: str = "cuda") -> None:
    """Lay a loaded pipeline out as a profile says; `device` is where it computes."""
    import torch

    if profile.float8:
        # Norms, modulation, the embeddings of patches, pose, time, text and image, and the motion
        # encoder stay as they are: diffusers' list for this model, and layers that are no Linear.
        pipeline.transformer.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype
        )
    if profile.tiled:
        pipeline.vae.enable_tiling()
    if profile.placement == "whole":
        pipeline.to(device)
    elif profile.placement == "components":
        pipeline.enable_model_cpu_offload(device=device)
    elif profile.placement == "groups":
        pipeline.transformer.enable_group_offload(
            onload_device=torch.device(device),
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=device != "cpu",
            low_cpu_mem_usage=device != "cpu" and not profile.pinned,
        )
        pipeline.image_encoder.to(device)
        pipeline.vae.to(device)


def _unneeded(have_prompt: bool) -> frozenset[str]:
    return frozenset({"text_encoder", "tokenizer"}) if have_prompt else frozenset()


def _compute_dtype(profile: Profile, weights: WanWeights) -> torch.dtype:
    import torch

    if profile.placement != "cpu":
        return torch.bfloat16
    free = free_host_memory()
    wide = 4 * sum(weights.parameters.get(name, 0) for name in ("transformer", "image_encoder"))
    fits = free is None or wide <= _WIDE_ON_CPU * free
    return torch.float32 if fits else torch.bfloat16


def _kept_as(weights: WanWeights, profile: Profile, dtype: torch.dtype) -> str:
    if weights.gguf is not None:
        return "gguf"
    return "float8_e4m3fn" if profile.float8 else str(dtype).removeprefix("torch.")


def _transformer(weights: WanWeights, dtype: torch.dtype) -> dict[str, Any]:
    """The quantised transformer of a GGUF file; nothing where the folder's own is used."""
    if weights.gguf is None:
        return {}
    from importlib.util import find_spec

    from diffusers import GGUFQuantizationConfig, WanAnimateTransformer3DModel

    if find_spec("gguf") is None:
        raise MissingAsset("GGUF files need the package gguf", "pip install 'macedance[gguf]'")
    return {
        "transformer": WanAnimateTransformer3DModel.from_single_file(
            str(weights.gguf),
            quantization_config=GGUFQuantizationConfig(compute_dtype=dtype),
            config=str(weights.folder),
            subfolder="transformer",
            torch_dtype=dtype,
            local_files_only=True,
        )
    }


def _pipeline(folder: Path, dtype: torch.dtype, **components: Any) -> Any:
    import torch
    from diffusers import WanAnimatePipeline

    pipeline = WanAnimatePipeline.from_pretrained(
        str(folder),
        dtype={"default": dtype, "vae": torch.float32},
        local_files_only=True,
        **components,
    )
    # diffusers' processor of the reference keeps 8 whatever it is given.
    pipeline.vae_image_processor.register_to_config(
        vae_scale_factor=pipeline.vae_scale_factor_spatial
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _prompt_embeds(
    weights: WanWeights,
    prompt: str,
    dtype: torch.dtype,
    cached: Path | None,
    progress: Progress,
    gpu_free: int | None,
) -> torch.Tensor:
    import torch
    from safetensors.torch import load_file, save_file

    if cached is not None and cached.is_file():
        stored: torch.Tensor = load_file(cached)["prompt_embeds"]
        return stored.to(dtype)
    progress.say("encoding the prompt")
    encoder = _pipeline(
        weights.folder, dtype, transformer=None, vae=None, image_encoder=None, image_processor=None
    )
    fits = gpu_free is not None and gpu_free > _TEXT_ROOM * weights.sizes["text_encoder"]
    if fits:
        encoder.to("cuda")
    embeds: torch.Tensor = encoder.encode_prompt(
        prompt, do_classifier_free_guidance=False, max_sequence_length=text_tokens(encoder)
    )[0].cpu()
    if fits:
        del encoder
        torch.cuda.empty_cache()
    if cached is not None:
        with atomic_path(cached) as temporary:
            save_file({"prompt_embeds": embeds.contiguous()}, temporary)
    return embeds


def text_tokens(pipeline: Any) -> int:
    """Length to which a prompt is padded: Wan's, or less where the tokenizer says so."""
    return min(_TEXT_TOKENS, int(pipeline.tokenizer.model_max_length))


def _cache_file(weights: WanWeights, prompt: str, prompt_cache: Path | None) -> Path | None:
    if prompt_cache is None:
        return None
    return prompt_cache / f"{sha256_json([weights.text_fingerprint(), prompt])[:16]}.safetensors"


def quiet_libraries() -> None:
    """Keep the libraries' bars and remarks off stderr; ours say what the user needs to know."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
