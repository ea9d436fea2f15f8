"""Dances of a few seconds that are quickly drawn, and songs with one click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT
from pipelines.media.audio import write_wav
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz

SONG_RATE = 16_000


@pytest.fixture
def jerk() -> Callable[..., Path]:
    """Write a dance of a few seconds whose arms fly up at one moment and that is still else."""

    def make(path: Path, seconds: float = 8.0, at: float = 3.0, fps: float = 30.0) -> Path:
        times = np.arange(round(seconds * fps)) / fps
        poses = np.zeros((len(times), 24, 3), dtype=np.float32)
        poses[:, 0, 0] = np.pi / 2
        lift = np.where(times < at - 1e-6, -1.3, 1.3)
        poses[:, JOINT["left_shoulder"], 2] = lift
        poses[:, JOINT["right_shoulder"], 2] = -lift
        trans = np.tile(np.array([0, 0, 0.97], dtype=np.float32), (len(times), 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        save_npz(Motion(poses, trans, fps), path)
        return path

    return make


@pytest.fixture
def click() -> Callable[..., Path]:
    """Write a silent song with one click."""

    def make(path: Path, seconds: float = 10.0, at: float = 3.0) -> Path:
        times = np.arange(round(seconds * SONG_RATE)) / SONG_RATE - at
        samples = np.where((times >= 0) & (times < 0.01), np.sin(times * 12_000), 0.0)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, samples, SONG_RATE)
        return path

    return make
