"""Merges adapter and LoRA into a base model, in half precision: what `generate` loads as one.

python examples/tiny_appearance/merge.py --model BASE --adapter FILE --lora FILE --out FOLDER
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch

from pipelines.appearance_expert.training.encoders import load_parts
from pipelines.appearance_expert.wan.overlays import Overlay
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.files import read_json, write_json


def forget_origin(file: Path) -> None:
    """Take out of a config where on this machine its model lay."""
    config = read_json(file)
    if config.pop("_name_or_path", None) is not None:
        write_json(file, config)


def main() -> None:
    """Load, merge, halve, save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("model", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("adapter", "lora"):
        parser.add_argument(f"--{name}", type=Path)
    options = parser.parse_args()
    pipeline = load_parts(find_wan(str(options.model)), torch.device("cpu"))
    loras = ((options.lora, 1.0),) if options.lora else ()
    Overlay(options.adapter, loras).validate().apply(pipeline.transformer)
    for part in (pipeline.transformer, pipeline.vae, pipeline.image_encoder, pipeline.text_encoder):
        # Not `.half()`, which diffusers refuses for the layers that it computes in full precision.
        for tensor in (*part.parameters(), *part.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.data.half()
    shutil.rmtree(options.out, ignore_errors=True)
    pipeline.save_pretrained(options.out)
    for file in options.out.rglob("*.json"):
        forget_origin(file)
    size = sum(file.stat().st_size for file in options.out.rglob("*") if file.is_file())
    print(f"{options.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
