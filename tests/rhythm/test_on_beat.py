"""Dances are cut to the song with their steps on its beats, or left alone where that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.rhythm.beat_coupling import beat_coupling
from pipelines.rhythm.on_beat import on_beat, with_reserve
from pipelines.rhythm.step_cycle import foot_speeds

FRAMES = 360


def marching(bpm: float, seconds: float, phase: float = 0.0) -> Motion:
    """Knees lifted in turn, one step per beat of `bpm`, at 30 fps."""
    time = np.arange(round(seconds * 30)) / 30
    swing = np.pi * (time * bpm / 60 + phase)
    poses = np.zeros((len(time), 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    for hip, knee, lift in ((1, 4, np.sin(swing)), (2, 5, -np.sin(swing))):
        bend = np.maximum(lift, 0) ** 2
        poses[:, hip, 0], poses[:, knee, 0] = -bend, 1.6 * bend
    trans = np.tile(np.array([0, 0, 0.95], dtype=np.float32), (len(time), 1))
    return Motion(poses, trans, 30.0)


def locked(dance: Motion, beats: np.ndarray) -> tuple[float, float]:
    locking = beat_coupling(foot_speeds(dance).sum(axis=1), beats, 30)
    return locking.resultant, locking.mean_phase


@pytest.mark.parametrize("bpm", [105.0, 112.0, 126.0])
def test_steps_land_on_the_beats_of_another_tempo(bpm: float) -> None:
    beats = np.arange(0.2, FRAMES / 30, 60 / bpm)
    march = marching(116.0, 30.0, phase=0.3)
    dance, how = on_beat(march, beats, FRAMES, 0.2)
    assert how is not None and dance.frames == FRAMES
    assert how.speed == pytest.approx(bpm / 116.0, abs=0.03)
    assert locked(dance, beats)[0] > 0.9
    assert locked(march.sliced(0, FRAMES), beats)[0] < 0.5


def test_a_song_half_a_beat_later_moves_the_dance_with_it() -> None:
    period = 0.5
    beats = np.arange(0.2, FRAMES / 30, period)
    march = marching(116.0, 30.0)
    first, _ = on_beat(march, beats, FRAMES, 0.2)
    second, _ = on_beat(march, beats + period / 2, FRAMES, 0.2)
    turn = np.exp(1j * (locked(second, beats)[1] - locked(first, beats)[1]))
    assert abs(np.angle(turn)) == pytest.approx(np.pi, abs=0.4)


@pytest.mark.parametrize(
    ("beats", "change"), [(np.array([1.0, 1.5]), 0.2), (np.arange(0.0, 12.0, 0.5), 0.0)]
)
def test_without_beats_or_leave_the_dance_stays(beats: np.ndarray, change: float) -> None:
    march = marching(116.0, 30.0)
    dance, how = on_beat(march, beats, FRAMES, change)
    assert how is None
    np.testing.assert_array_equal(dance.poses, march.poses[:FRAMES])


def test_a_dancer_who_stands_still_is_left_alone() -> None:
    march = marching(116.0, 30.0)
    still = Motion(np.repeat(march.poses[:1], 900, axis=0), march.trans[:900], 30.0)
    dance, how = on_beat(still, np.arange(0.0, 12.0, 0.5), FRAMES, 0.2)
    assert how is None and dance.frames == FRAMES


def test_the_reserve_begins_with_the_song_and_starts_over() -> None:
    features = np.arange(90, dtype=np.float32)[:, None]
    heard = with_reserve(features, 0.2)
    np.testing.assert_array_equal(heard[:90], features)
    np.testing.assert_array_equal(heard[90:180], features)
    assert len(heard) >= 1.2 * 90
    assert with_reserve(features, 0.0) is features
