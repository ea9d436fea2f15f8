"""The scripts of examples/tiny_appearance find each other as when they are run; small libraries."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "tiny_appearance"))


@pytest.fixture
def library_of(stepping: Callable[..., Any], tmp_path: Path) -> Callable[..., Path]:
    """From names to the folder of a library with a dance of each, at a known tempo."""

    def make(*names: str) -> Path:
        from pipelines.datasets.dance_take import DanceTake
        from pipelines.motion.contacts import standing
        from pipelines.motion_expert.library.prepare import build_library
        from pipelines.motion_expert.library.storage import save_library
        from pipelines.rhythm.pulses import Pulses

        pulses = (Pulses(np.arange(0, 10, 60 / 110), 0.6, known=True),)
        takes = []
        for name in names:
            motion = replace(stepping(110, 10), genre="house", source=name)
            stands = standing(motion.joints(), 30.0)
            takes.append(
                DanceTake(
                    name, motion, stands, "house", pulses, "somebody", name, name, "test", "CC0"
                )
            )
        save_library(build_library(takes, []), tmp_path / "library")
        return tmp_path / "library"

    return make
