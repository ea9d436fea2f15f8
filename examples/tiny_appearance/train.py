"""Trains the small Wan-Animate in one process, with all clips in memory.

    python examples/tiny_appearance/train.py --base DANCES --target DANCES --held DANCES --out OUT

Draws the clips (as `macedance render --windows --vary` does, but without a codec between), trains
the VAE's decoder, then the three stages of `macedance train-appearance` with its own engine, each
for a share of --seconds, and leaves in --out a model folder, the adapter, both LoRAs, and what the
four rows of the ablation make of the held-out clips. `train.sh` is the same from the command line.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clips import CAMERAS, ClipArrays, read_clip
from resident import Frozen, ResidentClips
from samples import save_rows
from torch import Tensor, nn

from pipelines.appearance_expert.overlays import load_adapter, merge_lora, read_tensors
from pipelines.appearance_expert.tiny_architecture import (
    SEGMENT_FRAMES,
    save_tiny,
    tiny_transformer,
    tiny_vae,
)
from pipelines.appearance_expert.training.encoders import load_motion_encoder, load_parts
from pipelines.appearance_expert.training.engine import Course, Engine, EngineOptions
from pipelines.appearance_expert.training.flow_matching import draw_levels
from pipelines.appearance_expert.training.network import put_motion_encoder_aside
from pipelines.appearance_expert.training.sampling import sample_latents
from pipelines.appearance_expert.training.stages import (
    ADAPTER_FILE,
    LORA_FILE,
    prepare_stage,
    save_learned,
    save_model,
)
from pipelines.appearance_expert.vae_training import (
    DecoderLoss,
    averages,
    decode_whole,
    latent_statistics,
    train_decoder,
)
from pipelines.appearance_expert.wan_config import DANCING
from pipelines.appearance_expert.wan_weights import find_wan
from pipelines.errors import Interrupted
from pipelines.files import read_json
from pipelines.progress import SILENT
from pipelines.train_appearance import load_transformer
from pipelines.training.feed import Feed
from pipelines.training.processes import Processes

SHARES = {"vae": 0.25, "base": 0.4, "kinematic": 0.05, "aesthetic": 0.08, "both": 0.08}
"""Of the seconds; encoding, and sampling at the end, have the rest."""


@dataclass(frozen=True)
class Rates:
    """Learning rates and batch sizes."""

    vae_lr: float = 1e-3
    vae_batch: int = 4
    base_lr: float = 1.5e-3
    kinematic_lr: float = 3e-3
    aesthetic_lr: float = 3e-3
    batch: int = 8


@dataclass
class Run:
    """What all stages share."""

    out: Path
    device: torch.device
    seconds: float
    rates: Rates
    begin: float
    log: list[dict[str, Any]] = field(default_factory=list)

    def say(self, **facts: Any) -> None:
        """Print facts with the time, and keep them."""
        entry = {"second": round(time.monotonic() - self.begin, 1), **facts}
        self.log.append(entry)
        print(json.dumps(entry), flush=True)

    def left(self, stage: str) -> Callable[[], float]:
        """A clock for one stage: the share of its seconds that has passed."""
        budget, begin = SHARES[stage] * self.seconds, time.monotonic()
        return lambda: (time.monotonic() - begin) / budget


# Clips -----------------------------------------------------------------------------------------


class Gathered:
    """Clips, as other processes draw them.

    Args:
        options: of the command line.
        run: told how many clips there will be.
    """

    def __init__(self, options: argparse.Namespace, run: Run) -> None:
        self.clips: dict[str, list[ClipArrays]] = {name: [] for name in CAMERAS}
        self._folder = run.out / "clips"
        self._known: set[str] = set()
        command = [sys.executable, str(Path(__file__).with_name("clips.py")), str(self._folder)]
        for domain in CAMERAS:
            command += [f"--{domain}", str(getattr(options, domain))]
        command += ["--workers", str(options.workers), "--clips", str(options.clips)]
        # Apart from this process: the drawing ones are forked, which a GPU in use does not survive.
        self._drawing = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def add(self, files: list[Path]) -> list[ClipArrays]:
        """Read these clips, and return those that are new."""
        unknown = [file for file in files if file.name not in self._known]
        self._known |= {file.name for file in unknown}
        with ThreadPoolExecutor(8) as readers:
            new = list(readers.map(read_clip, unknown))
        for clip in new:
            self.clips[clip.domain].append(clip)
        return new

    def take(self, wait: float = 0.0, most: int | None = None) -> list[ClipArrays]:
        """Up to `most` of those that have come since; waits up to so many seconds for all."""
        end = time.monotonic() + wait
        while time.monotonic() < end and self.drawing():
            time.sleep(0.2)
        there = sorted(self._folder.glob("[a-z]*-*.npz"))
        return self.add([file for file in there if file.name not in self._known][:most])

    def drawing(self) -> bool:
        """Whether more clips may come."""
        return self._drawing.poll() is None

    def stop(self) -> None:
        """Draw no more."""
        self._drawing.terminate()


# VAE -------------------------------------------------------------------------------------------

_CROP = (5, 48, 48)
"""Frames, height and width of what the decoder makes at once in training."""


def crops_of(gathered: Gathered, run: Run) -> Callable[[], Tensor]:
    """Random pieces of clips, some in false colours, in [-1, 1]."""
    random, kept = np.random.default_rng(0), [*gathered.clips["base"], *gathered.clips["target"]]

    def draw() -> Tensor:
        parts = []
        for _ in range(run.rates.vae_batch):
            clip = kept[random.integers(len(kept))].video
            t, y, x = (
                int(random.integers(whole - part + 1))
                for whole, part in zip(clip.shape, _CROP, strict=False)
            )
            part = clip[t : t + _CROP[0], y : y + _CROP[1], x : x + _CROP[2]]
            parts.append(part[..., random.permutation(3)] if random.random() < 0.2 else part)
        stacked = torch.from_numpy(np.stack(parts)).to(run.device).movedim(-1, 1)
        return stacked.float() / 127.5 - 1

    return draw


def as_pixels(clips: list[ClipArrays], run: Run) -> Tensor:
    """(N, 3, T, H, W) in [-1, 1], the first segment of each clip."""
    cut = np.stack([clip.video[:SEGMENT_FRAMES] for clip in clips])
    return torch.from_numpy(cut).to(run.device).movedim(-1, 1).float() / 127.5 - 1


def trained_vae(gathered: Gathered, run: Run) -> Any:
    """A VAE with the statistics of its latents in its config and a trained decoder."""
    torch.manual_seed(0)
    vae = tiny_vae().to(run.device)
    some = [*gathered.clips["base"][:40], *gathered.clips["target"][:60]]
    mean, deviation = latent_statistics(averages(as_pixels(some, run)).cpu())
    vae.register_to_config(latents_mean=mean, latents_std=deviation)

    def report(step: int, loss: DecoderLoss) -> None:
        run.say(decoder_step=step, squares=loss.squares, l1=loss.l1)

    steps = train_decoder(vae, crops_of(gathered, run), run.left("vae"), run.rates.vae_lr, report)
    truth = as_pixels(gathered.clips["held"][:8] or some[:8], run)
    with torch.no_grad():
        made = decode_whole(vae, averages(truth)).clamp(-1, 1)
    error = float(((made - truth) / 2).pow(2).mean())
    run.say(decoder_steps=steps, held_out_psnr=float(-10 * np.log10(error)))
    return vae


# Stages ----------------------------------------------------------------------------------------


class TimedEngine(Engine):
    """The engine of `train-appearance`; draws noise where the network is, and stops by the clock.

    In the last quarter of a stage the rate falls to a twentieth, as a second run with a lower --lr
    would have it.
    """

    clock: Callable[[], float]
    peak: float
    say: Callable[..., None]

    def update(self, feed: Feed) -> dict[str, float]:
        """One optimizer step; asks to be stopped when the time is over."""
        share = self.clock()
        fall = min(1.0, max(0.05, (1 - share) / 0.25))
        self.options = replace(self.options, lr=self.peak * fall)
        numbers = super().update(feed)
        if self.step % 50 == 0:
            self.say(step=self.step, **numbers)
        if share >= 1:
            os.kill(os.getpid(), signal.SIGUSR1)
        return numbers

    def _backward(self, batch: dict[str, Tensor], number: int) -> float:
        generator = torch.Generator(self.device).manual_seed(1 + number)
        self.generator.manual_seed(1 + number)
        level_B = draw_levels(len(batch["clean"]), self.generator)
        noise = torch.randn(batch["clean"].shape, generator=generator, device=self.device)
        loss = self.loss(batch, level_B, noise)
        loss.backward()
        return float(loss.detach())


def stage(
    name: str, kind: str, model: Path, data: ResidentClips, run: Run, lr: float,
    adapter: Path | None = None, compiled: bool = False,
) -> Path:  # fmt: skip
    """Train one stage for its share of the time; returns the folder of its checkpoint."""
    weights = find_wan(str(model))
    transformer = load_transformer(weights, run.device.type == "cuda", 0)
    prepare_stage(transformer, kind, adapter, 32)
    motion_encoder = put_motion_encoder_aside(transformer)
    transformer.to(run.device)
    if compiled:
        transformer.compile_repeated_blocks(dynamic=False)

    def save(folder: Path, learned: dict[str, Tensor], facts: dict[str, Any]) -> None:
        if kind == "base":
            save_model(folder, model, learned, motion_encoder)
        else:
            save_learned(folder, kind, learned, {"stage": kind, "step": str(facts["step"])})

    course = Course(transformer, data.draw, save)
    # The short stages would be over before a long warm-up or average is.
    warmup, average = (100, 0.998) if kind == "base" else (5, 0.9)
    options = EngineOptions(
        max_steps=1 << 30, batch_size=run.rates.batch, lr=lr, warmup=warmup, grad_clip=1.0,
        weight_decay=0.01, ema_decay=average, checkpoint_every=400, validate_every=1 << 30,
    )  # fmt: skip
    engine = TimedEngine(course, options, run.out / name, run.device, Processes(), SILENT)
    engine.clock, engine.peak, engine.say = run.left(name), lr, partial(run.say, stage=name)
    begin = time.monotonic()
    with suppress(Interrupted):
        engine.run()
    taken = time.monotonic() - begin
    run.say(stage=name, steps=engine.step, seconds_per_step=taken / max(1, engine.step))
    return run.out / name / "latest"


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


def main() -> None:
    """Draw, train, sample, save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for domain in CAMERAS:
        parser.add_argument(f"--{domain}", type=Path, required=True, help="folder of motions")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1800.0, help="for everything")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--clips", type=int, default=0, help="at most so many of a domain")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--vae-batch", type=int, default=4)
    parser.add_argument("--sample-steps", type=int, default=20)
    parser.add_argument("--shown", type=int, default=20, help="held-out clips that are sampled")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--clips-there", type=Path, help="folder of clips drawn before")
    options = parser.parse_args()
    begin = time.monotonic()
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rates = Rates(batch=options.batch, vae_batch=options.vae_batch)
    run = Run(options.out, device, options.seconds, rates, begin)
    run.out.mkdir(parents=True, exist_ok=True)
    gathered = Gathered(options, run)
    if options.clips_there:
        gathered.add(sorted(options.clips_there.glob("*-*.npz")))
    while not any(gathered.clips[name] for name in ("base", "target")):
        if not gathered.take(wait=0.5) and not gathered.drawing():
            raise SystemExit("no clips could be drawn")
    train_all(gathered, run, options)


