"""Fine-tuned parts laid over stock Wan-Animate: MACE-Dance's body adapter and LoRA (spec B.2-B.4).

Both are merged into the loaded transformer once; nothing is computed for them afterwards. Keys are
read in the names of the original Wan, DiffSynth or diffusers, with any prefix before "blocks.".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.files import sha256_file

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

_LORA_KEY = re.compile(
    r"(?:^|\.)(?P<block>blocks\.\d+)\.(?P<module>.+)\."
    r"(?P<part>lora_A|lora_B|lora_down|lora_up|alpha)(?:\.default)?(?:\.weight)?$"
)
_PARTS = {"lora_A": "A", "lora_down": "A", "lora_B": "B", "lora_up": "B", "alpha": "alpha"}


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

    Returns:
        Number of layers changed.
    """
    import torch

    layers = _grouped(state, name)
    for target, parts in layers.items():
        try:
            weight = transformer.get_parameter(f"{target}.weight")
        except AttributeError as error:
            raise UnsuitableInput(
                f"{name} changes {target}, which this model does not have"
            ) from error
        down, up = parts["A"], parts["B"]
        fits = down.ndim == up.ndim == 2 and down.shape[0] == up.shape[1]
        if not fits or (up.shape[0], down.shape[1]) != tuple(weight.shape):
            raise UnsuitableInput(
                f"{name}: {target} is {tuple(up.shape)} x {tuple(down.shape)}, this model's weight "
                f"is {tuple(weight.shape)}: it belongs to another base model"
            )
        strength = scale
        if "alpha" in parts:
            strength *= float(parts["alpha"]) / down.shape[0]
        with torch.no_grad():
            change = strength * (up.float() @ down.float())
            weight.copy_(weight.float() + change.to(weight.device))
    return len(layers)


def _grouped(state: State, name: str) -> dict[str, State]:
    """Tensors A, B and perhaps alpha per layer, under diffusers' names."""
    layers: dict[str, State] = {}
    for key, tensor in state.items():
        match = _LORA_KEY.search(key)
        if match is None:
            raise UnsuitableInput(
                f"{name} holds {key}, which is not a LoRA tensor of Wan's blocks",
                "is it a LoRA for Wan-Animate?",
            )
        module = _MODULES.get(match["module"], match["module"])
        layers.setdefault(f"{match['block']}.{module}", {})[_PARTS[match["part"]]] = tensor
    incomplete = [layer for layer, parts in layers.items() if not {"A", "B"} <= set(parts)]
    if incomplete or not layers:
        what = f"only half of {incomplete[0]}" if incomplete else "no LoRA tensors"
        raise UnsuitableInput(f"{name} holds {what}")
    return layers
