"""Training the Appearance Expert: seconds per step, waiting, what our loop costs, memory.

python benchmarks/appearance_training.py             a small model on the CPU
python benchmarks/appearance_training.py --full      the 17.3 B model with random weights, on a GPU

The plain loop is forward pass, loss, backward pass and AdamW on a batch that lies ready; "ours on
top" is what drawing and moving batches, noise, checks and signals add. The estimate is that of
--dry-run, from the config alone; operations are counted by the same code and set against what the
card's data sheet promises.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from measure import headline, table
from safetensors.torch import save_file

from pipelines.appearance_expert.training.encoded import EncodedClips, EncodedSegment
from pipelines.appearance_expert.training.estimate import Step, estimate_step
from pipelines.appearance_expert.training.latent_layout import latent_frames
from pipelines.appearance_expert.training.network import (
    number_format,
    put_motion_encoder_aside,
    recompute_activations,
)
from pipelines.appearance_expert.training.stages import prepare_stage
from pipelines.appearance_expert.training.task import FlowLoss, stage_task
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.feed import Feed
from pipelines.training.launch import Launch

SMALL: dict[str, Any] = {
    "num_attention_heads": 4, "attention_head_dim": 64, "ffn_dim": 1024, "num_layers": 10,
    "text_dim": 128, "image_dim": 64, "added_kv_proj_dim": 256, "motion_encoder_size": 16,
    "motion_encoder_channel_sizes": {"4": 16, "8": 16, "16": 16}, "motion_style_dim": 8,
    "motion_dim": 4, "motion_encoder_dim": 16, "face_encoder_hidden_dim": 64,
    "face_encoder_num_heads": 2,
}  # fmt: skip
PROMISED = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bf16 operations per second, from the data sheets."""


def write_segments(folder: Path, model: Any, size: tuple[int, int], frames: int) -> EncodedClips:
    """Random latents in the format that --encode-only leaves, and what draws from them."""
    folder.mkdir(parents=True, exist_ok=True)
    latents, tall, wide = latent_frames(frames), size[1] // 8, size[0] // 8
    config = model.config

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape).bfloat16()

    tensors = {f"0.{name}": noise(16, latents, tall, wide) for name in ("video", "pose", "given5")}
    tensors |= {
        "0.motion": noise(frames, config.motion_encoder_dim),
        "references": noise(4, 16, 1, tall, wide),
        "images": noise(4, 257, config.image_dim),
    }
    save_file(tensors, folder / "clip.safetensors", {"about": '{"segments": 1}'})
    save_file({"grey": noise(16, latents, tall, wide)}, folder / "grey.safetensors")
    save_file({"prompt_embeds": noise(1, 512, config.text_dim)}, folder / "text.safetensors")
    segment = EncodedSegment(folder / "clip.safetensors", 0, folder / "text.safetensors")
    return EncodedClips([segment], frames, relay=(5,))


def engine_for(
    model: Any, stage: str, data: EncodedClips, batch: int, device: torch.device, folder: Path
) -> Engine:
    """An engine as train-appearance sets it up."""
    task = stage_task(model, data.draw, lambda *_: None, FlowLoss(number_format(model)), 1e-5)
    options = EngineOptions(steps=1 << 30, batch_size=batch, lr=1e-5)
    return Engine(task, options, folder / "run", Launch(device), SILENT)


