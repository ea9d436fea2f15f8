import numpy as np
import pytest
from quality.clips import FPS, WINDOW, Clip, windows
from quality.measures import (
    FeatureSet,
    distances,
    grouped_mean,
    split_by_group,
    step_rate,
)


def features(count: int, shift: float = 0.0, genre: str = "a", seed: int = 0) -> FeatureSet:
    random = np.random.default_rng(seed)
    return FeatureSet(
        random.standard_normal((count, 6)) + 10 + shift,
        random.standard_normal((count, 4)),
        [genre] * count,
        [str(i % 10) for i in range(count)],
    )


def clip(frames: int) -> Clip:
    return Clip(np.zeros((frames, 24, 3)), np.zeros(0), "a", "s", "s")


def test_windows_lie_inside_the_clip():
    assert [len(w) for w in windows(clip(360))] == [WINDOW] * 3
    assert windows(clip(WINDOW - 1)) == []


def test_distance_grows_with_a_shift_by_its_square():
    real = features(2000)
    same, moved = distances(features(2000, seed=1), real), distances(features(2000, 3.0), real)
    assert same["fid_k"] < 0.1
    assert moved["fid_k"] == pytest.approx(6 * 9, rel=0.05)
    assert moved["fid_g"] < 0.1
    assert moved["div_k"] == pytest.approx(same["div_k"], rel=0.05)


def test_halves_without_common_takes_differ_when_takes_do():
    alike = features(200)
    apart = FeatureSet(
        alike.kinetic + 5 * np.arange(200)[:, None] % 10, alike.geometric, alike.genres,
        alike.groups,
    )  # fmt: skip
    assert split_by_group(apart)["fid_k"] > split_by_group(alike)["fid_k"]


def test_steps_are_counted_once_for_each_foot():
    seconds = np.arange(300) / FPS
    joints = np.zeros((300, 24, 3))
    for foot in (7, 10, 8, 11):
        joints[:, foot, 0] = 0.4 * (seconds - np.sin(2 * np.pi * seconds) / (2 * np.pi))
    assert step_rate(joints) == pytest.approx(2.0, abs=0.2)
    assert step_rate(np.zeros((300, 24, 3))) == 0.0


def test_the_mean_is_over_clips_and_the_interval_over_groups():
    values = np.array([1.0, 1.0, 3.0, np.nan])
    mean, (low, high) = grouped_mean(values, ["x", "x", "y", "y"])
    assert mean == pytest.approx(5 / 3)
    assert (low, high) == (1.0, 3.0)
