from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.dance_files import dance_files
from pipelines.datasets.own_takes import is_kept, read_own_takes
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
    data, cache = tmp_path / "data", tmp_path / "cache"
    (data / "tango").mkdir(parents=True)
    save_npz(replace(lively(stepping(96.0)), genre=None), data / "tango" / "one.npz")
    save_npz(replace(lively(stepping(120.0)), genre="polka"), data / "two.npz")
    save_npz(lively(stepping(120.0, seconds=2.0)), data / "short.npz")
    (data / "broken.bvh").write_text("nothing")
    found = read_own_takes([data], cache, lively=0.05)
    assert {(t.name, t.genre) for t in found.takes} == {("tango/one", "tango"), ("two", "polka")}
    assert [round(t.pulses[0].bpm) for t in found.takes] == [96, 120]
    assert sum("short" in line or "broken" in line for line in found.left_out) == 2
    assert not any(str(data) in line for line in found.left_out)
    lazy = read_own_takes([data], cache, lively=5.0)
    assert not lazy.takes and any("hardly moves" in line for line in lazy.left_out)


def test_a_folder_without_dance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such folder"):
        read_own_takes([tmp_path / "nowhere"], tmp_path)
    with pytest.raises(UnsuitableInput, match="no motion file"):
        read_own_takes([tmp_path], tmp_path)


@pytest.fixture
def two(dancing: Stepping, tmp_path: Path) -> Path:
    for number, bpm in enumerate((100.0, 120.0)):
        save_npz(dancing(bpm, seconds=6), tmp_path / "two" / f"{number}.npz")
    return tmp_path / "two"


def test_what_was_read_is_not_read_again(two: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = read_own_takes([two], cache, lively=0.05)
    files, _ = dance_files(two, cache)
    assert all(is_kept(one, cache) for one in files)
    kept = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    again = read_own_takes([two], cache, lively=0.05)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == kept
    for one, other in zip(first.takes, again.takes, strict=True):
        assert one.motion.poses.tobytes() == other.motion.poses.tobytes()
        assert one.pulses[0].times.tobytes() == other.pulses[0].times.tobytes()


def test_a_damaged_one_is_read_again(two: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    read_own_takes([two], cache)
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    assert len(read_own_takes([two], cache, lively=0.05).takes) == 2


def test_every_take_has_a_name_of_its_own(dancing: Stepping, two: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "two"
    other.mkdir(parents=True)
    (other / "0.npz").write_bytes((two / "1.npz").read_bytes())
    found = read_own_takes([two, other], tmp_path / "cache", lively=0.05)
    assert [take.name for take in found.takes] == ["0", "1"]
    assert found.left_out == ["0: the same file as 1"]
    save_npz(dancing(90, seconds=6), other / "0.npz")
    found = read_own_takes([two, other], tmp_path / "cache", lively=0.05)
    assert [take.name for take in found.takes] == ["0", "1", "0~2"]


def test_the_workspace_within_is_none_of_the_data(two: Path, tmp_path: Path) -> None:
    workspace = two / "workspace"
    for _ in range(2):
        found = read_own_takes(
            [two], workspace / "features", lively=0.05, not_in=workspace
        )  # fmt: skip
        assert len(found.takes) == 2 and not found.left_out
