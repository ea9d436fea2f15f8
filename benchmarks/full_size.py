"""Wan-Animate at its true size with random weights: what speed and memory need, no download.

Random weights cost what trained ones cost; only the picture is noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

TEXT_TOKENS, TEXT_WIDTH = 512, 4096
IMAGE_TOKENS, IMAGE_WIDTH = 257, 1280
FACE_SIDE = 512
SEGMENT_FRAMES = 77

_IN_FLOAT32 = ("time_embedder", "scale_shift_table", "norm1", "norm2", "motion_synthesis_weight")
"""What diffusers keeps in single precision when it loads the real weights."""


@dataclass(frozen=True)
class Inputs:
    """What the transformer is called with for one segment, at batch 1.

    Attributes:
        tokens: of the video, 21 * (H / 16) * (W / 16) for 77 frames.
        arguments: of WanAnimateTransformer3DModel.forward, in bfloat16.
    """

    tokens: int
    arguments: dict[str, Any]


def build_full_size(
    device: str | torch.device = "cuda", layers: int = 40, dtype: torch.dtype = torch.bfloat16
) -> torch.nn.Module:
    """The 17.3 B WanAnimateTransformer3DModel, made on the device; host memory stays free.

    Args:
        device: "meta" gives shapes without memory.
        layers: fewer, a multiple of 5, make a smaller model of the same width.
        dtype: of the weights; those that diffusers keeps in float32 stay in it.
    """
    from diffusers import WanAnimateTransformer3DModel

    with torch.device("meta"):
        model = WanAnimateTransformer3DModel(num_layers=layers, added_kv_proj_dim=5120)
    for name, parameter in list(model.named_parameters()):
        wide = any(part in name for part in _IN_FLOAT32)
        _replace(model, name, parameter.to(torch.float32 if wide else dtype))
    if torch.device(device).type == "meta":
        return model.eval()
    model.to_empty(device=device)
    _restore_buffers(model, device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.weight") or (".norm" in name and name.endswith("weight")):
                parameter.fill_(1.0)
            else:
                parameter.normal_(0, 0.02)
    return model.eval()


def build_vae(device: str | torch.device = "cuda") -> torch.nn.Module:
    """The 127 M AutoencoderKLWan in float32; its default configuration is the real one."""
    from diffusers import AutoencoderKLWan

    with torch.device(device):
        return AutoencoderKLWan().eval()


def segment_inputs(
    width: int, height: int, device: str | torch.device = "cuda", frames: int = SEGMENT_FRAMES
) -> Inputs:
    """Random inputs of one segment: `frames` of width x height, 4k + 1 of them."""
    latents = (frames - 1) // 4 + 1
    tall, wide = height // 8, width // 8

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape, device=device, dtype=torch.bfloat16)

    arguments = {
        "hidden_states": noise(1, 36, latents + 1, tall, wide),
        "timestep": torch.tensor([500.0], device=device),
        "encoder_hidden_states": noise(1, TEXT_TOKENS, TEXT_WIDTH),
        "encoder_hidden_states_image": noise(1, IMAGE_TOKENS, IMAGE_WIDTH),
        "pose_hidden_states": noise(1, 16, latents, tall, wide),
        "face_pixel_values": noise(1, 3, frames, FACE_SIDE, FACE_SIDE).clamp(-1, 1),
        "return_dict": False,
    }
    return Inputs((latents + 1) * (tall // 2) * (wide // 2), arguments)


def _replace(model: torch.nn.Module, name: str, value: torch.Tensor) -> None:
    owner, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(owner), leaf, torch.nn.Parameter(value, requires_grad=False))


def _restore_buffers(model: torch.nn.Module, device: str | torch.device) -> None:
    """Buffers hold tables, not weights: those of a fresh model, made on the device."""
    from diffusers.models.transformers import transformer_wan_animate as wan

    config: Any = model.config
    with torch.device(device):
        fresh = [
            wan.WanRotaryPosEmbed(
                config.attention_head_dim, tuple(config.patch_size), config.rope_max_seq_len
            ),
            wan.WanAnimateMotionEncoder(
                size=config.motion_encoder_size, style_dim=config.motion_style_dim,
                motion_dim=config.motion_dim, out_dim=config.motion_encoder_dim,
            ),
        ]  # fmt: skip
    for own, source in zip((model.rope, model.motion_encoder), fresh, strict=True):
        tables = dict(source.named_buffers())
        for name, buffer in own.named_buffers():
            buffer.copy_(tables[name])
