"""A dancer who steps, sways and waves on every pulse, a small library of such takes, and songs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipelines.datasets.dance_take import DanceTake
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.prepare import build_library
from pipelines.motion_expert.library.storage import Library
from pipelines.music import layout
from pipelines.rhythm.pulses import Pulses

Features = Callable[..., np.ndarray]


def take(
    name: str, genre: str, bpm: float, seconds: float = 16.0, couple: bool = False
) -> DanceTake:
    """A dance of its own per name: steps on the spot, arms and trunk differ."""
    random = np.random.default_rng(sum(map(ord, name)))
    frames = round(seconds * 30)
    beat = np.arange(frames) / 30 * bpm / 60
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    lift = np.maximum(0, np.sin(np.pi * beat)), np.maximum(0, -np.sin(np.pi * beat))
    for side, raised in enumerate(lift):
        poses[:, 1 + side, 0] = -0.7 * raised
        poses[:, 4 + side, 0] = 1.2 * raised
    slow = np.stack([np.sin(2 * np.pi * beat / p + random.uniform(0, 6)) for p in (2, 4, 8)], 1)
    for joint in (3, 6, 16, 17, 18, 19):
        poses[:, joint] += (slow @ random.normal(size=(3, 3)) * 0.25).astype(np.float32)
    poses[:, 16, 2] -= 0.8
    poses[:, 17, 2] += 0.8
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    stands = np.stack([lift[0] == 0, lift[1] == 0] * 2, 1).astype(np.float32)
    times = np.arange(int(beat[-1]) + 1) * 60 / bpm
    return DanceTake(
        name, Motion(poses, trans, 30.0, genre, name), stands, genre,
        (Pulses(times, 0.6, known=True),), f"dancer {name[0]}", name, name, "test", "CC0", couple,
    )  # fmt: skip


@pytest.fixture(scope="session")
def library() -> Library:
    """Nine takes: house and lock that dance unasked, salsa and krump that do not."""
    takes = [take(f"h{n}", "house", 112 + 4 * n) for n in range(3)]
    takes += [take(f"l{n}", "lock", 100 + 10 * n) for n in range(3)]
    takes += [take(f"k{n}", "krump", 96 + 8 * n) for n in range(2)]
    return build_library([*takes, take("s0", "salsa", 170, couple=True)], ["x: hardly moves"])


@pytest.fixture(scope="session")
def song() -> Features:
    """Features of a song: clicks at a tempo, bars told apart by harmony and loudness."""

    def make(
        seconds: float = 12.0, bpm: float = 120.0, per_bar: int = 4, form: str = "abcd",
        delay: float = 0.1,
    ) -> np.ndarray:  # fmt: skip
        frames = max(1, round(seconds * 30))
        features = np.zeros((frames, layout.WIDTH), np.float32)
        times = np.arange(frames) / 30
        count = ((times - delay) * bpm / 60).clip(0)
        for frame in range(frames):
            letter = ord(form[int(count[frame] / per_bar) % len(form)])
            noise = np.random.default_rng(letter * 1000 + int(count[frame] % per_bar))
            features[frame, layout.chroma] = noise.uniform(size=12)
            features[frame, layout.mfcc] = noise.normal(size=20)
        if bpm:
            for number, at in enumerate(np.arange(delay, seconds, 60 / bpm)):
                frame = min(frames - 1, round(at * 30))
                features[frame, layout.beats] = features[frame, layout.peaks] = 1
                features[frame, layout.envelope] = 3 if number % per_bar == 0 else 1.5
        return features

    return make
