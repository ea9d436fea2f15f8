"""A look at what a network in training dances to held-out songs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pipelines.body.preview import render_preview
from pipelines.datasets.windows import Windows
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.smoothness import jitter
from pipelines.motion.npz import save_npz
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.options import SamplingConfig

_SAMPLES = 3


def look_at_samples(
    checkpoint: Checkpoint, held: Windows, target: Path, device: torch.device
) -> dict[str, float]:
    """Dance to a few held-out songs: a motion and a contact sheet each, and figures for the log.

    Args:
        checkpoint: the network as it is now.
        held: whose songs are danced to, each for at most two windows.
        target: folder of <song>.npz and <song>.png.
        device: where to dance.

    Returns:
        Means over the songs: share of skating frames, jitter in m/s³.
    """
    choreographer = Choreographer(checkpoint, device)
    figures: dict[str, list[float]] = {"foot_skating": [], "jitter": []}
    for number in np.unique(np.linspace(0, len(held.features) - 1, _SAMPLES).astype(int)):
        genre = held.genre[number]
        label = checkpoint.config.genres[genre] if genre >= 0 else None
        song = held.features[number][: 2 * held.window]
        (motion, _), *_ = choreographer.dance(
            song, checkpoint.feature_schema, SamplingConfig(genre=label)
        )
        joints = motion.joints()
        figures["foot_skating"].append(foot_skating_ratio(joints, motion.fps).ratio)
        figures["jitter"].append(jitter(joints, motion.fps))
        save_npz(motion, target / f"{number:05d}.npz")
        render_preview(motion.rotations(), motion.trans, target / f"{number:05d}.png")
    known = {name: [v for v in values if np.isfinite(v)] for name, values in figures.items()}
    return {name: float(np.mean(values)) for name, values in known.items() if values}
