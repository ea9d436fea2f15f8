import itertools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from pipelines.metrics.beat_alignment import (
    beat_alignment,
    chance_by_shifts,
    chance_by_simulation,
    motion_beats,
    motion_beats_published,
)


def bounce(bpm, seconds=12, fps=30.0, rest_at=0.0):
    """A body whose speed is zero on every beat and largest half-way between."""
    t = np.arange(int(seconds * fps)) / fps
    phase = np.pi * (t - rest_at) * bpm / 60
    joints = np.zeros((len(t), 24, 3))
    joints[:, :, 2] = 0.2 * np.cos(phase)[:, None]
    return joints


def beats(bpm, seconds=12.0):
    return np.arange(0, seconds, 60 / bpm)


def slow_published_score(joints, music_frames):
    """Bailando's, Lodge's, MEGADance's: all in frames."""
    steps = [np.linalg.norm(b - a, axis=-1).mean() for a, b in itertools.pairwise(joints)]
    speed = gaussian_filter1d(np.array(steps), 5)
    rests = [i for i in range(1, len(speed) - 1)
             if speed[i] < speed[i - 1] and speed[i] < speed[i + 1]]  # fmt: skip
    return np.mean([np.exp(-min((r - m) ** 2 for r in rests) / (2 * 9)) for m in music_frames])


def test_equals_the_published_definition_in_frames():
    joints = np.random.default_rng(0).normal(0, 0.02, (300, 24, 3)).cumsum(axis=0)
    music_frames = np.arange(4, 300, 15)
    ours = beat_alignment(music_frames / 30, motion_beats_published(joints, 30.0), sigma=3 / 30)
    assert ours == pytest.approx(slow_published_score(joints, music_frames), abs=1e-12)


def test_closed_form_of_a_constant_delay():
    music, motion = beats(120), beats(120) + 0.1
    expected = np.exp(-0.5)
    assert beat_alignment(music, motion, 0.1, "motion") == pytest.approx(expected)
    assert beat_alignment(music[1:], motion, 0.1, "music") == pytest.approx(expected)


def test_directions_punish_different_faults():
    music = beats(120)
    jitter = np.arange(0, 12, 0.05)
    assert beat_alignment(music, jitter, direction="music") > 0.99
    assert beat_alignment(music, jitter, direction="motion") < 0.6
    lazy = music[:1]
    assert beat_alignment(music, lazy, direction="motion") == pytest.approx(1)
    assert beat_alignment(music, lazy, direction="music") < 0.1


def test_a_body_resting_on_beats_is_found_resting_on_beats():
    found = motion_beats(bounce(120), 30.0, smoothing=1 / 15)
    inner = beats(120)[1:-1]
    assert len(found) in (len(inner), len(inner) + 1)
    assert max(np.abs(found - b).min() for b in inner) < 0.2 / 30


def test_published_minima_come_half_a_frame_early_and_lose_ties():
    joints = np.random.default_rng(5).normal(0, 0.02, (300, 24, 3)).cumsum(axis=0)
    right, published = motion_beats(joints, 30.0), motion_beats_published(joints, 30.0)
    assert right - published == pytest.approx(np.full(len(right), 0.5 / 30))
    symmetric = motion_beats_published(bounce(120), 30.0, smoothing_frames=0)
    assert len(symmetric) < len(motion_beats(bounce(120), 30.0, smoothing=0))


def test_mints_order_leaves_only_deep_minima():
    joints = np.random.default_rng(1).normal(0, 0.02, (400, 24, 3)).cumsum(axis=0)
    every = motion_beats_published(joints, 60.0, smoothing_frames=0, order=1)
    deep = motion_beats_published(joints, 60.0, smoothing_frames=0, order=10)
    assert set(deep) < set(every)
    assert np.diff(deep).min() > 10 / 60


def test_nothing_to_align():
    assert beat_alignment(beats(120), np.array([])) == 0
    assert np.isnan(beat_alignment(np.array([]), beats(120)))
    assert len(motion_beats(np.zeros((60, 24, 3)), 30.0)) == 0


@pytest.mark.parametrize(
    ("fps", "frames", "smoothing", "expected"),
    [(30, 1024, 5, 0.29), (30, 150, 5, 0.275), (16, 64, 3.5, 0.35)],
)
def test_chance_levels_of_the_spec(fps, frames, smoothing, expected):
    chance = chance_by_simulation(fps, frames, 120, smoothing, 3 / fps, repeats=300)
    assert chance == pytest.approx(expected, abs=0.025)


def test_shifted_music_tells_a_dance_from_an_accident():
    motion = motion_beats(bounce(97), 30.0, smoothing=1 / 15)
    own = chance_by_shifts(beats(97), motion, 12.0, direction="motion")
    assert own.score > own.mean + own.deviation
    assert own.p_value < 0.1
    random = np.sort(np.random.default_rng(0).uniform(0, 12, 25))
    accident = chance_by_shifts(beats(97), random, 12.0)
    assert abs(accident.score - accident.mean) < 3 * accident.deviation
