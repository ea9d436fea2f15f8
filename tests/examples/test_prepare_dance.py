"""The script that pairs a library with music, on one take and one composed song."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.datasets.dance_take import DanceTake
from pipelines.datasets.paired import load_pair
from pipelines.motion.contacts import standing
from pipelines.motion_expert.library.prepare import build_library
from pipelines.motion_expert.library.storage import save_library
from pipelines.rhythm.pulses import Pulses

SCRIPT = Path(__file__).parents[2] / "examples" / "prepare_dance.py"
SONGS = SCRIPT.parent


@pytest.fixture
def one_take(stepping: Callable[..., Any], tmp_path: Path) -> Path:
    """The folder of a library of one dance at a known tempo."""
    motion = replace(stepping(110, 10), genre="house", source="steps")
    take = DanceTake(
        "steps", motion, standing(motion.joints(), 30.0), "house",
        (Pulses(np.arange(0, 10, 60 / 110), 0.6, known=True),), "somebody", "steps", "steps",
        "test", "CC0",
    )  # fmt: skip
    save_library(build_library([take], []), tmp_path / "library")
    return tmp_path / "library"


def test_a_folder_without_a_library_is_an_error_of_one_line(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, SCRIPT, "--library", tmp_path, "--songs", SONGS, "--workspace", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 4 and "Traceback" not in said.stderr


def test_pairs_say_which_of_them_are_held_out(tmp_path: Path, one_take: Path) -> None:
    held = tmp_path / "held.txt"
    held.write_text("somebody\n")
    said = subprocess.run(
        [sys.executable, SCRIPT, "--library", one_take, "--songs", SONGS, "--hold-out", held,
         "--workspace", tmp_path, "--warped", "0", "--composed", "1"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.startswith("1 pairs of 1 takes with 1 songs")
    (path,) = (tmp_path / "pairs").glob("*.npz")
    pair = load_pair(path)
    assert (pair.take, pair.split, pair.genre) == ("steps", "test", "house")
