import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.workspace.clip_windows import random_windows


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
