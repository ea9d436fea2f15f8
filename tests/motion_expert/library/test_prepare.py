from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.metrics.joints import body_speed
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.prepare import build_library, grid_disagreements
from pipelines.motion_expert.library.storage import Library
from pipelines.support.errors import UnsuitableInput


def test_curves_are_those_of_the_takes(library: Library) -> None:
    take = library.takes[2]
    rows = np.arange(take.first, take.first + take.frames)
    motion = Motion(
        library.poses(rows).astype(np.float32), library.places(rows).astype(np.float32), 30.0
    )
    joints = motion.joints()
    curves = library.curves[rows]
    assert curves[:, 1] == pytest.approx(body_speed(joints, 30), abs=0.02)
    assert curves[:, 3] == pytest.approx(joints[:, 15, 2] - joints[:, 0, 2], abs=2e-3)


def test_readings_point_to_their_pulses(library: Library) -> None:
    for take in library.takes:
        (reading,) = take.readings
        times = library.pulses[reading.first : reading.first + reading.count]
        assert times[0] == 0 and (np.diff(times) > 0).all() and reading.known


def test_a_take_that_keeps_the_other_half_of_the_beat_is_named(library: Library) -> None:
    assert grid_disagreements(library) == []
    takes = [
        replace(t, grid=(0.6, -2.0 if t.name != "l2" else 1.1)) if t.genre == "lock" else t
        for t in library.takes
    ]
    (line,) = grid_disagreements(replace(library, takes=tuple(takes)))
    assert line.startswith("l2: R 0.60")


def test_no_takes_make_no_library() -> None:
    with pytest.raises(UnsuitableInput, match="no dance"):
        build_library([])