def train_all(gathered: Gathered, run: Run, options: argparse.Namespace) -> None:
    """From clips to the four rows."""
    gathered.take(wait=0.2 * run.seconds)
    gathered.stop()
    vae = trained_vae(gathered, run)
    run.say(clips={name: len(clips) for name, clips in gathered.clips.items()})
    start = run.out / "start"
    torch.manual_seed(0)
    save_tiny(start, vae.cpu().eval(), tiny_transformer().eval())
    frozen = encoders(start, vae, run)
    data = {
        "base": ResidentClips(frozen, gathered.clips["base"], segments=2, false_colours=True),
        "target": ResidentClips(frozen, gathered.clips["target"]),
        "held": ResidentClips(frozen, gathered.clips["held"], references=1, segments=1),
    }
    run.say(segments={name: len(part) for name, part in data.items()})
    rates = run.rates
    model = stage("base", "base", start, data["base"], run, rates.base_lr, compiled=options.compile)
    adapter = stage("kinematic", "kinematic", model, data["target"], run, rates.kinematic_lr)
    adapter = adapter / ADAPTER_FILE
    lora = stage("aesthetic", "aesthetic", model, data["target"], run, rates.aesthetic_lr)
    both = stage("both", "aesthetic", model, data["target"], run, rates.aesthetic_lr, adapter)
    keep(run, model, adapter, lora / LORA_FILE, both / LORA_FILE)
    made = {
        name: sampled(model, change, data["held"], frozen, run,
                      min(options.shown, len(data["held"])), options.sample_steps)
        for name, change in rows(model, adapter, lora / LORA_FILE, both / LORA_FILE).items()
    }  # fmt: skip
    truth = np.stack(data["held"].truth[: len(made["base"])])
    for name, frames in made.items():
        error = ((frames.astype(np.float32) - truth) ** 2).mean(axis=(2, 3, 4)) / 255**2
        run.say(row=name, psnr=float(-10 * np.log10(error).mean()))
    save_rows(run.out / "samples.zip", {"truth": truth, **made})
    (run.out / "log.json").write_text(json.dumps(run.log), "utf-8")


def encoders(model: Path, vae: Any, run: Run) -> Frozen:
    """The encoders of a model folder, on the device, with the embedded prompt."""
    cpu = torch.device("cpu")
    pipeline = load_parts(find_wan(str(model)), cpu, transformer=None)
    text = pipeline.encode_prompt(DANCING, do_classifier_free_guidance=False)[0][0]
    config = read_json(model / "transformer" / "config.json")
    motion = load_motion_encoder(model / "transformer", config).to(run.device)
    tower = pipeline.image_encoder.float().to(run.device)
    return Frozen(
        vae.to(run.device), tower, pipeline.image_processor, motion, text.detach().to(run.device)
    )


def keep(run: Run, model: Path, adapter: Path, lora: Path, both: Path) -> None:
    """Copy the results together, away from states and older checkpoints."""
    target = run.out / "result"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model, target / "base", ignore=shutil.ignore_patterns("training.*"))
    shutil.copy(adapter, target / "body_adapter.safetensors")
    shutil.copy(lora, target / "lora_without_adapter.safetensors")
    shutil.copy(both, target / "lora.safetensors")


if __name__ == "__main__":
    main()
