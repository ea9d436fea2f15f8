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
