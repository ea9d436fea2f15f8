"""Trains the small VAE on clips of workspaces and builds a model folder around it.

    python examples/tiny_appearance/train_vae.py --data WORKSPACE --out FOLDER --steps 3000

The transformer in that folder is new: `macedance train-appearance --stage base` trains it.
"""

from __future__ import annotations

import argparse
from itertools import count
from pathlib import Path

import numpy as np
import torch

from pipelines.appearance_expert.tiny_architecture import save_tiny, tiny_transformer, tiny_vae
from pipelines.appearance_expert.vae_training import (
    VaeLoss,
    encode_whole,
    latent_statistics,
    train_vae,
)
from pipelines.media.video import read_frames
from pipelines.workspace.clips import POSE_VIDEO, VIDEO

CROP = (13, 128, 96)
"""Frames, height and width of what the VAE sees at once."""
POSES, FALSE_COLOURS = 0.25, 0.3
"""How often it sees skeletons, and how often colour channels are exchanged."""


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


def as_pixels(frames_NTHW3: np.ndarray, device: torch.device) -> torch.Tensor:
    """(N, 3, T, H, W) in [-1, 1]."""
    return torch.from_numpy(frames_NTHW3).to(device).movedim(-1, 1).float() / 127.5 - 1


def main() -> None:
    """Read the clips, train, measure the latents, save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--lr", type=float, default=1e-3)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folders = sorted(f for data in options.data for f in (data / "clips").iterdir() if f.is_dir())
    videos, poses = (
        [np.stack(list(read_frames(folder / name))) for folder in folders]
        for name in (VIDEO, POSE_VIDEO)
    )
    random = np.random.default_rng(0)

    def crops() -> torch.Tensor:
        source = poses if random.random() < POSES else videos
        return as_pixels(random_crops(source, options.batch_size, random), device)

    def report(step: int, loss: VaeLoss) -> None:
        print(f"step {step}: L1 {loss.l1:.4f}, edges {loss.edges:.4f}, KL {loss.kl:.2f}")

    torch.manual_seed(0)
    vae = tiny_vae().to(device)
    steps = count()
    train_vae(vae, crops, lambda: next(steps) / options.steps, options.lr, report)
    with torch.no_grad():
        seen = [as_pixels(video[None, :33], device) for video in videos[:96]]
        latents = torch.cat([encode_whole(vae, pixels).chunk(2, dim=1)[0].cpu() for pixels in seen])
    mean, deviation = latent_statistics(latents)
    vae.register_to_config(latents_mean=mean, latents_std=deviation)
    torch.manual_seed(0)
    save_tiny(options.out, vae.cpu(), tiny_transformer().eval())
    print(options.out)


if __name__ == "__main__":
    main()
