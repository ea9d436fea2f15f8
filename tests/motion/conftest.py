"""Motions to test with: drawn from a seed, and real ones unpacked from the shared data."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from pipelines.body.skeleton import OFFSETS
from pipelines.motion.motion import Motion

UPRIGHT = np.array([np.pi / 2, 0, 0])


@pytest.fixture
def swaying() -> Callable[..., Motion]:
    """A smooth random motion of an upright dancer with bent knees and moving arms."""

    def make(frames: int = 60, fps: float = 30.0, seed: int = 0) -> Motion:
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(frames, 24, 3))
        poses = gaussian_filter1d(noise, 6, axis=0, mode="wrap") * 1.2
        poses[:, [0, 10, 11, 22, 23]] = 0
        poses[:, 0] = UPRIGHT
        poses[:, [4, 5], 0] += 0.5
        poses[:, [4, 5], 1:] = 0
        trans = gaussian_filter1d(rng.normal(size=(frames, 3)), 8, axis=0, mode="wrap") * 0.2
        trans[:, 2] += 0.9
        return Motion(poses.astype(np.float32), trans.astype(np.float32), fps, source="swaying")

    return make


@pytest.fixture
def standing() -> Callable[..., Motion]:
    """A dancer in the rest pose, toes on the floor."""

    def make(frames: int = 60, fps: float = 30.0) -> Motion:
        poses = np.zeros((frames, 24, 3), dtype=np.float32)
        poses[:, 0] = UPRIGHT
        trans = np.zeros((frames, 3), dtype=np.float32)
        trans[:, 2] = -OFFSETS[[1, 4, 7, 10], 1].sum()
        return Motion(poses, trans, fps, source="standing")

    return make


@pytest.fixture(scope="session")
def real_motion(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Path]:
    """Unpack one archive of the shared motions and return the file in it that has this name."""
    unpacked: dict[str, Path] = {}

    def find(archive: str, name: str) -> Path:
        if archive not in unpacked:
            source = shared_data / "motion" / f"{archive}.tar.xz"
            if not source.is_file():
                pytest.skip(f"no shared motion archive {archive}")
            folder = tmp_path_factory.mktemp(archive)
            with tarfile.open(source) as stream:
                stream.extractall(folder, filter="data")
            unpacked[archive] = folder
        return next(unpacked[archive].rglob(name))

    return find
