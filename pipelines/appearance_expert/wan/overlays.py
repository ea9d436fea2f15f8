"""Fine-tuned parts laid over stock Wan-Animate: MACE-Dance's body adapter and LoRA.

What is in such files: docs/reference/wan-animate.md#files-laid-over-it.

Both are merged into the loaded transformer once; nothing is computed for them afterwards. Keys are
read in the names of the original Wan, DiffSynth or diffusers, with any prefix before "blocks.".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import sha256_file

if TYPE_CHECKING:
    import torch

    State = dict[str, torch.Tensor]

ADAPTER = "pose_patch_embedding"
MACE_SCALE = 0.5
"""MACE-Dance merges its LoRA at half strength: W + 0.5 B A."""

_MODULES = {
    "self_attn.q": "attn1.to_q", "self_attn.k": "attn1.to_k", "self_attn.v": "attn1.to_v",
    "self_attn.o": "attn1.to_out.0", "cross_attn.q": "attn2.to_q", "cross_attn.k": "attn2.to_k",
    "cross_attn.v": "attn2.to_v", "cross_attn.o": "attn2.to_out.0",
    "cross_attn.k_img": "attn2.add_k_proj", "cross_attn.v_img": "attn2.add_v_proj",
    "ffn.0": "ffn.net.0.proj", "ffn.2": "ffn.net.2",
}  # fmt: skip

# Outside the blocks, as step-distilled LoRAs change them too.
_OUTSIDE = {
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "img_emb.proj.0": "condition_embedder.image_embedder.norm1",
    "img_emb.proj.1": "condition_embedder.image_embedder.ff.net.0.proj",
    "img_emb.proj.3": "condition_embedder.image_embedder.ff.net.2",
    "img_emb.proj.4": "condition_embedder.image_embedder.norm2",
    "head.head": "proj_out",
    "patch_embedding": "patch_embedding",
}  # fmt: skip
_NORMS = {
    "self_attn.norm_q": "attn1.norm_q", "self_attn.norm_k": "attn1.norm_k",
    "cross_attn.norm_q": "attn2.norm_q", "cross_attn.norm_k": "attn2.norm_k",
    "cross_attn.norm_k_img": "attn2.norm_added_k", "norm3": "norm2",
}  # fmt: skip

_LORA_KEY = re.compile(
    r"^(?P<module>.+?)\.(?P<part>lora_A|lora_B|lora_down|lora_up|alpha|diff_b|diff)"
    r"(?:\.default)?(?:\.(?P<leaf>weight|bias))?$"
)
_PLACE = re.compile(
    r"(?:^|\.)(?:(?P<block>blocks\.\d+)\.(?P<inside>.+)"
    rf"|(?P<outside>{'|'.join(map(re.escape, [*_OUTSIDE, *_OUTSIDE.values()]))}))$"
)
_PARTS = {
    "lora_A": "A", "lora_down": "A", "lora_B": "B", "lora_up": "B", "alpha": "alpha",
    "diff": "weight", "diff_b": "bias",
}  # fmt: skip


@dataclass(frozen=True)
class Overlay:
    """What to lay over the stock model.

    Attributes:
        adapter: safetensors holding pose_patch_embedding; other tensors in it are left aside, as
            MACE's own inference does.
        loras: pairs of safetensors and scale, merged in this order.
    """

    adapter: Path | None = None
    loras: tuple[tuple[Path, float], ...] = ()

    def validate(self) -> Overlay:
        """Return self; MissingAsset for files that are not there, BadUsage for absurd scales."""
        for path in [self.adapter, *(path for path, _ in self.loras)]:
            if path is not None and not path.is_file():
                raise MissingAsset(f"{path} is not there", "give the path of a .safetensors file")
        for path, scale in self.loras:
            if not -4 <= scale <= 4:
                raise BadUsage(f"{path.name} at scale {scale}: take a scale between -4 and 4")
        return self

    def manifest(self) -> dict[str, Any]:
        """Names, hashes and scales, for run.json and for telling results apart."""
        adapter = self.adapter
        return {
            "adapter": {"file": adapter.name, "sha256": sha256_file(adapter)} if adapter else None,
            "loras": [
                {"file": path.name, "sha256": sha256_file(path), "scale": scale}
                for path, scale in self.loras
            ],
        }

    def apply(self, transformer: torch.nn.Module) -> None:
        """Merge everything into a WanAnimateTransformer3DModel, in place.

        Raises UnsuitableInput for files of another kind or of another base model; the transformer
        may then be half changed and should be dropped.
        """
        if self.adapter:
            load_adapter(transformer, read_tensors(self.adapter), self.adapter.name)
        for path, scale in self.loras:
            merge_lora(transformer, read_tensors(path), scale, path.name)


def parse_lora(text: str) -> tuple[Path, float]:
    """FILE or FILE:SCALE; the scale is 1 where none is given."""
    path, colon, scale = text.rpartition(":")
    try:
        return (Path(path), float(scale)) if colon else (Path(text), 1.0)
    except ValueError:
        return Path(text), 1.0


def read_tensors(path: Path) -> State:
    """All tensors of a safetensors file; UnsuitableInput if it is none or cut short."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: State = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UnsuitableInput(f"{path} is not a readable safetensors file: {error}") from error
    return tensors


