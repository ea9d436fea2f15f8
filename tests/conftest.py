"""Fixtures that several rooms share."""

from __future__ import annotations

import math
import os
import struct
import subprocess
import sys
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real songs, dances and pictures beside the checkout; skips where there is none."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("no shared data beside the checkout (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def tiny_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a 440 Hz tone with a click twice a second, 22050 Hz mono 16-bit wav."""
    rate, path = 22050, tmp_path_factory.mktemp("song") / "tiny.wav"
    samples = (
        0.2 * math.sin(2 * math.pi * 440 * i / rate) + (0.7 if i % (rate // 2) < 60 else 0.0)
        for i in range(3 * rate)
    )
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(rate)
        stream.writeframes(b"".join(struct.pack("<h", int(32767 * s)) for s in samples))
    return path


@pytest.fixture
def slowdown() -> float:
    """How much longer than on an idle machine things take now: runnable processes per core."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture
def environment() -> dict[str, str]:
    """This process's environment without anything that steers macedance or colours its output."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MACEDANCE_") and name not in ("FORCE_COLOR", "NO_COLOR")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "80"}


@pytest.fixture
def macedance(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run the real command in an empty folder; returns the finished process."""

    def run(
        *arguments: str, program: Sequence[str] = ("-m", "macedance_cli.app"), **changes: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=tmp_path,
            env={**environment, **changes},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def tiny_dance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a dancer who stands and moves the arms, as our npz at 30 frames a second."""
    import numpy as np

    from pipelines.body.skeleton import JOINT
    from pipelines.motion.motion import Motion
    from pipelines.motion.npz import save_npz

    seconds = np.arange(90) / 30
    poses, trans = np.zeros((90, 24, 3)), np.tile([0.0, 0.0, 0.9], (90, 1))
    poses[:, JOINT["pelvis"], 0] = np.pi / 2
    swing = 1.0 - 0.4 * np.sin(2 * np.pi * seconds)
    poses[:, JOINT["left_shoulder"], 2], poses[:, JOINT["right_shoulder"], 2] = -swing, swing
    path = tmp_path_factory.mktemp("dance") / "tiny.npz"
    save_npz(Motion(poses, trans, 30.0), path)
    return path
