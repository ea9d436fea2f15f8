"""How much memory and arithmetic a training step takes, from the model's config alone.

The transformer is built without storage. What one block and one face adapter keep for the backward
pass is counted by running them so, at the real number of tokens; no formula has to be kept true.
What is computed in an update: docs/reference/wan-training.md#cost-of-an-update.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.appearance_expert.training.latent_layout import latent_frames
from pipelines.appearance_expert.training.stages import lora_config, lora_modules, set_learning

_FLOAT32_PARTS = ("time_embedder", "scale_shift_table", "norm1", "norm2", "norm3")
"""What diffusers keeps in float32 when it loads a model in bfloat16."""
_TEXT_TOKENS, _IMAGE_TOKENS = 512, 257


@dataclass(frozen=True)
class StepEstimate:
    """One update of one slice on one device. Bytes; floating point operations.

    Attributes:
        tokens: of the video, per segment.
        parameters, learning: numbers in the network, and those that learn.
        weights: the network on the device. learner: float32 copies, moments and gradients.
        activations: what is kept from the forward pass, and worked with in the backward pass.
        operations: of the update, recomputed activations included.
    """

    tokens: int
    parameters: int
    learning: int
    weights: int
    learner: int
    activations: int
    operations: float

    @property
    def total(self) -> int:
        """All bytes."""
        return self.weights + self.learner + self.activations


@dataclass(frozen=True)
class Step:
    """What is asked about: one slice of an update.

    Attributes:
        stage, rank: what learns. size: (width, height). frames: of a segment. batch: segments.
        bf16, checkpointing: as the training will have it.
        parts: processes among which the network is cut (FSDP); 1 has all of it.
    """

    stage: str
    rank: int
    size: tuple[int, int]
    frames: int
    batch: int = 1
    bf16: bool = True
    checkpointing: bool = True
    parts: int = 1

    @property
    def tokens(self) -> int:
        """Patches of 2 x 2 latents in all latent frames, the reference's among them."""
        width, height = self.size
        return (latent_frames(self.frames) + 1) * (width // 16) * (height // 16)


def estimate_step(config: dict[str, Any], step: Step) -> StepEstimate:
    """What an update takes, given the transformer's config.json."""
    from diffusers import WanAnimateTransformer3DModel

    with torch.device("meta"):
        model = WanAnimateTransformer3DModel(
            **{name: value for name, value in config.items() if not name.startswith("_")}
        )
    total = sum(p.numel() for p in model.parameters())
    width = 2 if step.bf16 else 4
    weights = sum(
        p.numel() * (4 if any(part in name for part in _FLOAT32_PARTS) else width)
        for name, p in model.named_parameters()
        if not name.startswith("motion_encoder.")
    )
    added = _lora_size(model, step.rank) if step.stage == "aesthetic" else 0
    set_learning(model, step.stage)
    learning = added or sum(p.numel() for p in model.parameters() if p.requires_grad)
    # A float32 copy and two moments; the gradient in the network's format and in float32.
    learner = learning * (3 * 4 + (4 + width if step.bf16 else 0))
    return StepEstimate(
        tokens=step.tokens,
        parameters=total,
        learning=learning,
        weights=(weights + added * width) // step.parts,
        learner=learner // step.parts,
        activations=step.batch * _activations(model, step),
        operations=step.batch * _operations(model, step),
    )


def _lora_size(model: nn.Module, rank: int) -> int:
    modules = dict(model.named_modules())
    layers: list[Any] = [modules[name] for name in lora_modules(modules)]
    return sum(rank * (layer.in_features + layer.out_features) for layer in layers)


def _activations(model: Any, step: Step) -> int:
    """Bytes for one segment: kept by every block and face adapter, and at work in one block."""
    config = model.config
    dtype = torch.bfloat16 if step.bf16 else torch.float32
    dim = config.num_attention_heads * config.attention_head_dim
    first: Any = nn.ModuleDict({"blocks": model.blocks[:1], "face_adapter": model.face_adapter[:1]})
    if step.stage == "aesthetic":
        from peft import inject_adapter_in_model

        inject_adapter_in_model(lora_config(step.rank), first, "default")
    block, adapter = _typed(first["blocks"][0], dtype), _typed(first["face_adapter"][0], dtype)

    def like(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
        return torch.empty(1, *shape, device="meta", dtype=dtype)

    hidden = like(step.tokens, dim).requires_grad_(True)
    context = like(_TEXT_TOKENS + _IMAGE_TOKENS, dim)
    turns = like(step.tokens, 1, config.attention_head_dim, dtype=torch.float32)
    faces = like(latent_frames(step.frames) + 1, config.face_encoder_num_heads + 1, dim)
    with _kept(block) as in_block:
        block(hidden, context, like(6, dim), (turns, turns))
    with _kept(adapter) as in_adapter:
        adapter(hidden, faces)
    layers, adapters = len(model.blocks), len(model.face_adapter)
    stream: int = hidden.numel() * hidden.element_size()
    # Gradients on their way through a block: of the stream, and of the feed-forward layer.
    passing: int = 4 * stream + 2 * stream * config.ffn_dim // dim
    if step.checkpointing:
        return (layers + adapters) * stream + max(in_block[0], in_adapter[0]) + passing
    return layers * in_block[0] + adapters * in_adapter[0] + passing


@contextmanager
def _kept(module: nn.Module) -> Iterator[list[int]]:
    """Counts the bytes that the calls inside keep for the backward pass, weights left aside."""
    own = {p.untyped_storage()._cdata for p in module.parameters()}
    sizes: dict[int, int] = {}
    total = [0]

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            sizes[storage._cdata] = storage.nbytes()
        return tensor

    plain = functional.scaled_dot_product_attention
    functional.scaled_dot_product_attention = _fused_attention
    try:
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            yield total
        total[0] = sum(sizes.values())
    finally:
        functional.scaled_dot_product_attention = plain


class _Attention(torch.autograd.Function):
    """Keeps what fused attention kernels keep: their inputs, their output, one number per row."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        out = torch.empty_like(q)
        rows = torch.empty(q.shape[:-1], device=q.device, dtype=torch.float32)
        ctx.save_for_backward(q, k, v, out, rows)
        return out


def _fused_attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> Tensor:
    out: Tensor = _Attention.apply(query, key, value)  # type: ignore[no-untyped-call]
    return out


def _typed(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    for name, parameter in module.named_parameters():
        wide = any(part in name for part in _FLOAT32_PARTS)
        parameter.data = parameter.data.to(torch.float32 if wide else dtype)
    return module


def _operations(model: Any, step: Step) -> float:
    """Of one segment (docs/reference/wan-animate.md#cost): 2 P n for layers, 4 n^2 d for attention.

    P counts the layers of the blocks that act on the video's tokens. A forward pass and a backward
    pass to the inputs cost as much each, the gradients of learning weights as much again;
    attention's backward pass costs two and a half times its forward pass.
    """
    dim: int = model.config.num_attention_heads * model.config.attention_head_dim
    acting = (".attn1.", ".attn2.to_q", ".attn2.to_out", ".ffn.")
    layers: int = sum(
        p.numel()
        for name, p in model.blocks.named_parameters()
        if any(part in f".{name}" for part in acting) and p.ndim == 2
    )
    n = step.tokens
    forward = 2.0 * layers * n
    attention = 4.0 * len(model.blocks) * n * n * dim
    again = 1 if step.checkpointing else 0
    weights = 1 if step.stage == "base" else 0
    return forward * (2 + again + weights) + attention * (3.5 + again)
