"""The transformer as training calls it: expressions come ready-made, inputs can be left out.

diffusers' forward pass is used as it is. Only the motion encoder at its door, which is frozen and
would see the same faces again in every epoch, is put aside for one that hands its results through.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pipelines.appearance_expert.training.encoders import quiet
from pipelines.appearance_expert.wan.weights import WanWeights
from pipelines.support.errors import UnsuitableInput

Batch = dict[str, Tensor]


class ReadyExpressions(nn.Module):
    """Stands in for the motion encoder: (N, D, 1, 1) expression vectors pass as (N, D)."""

    def forward(self, vectors_ND11: Tensor) -> Tensor:
        """The vectors, flat."""
        return vectors_ND11.flatten(1)


class Nothing(nn.Module):
    """Stands in for a module whose output is added: adds nothing."""

    def forward(self, first: Tensor, *others: Any) -> Tensor:
        """A zero that broadcasts."""
        return first.new_zeros(())


def load_transformer(weights: WanWeights, bf16: bool, seed: int) -> Any:
    """The transformer of a model, on the CPU; norms and time embedding stay in float32.

    Raises UnsuitableInput where the files do not load.
    """
    from diffusers import WanAnimateTransformer3DModel

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


def put_motion_encoder_aside(transformer: Any) -> nn.Module:
    """Let the transformer take expression vectors; returns its motion encoder."""
    encoder: nn.Module = transformer.motion_encoder
    transformer.motion_encoder = ReadyExpressions()
    return encoder


def silence_controls(transformer: Any) -> None:
    """Train on the picture alone, as published (docs/reference/wan-training.md#stages)."""
    transformer.pose_patch_embedding = Nothing()
    transformer.face_adapter = nn.ModuleList(Nothing() for _ in transformer.face_adapter)


def recompute_activations(transformer: Any) -> None:
    """Keep the inputs of blocks and face adapters only, and compute what is in them twice.

    diffusers does so for the blocks; the eight face adapters would still keep a sixth of it all.
    """
    transformer.enable_gradient_checkpointing()
    for adapter in transformer.face_adapter:
        adapter.forward = partial(checkpoint, adapter.forward, use_reentrant=False)


def number_format(transformer: nn.Module) -> torch.dtype:
    """The format that a transformer computes in; norms and time embedding stay in float32."""
    return next(transformer.get_submodule("proj_out").parameters()).dtype


def placed(batch: Batch, device: torch.device, dtype: torch.dtype) -> Batch:
    """A batch on the device in the network's number format; the clean latents in float32."""
    return {
        name: value.to(device, torch.float32 if name == "clean" else dtype, non_blocking=True)
        for name, value in batch.items()
    }


def predict(called: nn.Module, noisy_BCLHW: Tensor, time_B: Tensor, batch: Batch) -> Tensor:
    """The flow that the network predicts, (B, 16, 1 + L, H, W).

    Args:
        called: the transformer, its motion encoder put aside; perhaps wrapped.
        noisy_BCLHW: the mixed latents.
        time_B: 1000 times the noise level.
        batch: y (B, 20, 1 + L, H, W); pose (B, 16, L, H, W); motion (B, T, D); text (B, N, C);
            image (B, M, E).
    """
    dtype = batch["text"].dtype
    out: Tensor = called(
        hidden_states=torch.cat([noisy_BCLHW.to(dtype), batch["y"].to(dtype)], dim=1),
        timestep=time_B,
        encoder_hidden_states=batch["text"],
        encoder_hidden_states_image=batch["image"].to(dtype),
        pose_hidden_states=batch["pose"].to(dtype),
        face_pixel_values=batch["motion"].to(dtype).transpose(1, 2)[..., None, None],
        motion_encode_batch_size=1 << 30,
        return_dict=False,
    )[0]
    return out
