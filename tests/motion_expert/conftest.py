"""Fixtures of the motion expert's tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipelines.motion.motion import Motion


@pytest.fixture(scope="session")
def stepping() -> Callable[..., Motion]:
    """A maker of takes that step on the spot at a tempo, optionally drifting by a share of it."""

    def make(bpm: float, seconds: float = 16.0, fps: float = 30.0, drift: float = 0.0) -> Motion:
        """Before each beat one foot, left and right in turn, has been lifted and set down."""
        t = np.arange(int(seconds * fps)) / fps
        count = np.cumsum(bpm / 60 * (1 + drift * np.sin(2 * np.pi * t / 7))) / fps
        within = count % 1
        swing = np.where(within > 0.4, np.sin(np.pi * (within - 0.4) / 0.6) ** 2, 0.0)
        poses = np.zeros((len(t), 24, 3), dtype="f4")
        poses[:, 0, 0] = np.pi / 2
        left = np.floor(count) % 2 == 0
        for hip, knee, mask in ((1, 4, left), (2, 5, ~left)):
            poses[:, hip, 0], poses[:, knee, 0] = -0.6 * swing * mask, 0.9 * swing * mask
        trans = np.tile(np.array([0, 0, 0.95], dtype="f4"), (len(t), 1))
        return Motion(poses, trans, fps, "salsa", "stepping")

    return make
