"""What learns in each stage of the paper (3.3), and the files that a stage leaves.

What is published of them: docs/reference/wan-training.md#stages. Here:

kinematic: the Body Adapter, one convolution that adds the skeleton's latents to the video's.
aesthetic: LoRA on the attention and feed-forward layers of every block; the adapter is frozen.
base: everything but the motion encoder, for making a small model from nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.wan.overlays import ADAPTER, load_adapter, read_tensors
from pipelines.support.errors import BadUsage

if TYPE_CHECKING:
    from torch import Tensor, nn

STAGES = ("kinematic", "aesthetic", "base")
ADAPTER_FILE, LORA_FILE, TRANSFORMER = "body_adapter.safetensors", "lora.safetensors", "transformer"

LORA_TARGETS = r"blocks\.\d+\.(attn[12]\.(to_[qkv]|to_out\.0)|ffn\.net\.(0\.proj|2))"
"""Anchored on the blocks: the face adapter has layers of the same names."""

_LORA_NAME = "default"
_PARTS = frozenset({
    "model_index.json", "vae", "image_encoder", "image_processor", "text_encoder", "tokenizer",
    "scheduler",
})  # fmt: skip


def lora_modules(names: Iterable[str]) -> list[str]:
    """Those names of modules that get a LoRA: ten in each block."""
    return [name for name in names if re.fullmatch(LORA_TARGETS, name)]


def prepare_stage(
    transformer: nn.Module, stage: str, adapter: Path | None = None, rank: int = 32
) -> list[str]:
    """Freeze a WanAnimateTransformer3DModel but for what learns; returns the learning names.

    Args:
        stage: one of STAGES.
        adapter: body_adapter.safetensors to begin with; in the aesthetic stage it stays frozen.
        rank: of the LoRA.

    Raises:
        UnsuitableInput: the adapter is none, or belongs to another base model.
    """
    if stage not in STAGES:
        raise BadUsage(f"--stage {stage}: unknown", f"choose {', '.join(STAGES)}")
    if adapter is not None:
        load_adapter(transformer, read_tensors(adapter), adapter.name)
    set_learning(transformer, stage)
    if stage == "aesthetic":
        any_transformer: Any = transformer
        any_transformer.add_adapter(lora_config(rank), adapter_name=_LORA_NAME)
    return [name for name, p in transformer.named_parameters() if p.requires_grad]


def set_learning(transformer: nn.Module, stage: str) -> None:
    """Freeze all of a transformer's own weights that do not learn in a stage."""
    transformer.requires_grad_(stage == "base")
    if stage == "kinematic":
        transformer.get_submodule(ADAPTER).requires_grad_(True)
    # Expressions are encoded once, by the motion encoder as it is.
    transformer.get_submodule("motion_encoder").requires_grad_(False)


def lora_config(rank: int) -> Any:
    """peft's description of the LoRA; with alpha = rank it is added at full strength."""
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_alpha=rank, target_modules=LORA_TARGETS)


def published_names(learned: dict[str, Tensor]) -> dict[str, Tensor]:
    """LoRA tensors by the names that diffusers' load_lora_weights reads."""
    return {f"transformer.{k.replace(f'.{_LORA_NAME}.', '.')}": v for k, v in learned.items()}


def save_learned(
    folder: Path, stage: str, learned: dict[str, Tensor], about: dict[str, str]
) -> Path:
    """Write what a LoRA or adapter stage has learned; returns the file.

    Args:
        learned: by the transformer's own names.
        about: kept in the file's header, text to text.
    """
    from safetensors.torch import save_file

    target = folder / (ADAPTER_FILE if stage == "kinematic" else LORA_FILE)
    tensors = learned if stage == "kinematic" else published_names(learned)
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(ready, target, metadata={"format": "pt", **about})
    return target


def learned_file(checkpoint: Path, stage: str) -> Path:
    """What a checkpoint holds for `generate`: an adapter, a LoRA, or a whole model's folder."""
    names = {"kinematic": ADAPTER_FILE, "aesthetic": LORA_FILE}
    return checkpoint / names[stage] if stage in names else checkpoint


def save_model(
    folder: Path, model: Path, learned: dict[str, Tensor], motion_encoder: nn.Module
) -> None:
    """Write a whole model in diffusers' layout: the transformer anew, all else as in `model`.

    Args:
        learned: every tensor of the transformer but for the motion encoder's.
    """
    from safetensors.torch import save_file

    state = {name: tensor.contiguous() for name, tensor in learned.items()}
    for name, tensor in motion_encoder.state_dict().items():
        state[f"motion_encoder.{name}"] = tensor.detach().cpu().contiguous().clone()
    (folder / TRANSFORMER).mkdir(parents=True)
    shutil.copy(model / TRANSFORMER / "config.json", folder / TRANSFORMER)
    save_file(state, folder / TRANSFORMER / "diffusion_pytorch_model.safetensors", {"format": "pt"})
    for path in model.rglob("*"):
        target = folder / path.relative_to(model)
        if path.is_file() and path.relative_to(model).parts[0] in _PARTS:
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(path, target)


def _link(source: Path, target: Path) -> None:
    """The same file under another name where the file system can, else a copy."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