def now(device: torch.device) -> float:
    """Seconds; on a CPU those of this process, whoever else may be at work."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def time_updates(engine: Engine, steps: int) -> dict[str, float]:
    """Seconds of an update and of a plain loop in turn, the best of each; share of waiting."""
    device = engine.device
    network, loss = engine.task.network.train(), engine.task.loss
    batch = {name: value.to(device) for name, value in engine.make_slice(0).items()}
    level_B = torch.full((len(batch["clean"]),), 500)
    noise = torch.randn(batch["clean"].shape).to(device)

    def plain() -> None:
        """What nobody can do without: the network there and back, and AdamW."""
        loss.at(network, batch, level_B, noise).backward()
        engine.learner.optimizer.step()
        engine.learner.optimizer.zero_grad(set_to_none=True)

    updates, alone = [], []
    with Feed(engine.make_slice, 0, workers=1) as feed:
        for _ in range(steps):
            begin = now(device)
            engine.update(feed)
            engine.loop.step += 1
            updates.append(now(device) - begin)
            begin = now(device)
            plain()
            alone.append(now(device) - begin)
        waited = feed.waited
    return {
        "seconds": min(updates), "plain": min(alone), "waited": waited / sum(updates),
        "around": min(updates) / min(alone) - 1,
    }  # fmt: skip


def small(steps: int, folder: Path) -> None:
    """A model of ten blocks, 17 frames of 96 x 160, on the CPU."""
    from diffusers import WanAnimateTransformer3DModel

    rows = []
    for stage in ("kinematic", "aesthetic", "base"):
        torch.manual_seed(0)
        model = WanAnimateTransformer3DModel(**SMALL)
        prepare_stage(model, stage)
        put_motion_encoder_aside(model)
        data = write_segments(folder, model, (96, 160), 17)
        engine = engine_for(model, stage, data, 2, torch.device("cpu"), folder)
        numbers = time_updates(engine, steps)
        rows.append((
            stage, numbers["seconds"], numbers["plain"], f"{100 * numbers['around']:.1f} %",
            f"{100 * numbers['waited']:.1f} %",
        ))  # fmt: skip
    table(("batch of 2", "s / step", "plain loop", "ours on top", "waiting"), rows)


def full(
    stage: str, layers: int, size: tuple[int, int], frames: int, folder: Path
) -> dict[str, Any]:
    """One update of the model at its true width on a GPU, after a small one to warm up."""
    from full_size import build_full_size

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    begin = now(device)
    torch.manual_seed(0)
    model: Any = build_full_size(device, layers)
    prepare_stage(model, stage)
    model.to(device)  # where the LoRA was made
    put_motion_encoder_aside(model)
    recompute_activations(model)
    built = now(device) - begin
    warm = write_segments(folder / "warm", model, (64, 64), 5)
    engine = engine_for(model, stage, warm, 1, device, folder)
    time_updates(engine, 1)
    data = write_segments(folder / "segments", model, size, frames)
    engine = engine_for(model, stage, data, 1, device, folder)
    engine.task.network.train()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    with Feed(engine.make_slice, 0, workers=1) as feed:
        begin = now(device)
        numbers = engine.update(feed)
        seconds = now(device) - begin
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else 0
    estimate = estimate_step(dict(model.config), Step(stage, 32, size, frames))
    name = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    promised = next((rate for card, rate in PROMISED.items() if card in name), float("nan"))
    return {
        "stage": stage, "card": name, "layers": layers, "size": size, "frames": frames,
        "tokens": estimate.tokens, "built_s": built, "step_s": seconds, "loss": numbers["loss"],
        "peak_gb": peak / 1e9, "estimated_gb": estimate.total / 1e9,
        "estimate": {"weights": estimate.weights, "learner": estimate.learner,
                     "activations": estimate.activations},
        "pflop": estimate.operations / 1e15,
        "share_of_promised": estimate.operations / seconds / promised,
    }  # fmt: skip


def main() -> None:
    """Print a table, or with --full one JSON object per stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--stages", nargs="+", default=["kinematic", "aesthetic"])
    parser.add_argument("--layers", type=int, default=40)
    parser.add_argument("--size", type=int, nargs=2, default=(480, 832))
    parser.add_argument("--frames", type=int, default=77)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if not asked.full:
            headline()
            small(asked.steps, Path(scratch))
            return
        for stage in asked.stages:
            row = full(stage, asked.layers, tuple(asked.size), asked.frames, Path(scratch))
            print(json.dumps(row), flush=True)
            if asked.out:
                asked.out.mkdir(parents=True, exist_ok=True)
                (asked.out / f"training-{stage}.json").write_text(json.dumps(row, indent=2))
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
