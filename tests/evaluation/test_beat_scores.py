"""A clip's beat score by a rule, and the scores with the music shifted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipelines.evaluation.beat_scores import beat_score, dance_beats
from pipelines.evaluation.clip import CHANCE_SHIFTS
from pipelines.evaluation.profiles import BeatRule
from pipelines.metrics.beat_alignment import beat_alignment

RULE = BeatRule("strict", 5.0, published_timing=False, without_beats=0.0)
MUSIC = np.arange(0.25, 12, 0.5)


def bounce(rest_at=0.25, fps=30.0):
    t = np.arange(int(12 * fps)) / fps
    joints = np.zeros((len(t), 24, 3))
    joints[:, :, 2] = 0.2 * np.cos(2 * np.pi * (t - rest_at))[:, None]
    return joints


@pytest.mark.parametrize("direction", ["music", "motion"])
def test_shifts_equal_the_score_of_shifted_music_one_by_one(direction):
    rule = dataclasses.replace(RULE, direction=direction)
    dance = np.sort(np.random.default_rng(0).uniform(0, 12, 17))
    score, chance = beat_score(MUSIC, dance, 12.0, 30.0, rule)
    assert score == pytest.approx(beat_alignment(MUSIC, dance, 0.1, direction))
    for number in (0, 41, CHANCE_SHIFTS - 1):
        shifted = (MUSIC + 12 * (number + 1) / (CHANCE_SHIFTS + 1)) % 12
        assert chance[number] == pytest.approx(beat_alignment(shifted, dance, 0.1, direction))


def test_music_after_the_clips_end_does_not_count():
    dance = MUSIC[:8]
    whole, _ = beat_score(MUSIC, dance, 4.0, 30.0, RULE)
    cut, _ = beat_score(MUSIC[MUSIC < 4], dance, 4.0, 30.0, RULE)
    assert whole == cut == pytest.approx(1)


def test_tolerance_is_in_frames():
    late = MUSIC + 0.1
    slow, fast = (beat_score(MUSIC, late, 13.0, fps, RULE)[0] for fps in (30.0, 60.0))
    assert slow == pytest.approx(np.exp(-0.5), abs=1e-6)
    assert fast == pytest.approx(np.exp(-2), abs=1e-6)


@pytest.mark.parametrize("value", [0.0, None])
def test_the_rule_says_what_a_statue_or_silence_scores(value):
    rule = dataclasses.replace(RULE, without_beats=value, without_music_beats=value)
    expected = np.nan if value is None else value
    score, chance = beat_score(MUSIC, np.zeros(0), 12.0, 30.0, rule)
    assert np.array_equal([score, *chance], np.full(1 + CHANCE_SHIFTS, expected), equal_nan=True)
    score, chance = beat_score(np.zeros(0), MUSIC, 12.0, 30.0, rule)
    assert np.array_equal([score], [expected], equal_nan=True) and len(chance) == 0


def test_rests_are_found_by_the_rule():
    strict = dance_beats(bounce(), 30.0, RULE)
    rests = np.arange(0.75, 11.5, 0.5)
    assert max(np.abs(strict - rest).min() for rest in rests) < 0.05
    published = dance_beats(
        np.random.default_rng(0).normal(0, 1, (300, 24, 3)), 30.0, BeatRule("mace", 5.0)
    )
    middle = dance_beats(np.random.default_rng(0).normal(0, 1, (300, 24, 3)), 30.0, RULE)
    assert middle - published == pytest.approx(np.full(len(middle), 0.5 / 30))
    few = dance_beats(bounce(), 30.0, BeatRule("aist", 0.0, order=40))
    assert len(few) < len(strict)
