from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.workspace.clip_windows import even_windows, random_windows


@given(
    frames=st.integers(1, 20_000),
    fps=st.sampled_from([24.0, 30.0, 30000 / 1001, 60.0]),
    seed=st.integers(0, 99),
)
def test_windows_are_5_to_10_seconds_inside_the_dance_and_move_on(frames, fps, seed):
    windows = random_windows(frames, fps, "ab" * 32, seed)
    assert bool(windows) == (frames >= 5 * fps)
    for window in windows:
        assert 0 <= window.start < window.stop <= frames
        assert 5 <= window.frames / fps <= 10
    starts = [window.start for window in windows]
    assert starts == sorted(set(starts))
    if windows:
        assert windows[0].start <= round(2 * fps)
        assert frames - windows[-1].stop < 5 * fps


def test_content_and_seed_decide():
    windows = random_windows(9000, 30.0, "a" * 64, 0)
    assert random_windows(9000, 30.0, "a" * 64, 0) == windows
    assert random_windows(9000, 30.0, "b" * 64, 0) != windows
    assert random_windows(9000, 30.0, "a" * 64, 1) != windows


def test_every_moment_is_seen_about_twice():
    shares = []
    for source in range(40):
        windows = random_windows(9000, 30.0, f"{source:064d}", 0)
        shares.append(sum(window.frames for window in windows) / 9000)
        gaps = np.diff([window.start for window in windows])
        assert gaps.min() >= 0.3 * 150 - 1
        covered = np.zeros(9000, dtype=bool)
        for window in windows:
            covered[window.start : window.stop] = True
        assert covered[windows[0].start : windows[-1].stop].all()
    assert 1.7 < np.mean(shares) < 2.3


@given(
    frames=st.integers(0, 5000),
    fps=st.sampled_from([24.0, 30.0, 30000 / 1001]),
    seconds=st.floats(0.01, 20),
    seed=st.integers(0, 99),
)
def test_even_windows_follow_each_other_and_waste_less_than_one(frames, fps, seconds, seed):
    windows = even_windows(frames, fps, "ab" * 32, seed, seconds)
    length = max(1, round(seconds * fps))
    assert {window.frames for window in windows} <= {length}
    assert len(windows) == frames // length
    for one, other in pairwise(windows):
        assert one.stop == other.start
    if windows:
        assert windows[0].start >= 0 and windows[-1].stop <= frames
        assert windows[0].start + frames - windows[-1].stop < length
    assert even_windows(frames, fps, "ab" * 32, seed, seconds) == windows


def test_the_rest_lies_at_either_end_by_content_and_seed():
    starts = {even_windows(1000, 30.0, "ab" * 32, seed, 20)[0].start for seed in range(60)}
    assert min(starts) < 80 and max(starts) > 320 and len(starts) > 40
    others = {even_windows(1000, 30.0, f"{k:064d}", 0, 20)[0].start for k in range(60)}
    assert len(others) > 40


def test_lengths_and_steps_are_spread_over_what_is_allowed():
    windows = [w for k in range(40) for w in random_windows(9000, 30.0, f"{k:064d}", 0)]
    seconds = np.array([window.frames / 30 for window in windows])
    assert seconds.min() < 5.2 and seconds.max() > 9.8
    assert np.mean(seconds) == pytest.approx(7.4, abs=0.3)
    steps = [
        (other.start - one.start) / one.frames
        for one, other in pairwise(random_windows(900_000, 30.0, "ab" * 32, 0))
        if other.stop < 890_000
    ]
    assert 0.29 < min(steps) < 0.32 and 0.68 < max(steps) < 0.71


def test_without_overlap_windows_follow_each_other():
    for source in range(20):
        windows = random_windows(3000, 30.0, f"{source:064d}", 0, overlap=0.0)
        assert all(before.stop == after.start for before, after in pairwise(windows))


@given(overlap=st.floats(0, 0.9), seed=st.integers(0, 99))
def test_overlap_is_kept_to_in_the_mean(overlap, seed):
    windows = random_windows(30_000, 30.0, "cd" * 32, seed, overlap)
    steps = [after.start - before.start for before, after in pairwise(windows)]
    lengths = [window.frames for window in windows[:-1]]
    assert abs(1 - sum(steps) / sum(lengths) - overlap) < 0.08
    assert min(steps) > 0
