import itertools

import numpy as np
import pytest

from pipelines.metrics.beat_fit import score_candidate

FPS = 30.0
SECONDS = 12.0


def dance(bpm, rest_at=0.0, size=0.2, noise=0.0):
    """A body that rests at rest_at + k beats."""
    t = np.arange(int(SECONDS * FPS)) / FPS
    joints = np.zeros((len(t), 24, 3))
    joints[:, :, 2] = size * np.cos(np.pi * (t - rest_at) * bpm / 60)[:, None]
    return joints + np.random.default_rng(0).normal(0, noise, joints.shape)


def beats(bpm):
    return np.arange(0.1, SECONDS, 60 / bpm)


def test_falls_steadily_as_the_dance_slips_off_the_beat():
    beat = 60 / 110
    scores = [
        score_candidate(dance(110, 0.1 + share * beat), beats(110), FPS)
        for share in (0, 0.1, 0.2, 0.3, 0.4, 0.5)
    ]
    assert all(a > b for a, b in itertools.pairwise(scores))
    assert scores[0] > 0.95
    assert scores[-1] < 0.1


def test_a_dance_to_this_song_beats_one_to_another_tempo_and_a_statue():
    song = beats(110)
    own = score_candidate(dance(110, 0.1), song, FPS)
    foreign = score_candidate(dance(87, 0.1), song, FPS)
    statue = score_candidate(dance(110, size=0.0), song, FPS)
    assert own > foreign + 0.2
    assert own > statue + 0.2
    assert statue == pytest.approx(1 / 3)


def test_survives_noise_and_ignores_place():
    song = beats(110)
    noisy = dance(110, 0.1, noise=0.003)
    assert score_candidate(noisy, song, FPS) > 0.8
    assert score_candidate(noisy + np.array([4, -7, 1]), song, FPS) == pytest.approx(
        score_candidate(noisy, song, FPS)
    )


@pytest.mark.parametrize("times", [[], [3.0]])
def test_without_beats_all_dances_are_alike(times):
    assert score_candidate(dance(110), np.array(times), FPS) == pytest.approx(1 / 3)
