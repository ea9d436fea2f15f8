from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.aistpp_heights import flights, pelvis_heights
from pipelines.support.errors import UnsuitableInput


def leap(frames: int = 120, at: int = 60, height: float = 0.2, seconds: float = 0.4) -> np.ndarray:
    """Height of a body in the air for a while, as gravity has it."""
    since = (np.arange(frames) - at) / 30 / (seconds / 2)
    return height * np.maximum(0, 1 - since**2)


def test_a_leap_that_looks_like_a_squat_is_seen() -> None:
    air = leap(height=0.25, seconds=0.34)
    bob = 0.03 * np.sin(np.arange(120) / 5)
    pelvis = 0.85 + bob + 0.1 * air
    grounded = 0.94 + bob - 0.9 * air  # legs drawn up under a body that hardly rises
    lift = flights(pelvis, grounded)
    assert lift[60] == pytest.approx(0.25, abs=0.06)
    assert lift[:48].max() < 0.01 and lift[72:].max() < 0.01


def test_a_squat_is_a_squat_and_another_body_is_no_flight() -> None:
    squat = 0.9 - leap(height=0.3, seconds=0.6)
    slow = 0.9 - 0.15 * (1 - np.cos(np.arange(120) / 120 * 8 * np.pi))
    assert flights(np.full(120, 0.85), slow).max() == 0  # the source's pelvis is at fault
    assert flights(squat * 0.92, squat).max() < 0.01
    assert flights(np.full(100, 0.85), np.full(104, 0.95)).max() == 0
    assert len(flights(np.full(100, 0.85), np.full(104, 0.95))) == 104


def test_nobody_stays_in_the_air_for_a_second() -> None:
    kneeling = np.full(150, 0.9)
    kneeling[50:90] = 0.5
    assert flights(np.full(150, 0.85), kneeling).max() < 0.01


def test_reads_every_second_of_sixty_frames(tmp_path: Path) -> None:
    hips = [[0, 0.8 + 0.01 * n, 0] for n in range(6)]
    path = tmp_path / "take.t2.json"
    path.write_text(json.dumps({"fps": 60, "hips": [x for row in hips for x in row]}))
    assert pelvis_heights(path) == pytest.approx([0.8, 0.82, 0.84])
    path.write_text("{}")
    with pytest.raises(UnsuitableInput, match="pelvis heights"):
        pelvis_heights(path)
