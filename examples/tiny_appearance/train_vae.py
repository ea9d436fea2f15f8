"""Trains the small VAE's decoder on clips of workspaces and builds a model folder around it.

    python examples/tiny_appearance/train_vae.py --data WORKSPACE --out FOLDER --steps 3000

The transformer in that folder is new: `macedance train-appearance --stage base` trains it.
"""

from __future__ import annotations

import argparse
from itertools import count
from pathlib import Path

import numpy as np
import torch

from pipelines.appearance_expert.tiny_architecture import (
    HEIGHT,
    SEGMENT_FRAMES,
    WIDTH,
    save_tiny,
    tiny_transformer,
    tiny_vae,
)
from pipelines.appearance_expert.training.frames import window_for
from pipelines.appearance_expert.vae_training import (
    DecoderLoss,
    averages,
    latent_statistics,
    train_decoder,
)
from pipelines.media.video import read_frames
from pipelines.workspace.clips import VIDEO

CROP = (5, 48, 48)
"""Frames, height and width of what the decoder makes at once."""
FALSE_COLOURS = 0.2
"""How often colour channels are exchanged."""


def random_crops(clips: list[np.ndarray], size: int, random: np.random.Generator) -> np.ndarray:
    """(size, T, H, W, 3) pieces of clips."""
    parts = []
    for clip in (clips[n] for n in random.integers(len(clips), size=size)):
        corner = [
            int(random.integers(whole - part + 1))
            for whole, part in zip(clip.shape, CROP, strict=False)
        ]
        part = clip[tuple(slice(at, at + n) for at, n in zip(corner, CROP, strict=True))]
        if random.random() < FALSE_COLOURS:
            part = part[..., random.permutation(3)]
        parts.append(part)
    return np.stack(parts)


def at_model_size(video: Path) -> np.ndarray:
    """(T, H, W, 3) frames cut to the model's shape, in their middle."""
    frames = list(read_frames(video))
    height, width = frames[0].shape[:2]
    centre = np.array([width, height]) / 2
    window = window_for(width, height, (WIDTH, HEIGHT), centre)
    return np.stack([window.cut(frame) for frame in frames])


def as_pixels(frames_NTHW3: np.ndarray, device: torch.device) -> torch.Tensor:
    """(N, 3, T, H, W) in [-1, 1]."""
    return torch.from_numpy(frames_NTHW3).to(device).movedim(-1, 1).float() / 127.5 - 1


def main() -> None:
    """Read the clips, train, measure the latents, save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--lr", type=float, default=1e-3)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folders = sorted(f for data in options.data for f in (data / "clips").iterdir() if f.is_dir())
    videos = [at_model_size(folder / VIDEO) for folder in folders]
    random = np.random.default_rng(0)

    def crops() -> torch.Tensor:
        return as_pixels(random_crops(videos, options.batch_size, random), device)

    def report(step: int, loss: DecoderLoss) -> None:
        print(f"step {step}: squares {loss.squares:.4f}, L1 {loss.l1:.4f}")

    torch.manual_seed(0)
    vae = tiny_vae().to(device)
    steps = count()
    train_decoder(vae, crops, lambda: next(steps) / options.steps, options.lr, report)
    seen = [averages(as_pixels(video[None, :SEGMENT_FRAMES], device)) for video in videos[:100]]
    mean, deviation = latent_statistics(torch.cat(seen).cpu())
    vae.register_to_config(latents_mean=mean, latents_std=deviation)
    torch.manual_seed(0)
    save_tiny(options.out, vae.cpu(), tiny_transformer().eval())
    print(options.out)


if __name__ == "__main__":
    main()
