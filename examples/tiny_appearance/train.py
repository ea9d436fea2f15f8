"""Trains the small Wan-Animate on clips that `clips.py` has drawn.

    python examples/tiny_appearance/clips.py CLIPS --base DANCES --target DANCES --held DANCES
    python examples/tiny_appearance/train.py CLIPS --out OUT

First the decoder of the VAE, then the stages of `macedance train-appearance` with its own engine:
everything on the base clips, then on the target clips the body adapter, a LoRA without it, and a
LoRA over it. In OUT/result lie a model folder, the adapter and both LoRAs, in OUT/samples.zip what
the four rows of the ablation make of the held-out clips. The same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clips import CAMERAS, ClipArrays, read_clip
from resident import Frozen, ResidentClips, pixels
from samples import save_rows
from torch import Tensor, nn
from vae_training import (
    averages,
    decode_whole,
    latent_scale,
    train_decoder,
)

from pipelines.appearance_expert.tiny.architecture import (
    SEGMENT_FRAMES,
    save_tiny,
    tiny_transformer,
    tiny_vae,
)
from pipelines.appearance_expert.training.encoders import load_motion_encoder, load_parts
from pipelines.appearance_expert.training.flow_matching import LEVELS
from pipelines.appearance_expert.training.network import (
    load_transformer,
    number_format,
    put_motion_encoder_aside,
)
from pipelines.appearance_expert.training.sampling import sample_latents
from pipelines.appearance_expert.training.stages import (
    ADAPTER_FILE,
    LORA_FILE,
    prepare_stage,
    save_learned,
    save_model,
)
from pipelines.appearance_expert.training.task import FlowLoss, stage_task
from pipelines.appearance_expert.wan.loading import text_tokens
from pipelines.appearance_expert.wan.options import DANCING
from pipelines.appearance_expert.wan.overlays import load_adapter, merge_lora, read_tensors
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.files import read_json
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CROP = (5, 48, 48)
"""Frames, height and width of what the decoder makes at once in training."""


@dataclass(frozen=True)
class Stage:
    """Number of updates, their batch size, the peak of the learning rate."""

    steps: int
    batch: int
    lr: float


STAGES = {
    "vae": Stage(300, 4, 4e-4),
    "base": Stage(2200, 8, 1e-3),
    "kinematic": Stage(100, 8, 2e-3),
    "aesthetic": Stage(200, 8, 1e-3),
    "both": Stage(200, 8, 1e-3),
}


@dataclass
class Run:
    """What all stages share: where it goes, on which device, how much of the steps, its log."""

    out: Path
    device: torch.device
    share: float
    begin: float
    log: list[dict[str, Any]] = field(default_factory=list)

    def say(self, **facts: Any) -> None:
        """Print facts with the time, and keep them."""
        entry = {"second": round(time.monotonic() - self.begin, 1), **facts}
        self.log.append(entry)
        print(json.dumps(entry), flush=True)

    def steps(self, stage: str) -> int:
        """Updates of a stage in this run."""
        return max(2, round(self.share * STAGES[stage].steps))


# VAE -------------------------------------------------------------------------------------------


def crops_of(clips: list[ClipArrays], run: Run) -> Callable[[], Tensor]:
    """Random pieces of clips in [-1, 1], every fifth in false colours, every second mirrored."""
    random = np.random.default_rng(0)

    def draw() -> Tensor:
        parts = []
        for _ in range(STAGES["vae"].batch):
            clip = clips[random.integers(len(clips))].video
            corner = (
                int(random.integers(whole - part + 1))
                for whole, part in zip(clip.shape, CROP, strict=False)
            )
            part = clip[tuple(slice(at, at + n) for at, n in zip(corner, CROP, strict=True))]
            part = part[..., random.permutation(3)] if random.random() < 0.2 else part
            parts.append(part[:, :, ::-1] if random.random() < 0.5 else part)
        return pixels(torch.from_numpy(np.stack(parts)), run.device)

    return draw


def first_segments(clips: list[ClipArrays], run: Run) -> Tensor:
    """(N, 3, T, H, W) in [-1, 1]."""
    cut = np.stack([clip.video[:SEGMENT_FRAMES] for clip in clips])
    return pixels(torch.from_numpy(cut), run.device)


def trained_vae(clips: dict[str, list[ClipArrays]], run: Run) -> Any:
    """A VAE with the scale of its latents in its config and a trained decoder."""
    torch.manual_seed(0)
    vae = tiny_vae().to(run.device)
    seen = [*clips["base"], *clips["target"]]
    mean, scale = latent_scale(averages(first_segments(seen[:100], run)).cpu())
    vae.register_to_config(latents_mean=mean, latents_std=scale)
    truth = first_segments(clips["held"][:8], run)
    steps, done = run.steps("vae"), iter(range(1 << 30))

    def report(step: int, loss: Any) -> None:
        run.say(stage="vae", step=step, squares=round(loss.squares, 5), l1=round(loss.l1, 4))

    run.say(stage="vae", held_out_psnr=decoded_psnr(vae, truth))
    crops = crops_of(seen, run)
    train_decoder(vae, crops, lambda: next(done) / steps, STAGES["vae"].lr, report)
    run.say(stage="vae", steps=steps, held_out_psnr=decoded_psnr(vae, truth))
    return vae


@torch.no_grad()
def decoded_psnr(vae: Any, truth_NCTHW: Tensor) -> float:
    """Mean PSNR of the decoder on true latents, dB."""
    scores = []
    for clip in truth_NCTHW.split(1):
        error = (decode_whole(vae, averages(clip)).clamp(-1, 1) - clip) / 2
        scores.append(float(-10 * torch.log10(error.pow(2).mean())))
    return round(float(np.mean(scores)), 2)


# Stages ----------------------------------------------------------------------------------------


def stage(
    name: str, kind: str, model: Path, data: ResidentClips, run: Run, adapter: Path | None = None
) -> Path:
    """Train one stage; returns the folder of its checkpoint.

    All noise levels count alike: Wan's weights leave out the highest, where a network that knows
    nothing yet has to learn what a picture looks like at all.
    """
    transformer = load_transformer(find_wan(str(model)), run.device.type == "cuda", 0)
    prepare_stage(transformer, kind, adapter, 32)
    motion_encoder = put_motion_encoder_aside(transformer)
    transformer.to(run.device)

    def save(folder: Path, learned: dict[str, Tensor], facts: dict[str, Any]) -> None:
        if kind == "base":
            save_model(folder, model, learned, motion_encoder)
        else:
            save_learned(folder, kind, learned, {"stage": kind, "step": str(facts["step"])})

    # The short stages would be over before a long warm-up or average is.
    warmup, average = (50, 0.995) if kind == "base" else (5, 0.9)
    options = EngineOptions(
        steps=run.steps(name), batch_size=STAGES[name].batch, lr=STAGES[name].lr, warmup=warmup,
        schedule="late", grad_clip=1.0, ema_decay=average, checkpoint_every=100,
        validate_every=1 << 30,
    )  # fmt: skip
    loss = FlowLoss(number_format(transformer), weights=torch.ones(LEVELS))
    task = stage_task(transformer, data.draw, save, loss, STAGES[name].lr)
    begin = time.process_time()
    engine = Engine(task, options, run.out / name, Launch(run.device), SILENT)
    outcome = engine.run()
    run.say(stage=name, steps=outcome.step, processor_seconds=round(time.process_time() - begin))
    return outcome.checkpoint


def rows(model: Path, adapter: Path, lora: Path, both: Path) -> dict[str, Callable[[Any], None]]:
    """What each row of the ablation lays over the base model."""

    def lay(transformer: nn.Module, adapted: bool, changed: Path | None) -> None:
        if adapted:
            load_adapter(transformer, read_tensors(adapter), adapter.name)
        if changed is not None:
            merge_lora(transformer, read_tensors(changed), 1.0, changed.name)

    return {
        "base": lambda t: lay(t, False, None),
        "kinematic": lambda t: lay(t, True, None),
        "aesthetic": lambda t: lay(t, False, lora),
        "both": lambda t: lay(t, True, both),
    }


@torch.no_grad()
def sampled(
    model: Path, change: Callable[[Any], None], data: ResidentClips, frozen: Frozen, run: Run,
    count: int, steps: int,
) -> np.ndarray:  # fmt: skip
    """(count, T, H, W, 3) what a row makes of held-out clips, from the first picture of each."""
    transformer = load_transformer(find_wan(str(model)), run.device.type == "cuda", 0)
    change(transformer)
    put_motion_encoder_aside(transformer)
    transformer.to(run.device).eval()
    none = np.zeros(count, dtype=int)
    batch = data.batch(np.arange(count), none, none)
    dtype = next(transformer.proj_out.parameters()).dtype
    batch = {k: v.float() if k == "clean" else v.to(dtype) for k, v in batch.items()}
    latents = sample_latents(transformer, batch, steps, seed=0)[:, :, 1:]
    config, made = frozen.vae.config, []
    mean, deviation = (
        torch.tensor(values, device=run.device).view(1, -1, 1, 1, 1)
        for values in (config.latents_mean, config.latents_std)
    )
    for part in latents.split(4):
        decoded = decode_whole(frozen.vae, part.float() * deviation + mean).clamp(-1, 1)
        frames = ((decoded + 1) * 127.5).round().to(torch.uint8)
        made.append(frames.movedim(1, -1).cpu().numpy())
    return np.concatenate(made)


def encoders(model: Path, run: Run) -> Frozen:
    """The encoders of a model folder, on the device, with the embedded prompt."""
    pipeline = load_parts(find_wan(str(model)), torch.device("cpu"), transformer=None)
    text = pipeline.encode_prompt(
        DANCING, do_classifier_free_guidance=False, max_sequence_length=text_tokens(pipeline)
    )[0][0]
    config = read_json(model / "transformer" / "config.json")
    motion = load_motion_encoder(model / "transformer", config).to(run.device)
    vae, tower = (part.float().to(run.device) for part in (pipeline.vae, pipeline.image_encoder))
    return Frozen(vae, tower, pipeline.image_processor, motion, text.detach().to(run.device))


def keep(run: Run, model: Path, adapter: Path, lora: Path, both: Path) -> None:
    """Copy the results together, away from states and older checkpoints."""
    target = run.out / "result"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model, target / "base", ignore=shutil.ignore_patterns("training.*"))
    shutil.copy(adapter, target / "body_adapter.safetensors")
    shutil.copy(lora, target / "lora_without_adapter.safetensors")
    shutil.copy(both, target / "lora.safetensors")


def read_clips(folder: Path) -> dict[str, list[ClipArrays]]:
    """All clips in a folder, by domain."""
    clips: dict[str, list[ClipArrays]] = {domain: [] for domain in CAMERAS}
    for file in sorted(folder.glob("[a-z]*-*.npz")):
        clip = read_clip(file)
        clips[clip.domain].append(clip)
    if missing := [domain for domain, found in clips.items() if not found]:
        raise SystemExit(f"{folder}: no clips of {', '.join(missing)}; clips.py draws them")
    return clips


def train_all(run: Run, clips: dict[str, list[ClipArrays]], shown: int, steps: int) -> None:
    """From clips to the four rows."""
    start = run.out / "start"
    if not start.is_dir():
        vae = trained_vae(clips, run)
        torch.manual_seed(0)
        save_tiny(run.out / "new", vae.cpu().eval(), tiny_transformer().eval())
        (run.out / "new").rename(start)
    frozen = encoders(start, run)
    base = ResidentClips(frozen, clips["base"], segments=2, false_colours=True)
    model = stage("base", "base", start, base, run)
    target = ResidentClips(frozen, clips["target"])
    adapter = stage("kinematic", "kinematic", model, target, run) / ADAPTER_FILE
    lora = stage("aesthetic", "aesthetic", model, target, run) / LORA_FILE
    both = stage("both", "aesthetic", model, target, run, adapter) / LORA_FILE
    keep(run, model, adapter, lora, both)
    held = ResidentClips(frozen, clips["held"][:shown], references=1, segments=1)
    made = {
        name: sampled(model, change, held, frozen, run, len(held), steps)
        for name, change in rows(model, adapter, lora, both).items()
    }
    truth = np.stack(held.truth)
    for name, frames in made.items():
        error = ((frames.astype(np.float32) - truth) ** 2).mean(axis=(2, 3, 4)) / 255**2
        run.say(row=name, psnr=float(-10 * np.log10(error).mean()))
    save_rows(run.out / "samples.zip", {"truth": truth, **made})


def main() -> None:
    """Read the clips, train, sample, save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clips", type=Path, help="folder of clips.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of the updates of every stage")
    parser.add_argument("--sample-steps", type=int, default=20)
    parser.add_argument("--shown", type=int, default=20, help="held-out clips that are sampled")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(options.out, device, options.share, time.monotonic())
    run.out.mkdir(parents=True, exist_ok=True)
    clips = read_clips(options.clips)
    run.say(clips={domain: len(found) for domain, found in clips.items()})
    train_all(run, clips, options.shown, options.sample_steps)


if __name__ == "__main__":
    main()
