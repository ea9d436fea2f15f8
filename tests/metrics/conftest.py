"""Dances to measure, and the benchmarks' published loops beside the metrics."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pipelines.motion.motion import Motion

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))


@pytest.fixture
def dance():
    """Build a smooth random dance: seed, frames, frames per second."""

    def build(seed=0, frames=90, fps=30.0, size=1.0) -> Motion:
        random = np.random.default_rng(seed)
        seconds = np.arange(frames)[:, None, None] / fps
        rate, phase = random.uniform(0.5, 2, (2, 1, 24, 3))
        poses = (
            size
            * random.normal(0, 0.35, (1, 24, 3))
            * np.sin(2 * np.pi * rate * seconds + 6 * phase)
        )
        poses[:, 0, 0] += np.pi / 2
        flat = seconds[:, 0]
        drift = random.uniform(-0.3, 0.3, (1, 2)) * flat
        height = 0.95 + 0.04 * np.sin(2 * np.pi * 2 * flat)
        trans = np.concatenate([drift, height], axis=1)
        return Motion(poses.astype(np.float32), trans.astype(np.float32), fps, source="test")

    return build
