"""How far steps lie beside the beat, on speeds whose swing is known."""

import numpy as np
import pytest

from pipelines.rhythm.in_step import STEP_PHASE, beats_beside, heard_in_step, step_swing

FRAMES = np.arange(150)
COUNT = 0.3 + FRAMES / 14.0


def speed(phase, depth=0.8, count=COUNT):
    return 1 + depth * np.cos(2 * np.pi * count - phase)


@pytest.mark.parametrize("phase", [-3.0, -2.0, 0.0, 1.3])
def test_an_even_swing_is_firm_and_its_angle_is_where_feet_are_fastest(phase):
    found = step_swing(speed(phase), COUNT)
    assert abs(found) == pytest.approx(1, abs=0.02)
    assert np.angle(found * np.exp(-1j * phase)) == pytest.approx(0, abs=0.1)


def test_cycles_that_disagree_are_less_firm():
    turned = np.where(np.floor(COUNT) % 2 == 0, speed(0.0), speed(np.pi / 2))
    assert abs(step_swing(turned, COUNT)) == pytest.approx(np.sqrt(0.5), abs=0.06)
    noise = np.random.default_rng(0).uniform(0.5, 1.5, 150)
    assert abs(step_swing(noise, COUNT)) < 0.6


@pytest.mark.parametrize(
    ("speed_T", "count_T"),
    [
        (0.01 * speed(0.0), COUNT),
        (speed(0.0), np.full(150, np.nan)),
        (speed(0.0), FRAMES / 60),
        (np.ones(150), COUNT),
    ],
    ids=["still", "no count", "too few beats", "no swing"],
)
def test_what_keeps_no_time_has_no_swing(speed_T, count_T):
    found = step_swing(speed_T, count_T)
    assert abs(found) == 0
    assert beats_beside(found) == 0


@pytest.mark.parametrize("late", [-0.4, 0.0, 0.25])
def test_music_that_comes_so_much_later_has_the_steps_on_its_beats(late):
    """Feet that are fastest `late` beats after the usual place: the music has to come as late."""
    swing = step_swing(speed(STEP_PHASE + 2 * np.pi * late), COUNT)
    assert beats_beside(swing) == pytest.approx(late, abs=0.02)
    moved = step_swing(speed(STEP_PHASE + 2 * np.pi * late), COUNT - beats_beside(swing))
    assert np.angle(moved) == pytest.approx(STEP_PHASE, abs=0.1)


def test_windows_listen_where_their_steps_land_and_stay_within_their_song():
    """Steps are late by a quarter of a beat of 14 frames: the music has to come 3.5 later."""
    first, low, high = np.array([0, 20, 40]), np.zeros(3, int), np.full(3, 60)
    late = speed(STEP_PHASE + 2 * np.pi * 0.25)
    heard, odds = heard_in_step(late, COUNT, first, (low, high), 90)
    assert (first - heard)[1:].tolist() in ([3, 3], [4, 4], [3, 4], [4, 3])
    assert heard[0] == 0  # it would have to begin before its song
    assert odds[0] == 0
    assert odds[1] == pytest.approx(1.05, abs=0.05)
    still, unmoved = heard_in_step(np.ones(150), COUNT, first, (low, high), 90)
    assert still.tolist() == first.tolist()
    assert unmoved.tolist() == [0.05] * 3
