"""Wan-Animate's frozen encoders, which see each clip once: VAE, CLIP, motion encoder, text encoder.

Layouts and normalisation are those of diffusers' pipeline, whose own functions are called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.appearance_expert.training.latent_layout import MASK_CHANNELS
from pipelines.appearance_expert.training.recipe import motion_encoder_files
from pipelines.appearance_expert.wan.loading import text_tokens
from pipelines.appearance_expert.wan.weights import WanWeights, require_complete
from pipelines.support.errors import UnsuitableInput, refused
from pipelines.support.files import atomic_path, read_json, sha256_json

Frames = NDArray[np.uint8]

_FACES_AT_ONCE = 8


class Encoders:
    """VAE, CLIP and motion encoder of one model, on one device.

    Args:
        weights: found by wan_weights.find_wan.
        device: where to encode; the VAE and the motion encoder always compute in float32.
    """

    def __init__(self, weights: WanWeights, device: torch.device) -> None:
        require_complete(weights, without=frozenset({"text_encoder", "tokenizer"}))
        self._device = device
        self._pipeline = load_parts(
            weights, device, transformer=None, text_encoder=None, tokenizer=None
        )
        config = read_json(weights.folder / "transformer" / "config.json")
        self.face_size: int = config["motion_encoder_size"]
        self._motion = load_motion_encoder(weights.folder / "transformer", config).to(device)

    @torch.no_grad()
    def video(self, frames_THW3: Frames) -> Tensor:
        """(16, L, H / 8, W / 8) latents of T = 4k + 1 pictures."""
        latents: Tensor = self._pipeline.prepare_pose_latents(
            self._pixels(frames_THW3), device=self._device, dtype=torch.float32
        )
        return latents[0].cpu()

    @torch.no_grad()
    def given(self, frames_RHW3: Frames, frames: int) -> Tensor:
        """(16, L, H / 8, W / 8) latents of R given pictures and grey ones up to `frames`."""
        height, width = frames_RHW3.shape[1:3]
        given: Tensor = self._pipeline.prepare_prev_segment_cond_latents(
            self._pixels(frames_RHW3) if len(frames_RHW3) else None,
            segment_frame_length=frames,
            start_frame=len(frames_RHW3),
            height=height,
            width=width,
            prev_segment_cond_frames=max(1, len(frames_RHW3)),
            device=self._device,
            dtype=torch.float32,
        )
        return given[0, MASK_CHANNELS:].cpu()

    @torch.no_grad()
    def picture(self, image_HW3: Frames) -> Tensor:
        """(tokens, width) of CLIP for a reference picture."""
        from PIL import Image

        embeds: Tensor = self._pipeline.encode_image(Image.fromarray(image_HW3), self._device)
        return embeds[0].cpu()

    @torch.no_grad()
    def expressions(self, faces_TSS3: Frames) -> Tensor:
        """(T, D) expression vectors of face pictures."""
        pixels = self._pixels(faces_TSS3)[0].transpose(0, 1)
        return torch.cat([self._motion(part) for part in pixels.split(_FACES_AT_ONCE)]).cpu()

    def _pixels(self, frames_THW3: Frames) -> Tensor:
        """(1, 3, T, H, W) float32 in [-1, 1]."""
        stacked = torch.from_numpy(np.ascontiguousarray(frames_THW3)).to(self._device)
        return (stacked.float() / 127.5 - 1).permute(3, 0, 1, 2)[None]


def load_parts(weights: WanWeights, device: torch.device, **without: None) -> Any:
    """diffusers' pipeline without some of its components.

    Raises:
        UnsuitableInput: the files do not load.
    """
    from diffusers import WanAnimatePipeline

    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    quiet()
    try:
        pipeline = WanAnimatePipeline.from_pretrained(
            str(weights.folder),
            dtype={"default": dtype, "vae": torch.float32},
            local_files_only=True,
            **without,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UnsuitableInput(f"{weights.folder} does not load as Wan-Animate: {reason}") from error
    return pipeline.to(device)


def load_motion_encoder(transformer: Path, config: dict[str, Any]) -> torch.nn.Module:
    """The motion encoder alone, out of the transformer's files, in float32."""
    from diffusers.models.transformers.transformer_wan_animate import WanAnimateMotionEncoder
    from safetensors import safe_open

    encoder: torch.nn.Module = WanAnimateMotionEncoder(
        size=config["motion_encoder_size"],
        style_dim=config["motion_style_dim"],
        motion_dim=config["motion_dim"],
        out_dim=config["motion_encoder_dim"],
        channels=config["motion_encoder_channel_sizes"],
    )
    state: dict[str, Tensor] = {}
    for file, keys in motion_encoder_files(transformer).items():
        with refused(file, "not readable weights"), safe_open(file, "pt") as tensors:
            state |= {k.removeprefix("motion_encoder."): tensors.get_tensor(k) for k in keys}
    encoder.load_state_dict(state)
    return encoder.float().eval().requires_grad_(False)


def prompt_file(folder: Path, weights: WanWeights, prompt: str) -> Path:
    """Where the embedding of a prompt is kept, or is to be."""
    return folder / f"{sha256_json([weights.text_fingerprint(), prompt])[:16]}.safetensors"


def embed_prompts(
    folder: Path, weights: WanWeights, prompts: set[str], device: torch.device
) -> None:
    """Embed those prompts that are not in `folder` yet; without any the text encoder stays out."""
    from safetensors.torch import save_file

    missing = {
        p: f for p in sorted(prompts) if not (f := prompt_file(folder, weights, p)).is_file()
    }
    if not missing:
        return
    require_complete(weights, without=frozenset({"transformer", "vae", "image_encoder"}))
    pipeline = load_parts(
        weights, device, transformer=None, vae=None, image_encoder=None, image_processor=None
    )
    with torch.no_grad():
        for prompt, file in missing.items():
            embeds = pipeline.encode_prompt(
                prompt, do_classifier_free_guidance=False, max_sequence_length=text_tokens(pipeline)
            )[0]
            with atomic_path(file) as temporary:
                save_file({"prompt_embeds": embeds.cpu().contiguous()}, temporary)


def quiet() -> None:
    """Keep the libraries' bars and remarks off stderr; ours say what the user needs to know."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
