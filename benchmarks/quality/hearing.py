"""Does the denoiser use the music? Its error with the right song, and with wrong ones.

Unlike statistics of drawn dances this needs no sampling and hardly any luck: noisy held-out windows
are denoised beside their own music, the same music late, another window's, and none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipelines.datasets.paired import load_pair
from pipelines.datasets.splits import split_takes
from pipelines.datasets.windows import Batch, Windows
from pipelines.motion_expert.mace.checkpoint import Checkpoint, build_model
from pipelines.motion_expert.mace.diffusion import add_noise, alphas_cumulative
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.validation import find_ones
from pipelines.training.feed import Tensors

STEPS = (900, 700, 400, 150)
WINDOWS = 64
HALF_BEAT = 10
"""Frames; held-out pairs have about 90 beats a minute."""


def errors(checkpoint: Checkpoint, pairs: Path, held_out: Sequence[str]) -> dict[str, list[float]]:
    """Mean squared error (normalised) per diffusion step of STEPS, by what was heard."""
    sequences = [load_pair(path) for path in sorted(pairs.glob("*.npz"))]
    held = split_takes(sequences, held_out, seed=0)[1]
    config = checkpoint.config
    windows = Windows(held, config.genres, 150, 75)
    rows = windows.spread(WINDOWS)
    model = build_model(checkpoint)
    assert isinstance(model, MotionExpert)

    def prepare(batch: Batch) -> Tensors:
        heard = checkpoint.standardizer.transform(batch.music)
        if config.beat_clock:
            heard = np.concatenate([heard, batch.clock], axis=-1)
        return {
            "x_BTK": torch.from_numpy(checkpoint.normalizer.transform(batch.motion)),
            "music_BTF": torch.from_numpy(heard),
            "genre_B": torch.from_numpy(batch.genre),
        }

    find_ones(model, prepare, windows, rows)
    batch = prepare(windows.gather(rows))
    music, clean, genre = batch["music_BTF"].numpy(), batch["x_BTK"], batch["genre_B"]
    other = np.random.default_rng(1).permutation(len(music))
    heard = {
        "right": music,
        "half a beat late": np.roll(music, HALF_BEAT, axis=1),
        "another window's": music[other],
    }
    everyone = torch.ones(len(clean), dtype=torch.bool)
    found = {
        name: [_error(model, clean, torch.from_numpy(values), genre, everyone, s) for s in STEPS]
        for name, values in heard.items()
    }
    found["none"] = [
        _error(model, clean, torch.from_numpy(music), genre, ~everyone, s) for s in STEPS
    ]
    return found


@torch.no_grad()
def _error(
    model: MotionExpert, clean: Tensor, music: Tensor, genre: Tensor, keep: Tensor, step: int
) -> float:
    steps = torch.full((len(clean),), step)
    alphas = torch.as_tensor(alphas_cumulative(), dtype=torch.float32)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    noisy = add_noise(clean, noise, steps, alphas)
    answer = model(noisy, steps, music, torch.full((len(clean),), 0.75), genre, keep)
    return float((answer - clean).square().mean())
