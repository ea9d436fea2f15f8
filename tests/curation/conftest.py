"""What was seen of a film, and a film that was watched, without watching one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.curation.observations import Observations
from pipelines.curation.sources import RawVideo
from pipelines.curation.watching import Watched


@pytest.fixture(scope="session")
def seen() -> Callable[..., Observations]:
    """What was seen of so many frames: one whole person, looked at in every third frame."""

    def make(frames: int = 60, first: int = 0, **changes: Any) -> Observations:
        looks = np.arange(first, first + frames, 3)
        points = np.zeros((len(looks), 17, 3), dtype=np.float32)
        points[..., 0] = np.linspace(0.4, 0.6, 17)
        points[..., 1] = np.linspace(0.1, 0.9, 17)
        points[..., 2] = 0.9
        jpegs = [bytes([65 + number]) * (number + 1) for number in range(3)]
        return replace(
            Observations(
                cut=np.zeros(frames, np.float32),
                flow_frame=np.arange(first + 1, first + frames),
                motion=np.full(frames - 1, 0.4, np.float32),
                look_frame=looks,
                people=np.ones(len(looks), np.int16),
                box=np.tile(np.float32([0.4, 0.1, 0.6, 0.9]), (len(looks), 1)),
                points=points,
                bars=np.zeros(len(looks), np.float32),
                hash=np.arange(len(looks), dtype=np.uint64),
                thumb_frame=first + np.array([0, frames // 3, 2 * frames // 3]),
                thumb_bytes=np.frombuffer(b"".join(jpegs), np.uint8),
                thumb_size=np.array([1, 2, 3]),
            ),
            **changes,
        )

    return make


@pytest.fixture(scope="session")
def watched() -> Callable[..., Watched]:
    """A video that was watched, with the facts that its record would hold."""

    def make(folder: Path = Path("w"), path: Path = Path("v/a.mp4"), **facts: Any) -> Watched:
        known = {
            "width": 640, "height": 480, "fps": [10, 1], "frames": 600, "has_sound": False,
            "sound_level": [], "finder": "blazepose", "mtime_ns": 0,
        }  # fmt: skip
        source = RawVideo(path, path.name, "salsa")
        return Watched(source, "ab" * 32, folder, True, known | facts)

    return make