def load_adapter(transformer: torch.nn.Module, state: State, name: str) -> None:
    """Replace the body adapter's weight and bias."""
    import torch

    module = transformer.get_submodule(ADAPTER)
    for part, own in module.named_parameters():
        keys = [key for key in state if re.search(rf"(^|\.){ADAPTER}\.{part}$", key)]
        if len(keys) != 1:
            raise UnsuitableInput(
                f"{name} holds {len(keys)} tensors {ADAPTER}.{part}, expected one",
                "is it a body adapter of Wan-Animate?",
            )
        if state[keys[0]].shape != own.shape:
            raise UnsuitableInput(
                f"{name}: {keys[0]} is {tuple(state[keys[0]].shape)}, this model's is "
                f"{tuple(own.shape)}: it belongs to another base model"
            )
        with torch.no_grad():
            own.copy_(state[keys[0]])


def merge_lora(transformer: torch.nn.Module, state: State, scale: float, name: str) -> int:
    """Add scale * B A (times alpha / rank where the file has alphas) to the weights it names.

    Whole differences of weights and biases, which step-distilled LoRAs bring besides, are added
    too.

    Returns:
        Number of layers changed.
    """
    layers = _grouped(state, name)
    for target, parts in layers.items():
        changes: State = {}
        if "A" in parts:
            down, up = parts["A"], parts["B"]
            strength = scale
            if "alpha" in parts:
                strength *= float(parts["alpha"]) / down.shape[0]
            if not down.ndim == up.ndim == 2 or down.shape[0] != up.shape[1]:
                raise UnsuitableInput(
                    f"{name}: {target} is {tuple(up.shape)} x {tuple(down.shape)}, which is no "
                    "product: it belongs to another base model, or is damaged"
                )
            changes["weight"] = strength * (up.float() @ down.float())
        for leaf in {"weight", "bias"} & set(parts):
            whole = scale * parts[leaf].float()
            changes[leaf] = changes[leaf] + whole if leaf in changes else whole
        for leaf, change in changes.items():
            _add(transformer, f"{target}.{leaf}", change, name)
    return len(layers)


def _add(transformer: torch.nn.Module, parameter: str, change: torch.Tensor, name: str) -> None:
    import torch

    try:
        own = transformer.get_parameter(parameter)
    except AttributeError as error:
        raise UnsuitableInput(
            f"{name} changes {parameter}, which this model does not have"
        ) from error
    if own.shape != change.shape:
        raise UnsuitableInput(
            f"{name}: the change of {parameter} is {tuple(change.shape)}, this model's is "
            f"{tuple(own.shape)}: it belongs to another base model"
        )
    with torch.no_grad():
        own.copy_(own.float() + change.to(own.device))


def _grouped(state: State, name: str) -> dict[str, State]:
    """What changes each layer, under diffusers' names: A, B and alpha, whole weight and bias."""
    layers: dict[str, State] = {}
    for key, tensor in state.items():
        match = _LORA_KEY.match(key)
        target = match and _target(match["module"])
        if not match or not target:
            raise UnsuitableInput(
                f"{name} holds {key}, which is not a LoRA tensor of Wan's blocks",
                "is it a LoRA for Wan-Animate?",
            )
        part = "bias" if match["leaf"] == "bias" else _PARTS[match["part"]]
        layers.setdefault(target, {})[part] = tensor
    incomplete = [layer for layer, parts in layers.items() if ("A" in parts) != ("B" in parts)]
    if incomplete or not layers:
        what = f"only half of {incomplete[0]}" if incomplete else "no LoRA tensors"
        raise UnsuitableInput(f"{name} holds {what}")
    return layers


def _target(module: str) -> str | None:
    """A layer's name in diffusers, from any of the known ones; None for what is not Wan's."""
    match = _PLACE.search(module)
    if match is None:
        return None
    if match["outside"]:
        return _OUTSIDE.get(match["outside"], match["outside"])
    inside = match["inside"]
    return f"{match['block']}.{_MODULES.get(inside) or _NORMS.get(inside) or inside}"
