from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.own_takes import read_own_takes
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput

Stepping = Callable[..., Motion]


def lively(motion: Motion) -> Motion:
    """The same with swinging arms and trunk."""
    poses = motion.poses.copy()
    swing = np.sin(np.arange(motion.frames) / 3)
    for joint in (3, 6, 16, 17):
        poses[:, joint, 2] += 0.5 * swing
    return replace(motion, poses=poses)


def test_a_folder_of_ones_own(stepping: Stepping, tmp_path: Path) -> None:
    (tmp_path / "tango").mkdir()
    save_npz(replace(lively(stepping(96.0)), genre=None), tmp_path / "tango" / "one.npz")
    save_npz(replace(lively(stepping(120.0)), genre="polka"), tmp_path / "two.npz")
    save_npz(lively(stepping(120.0, seconds=2.0)), tmp_path / "short.npz")
    (tmp_path / "broken.bvh").write_text("nothing")
    found = read_own_takes(tmp_path, lively=0.05)
    assert {(t.name, t.genre) for t in found.takes} == {("tango/one", "tango"), ("two", "polka")}
    assert [round(t.pulses[0].bpm) for t in found.takes] == [96, 120]
    assert sum("short" in line or "broken" in line for line in found.left_out) == 2
    lazy = read_own_takes(tmp_path, lively=5.0)
    assert not lazy.takes and any("hardly moves" in line for line in lazy.left_out)


def test_a_folder_without_dance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such folder"):
        read_own_takes(tmp_path / "nowhere")
    with pytest.raises(UnsuitableInput, match="no motion file"):
        read_own_takes(tmp_path)
