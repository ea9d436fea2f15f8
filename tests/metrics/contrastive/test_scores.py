"""R@5, MM-Dist and chance, against closed forms and plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.metrics.contrastive.scores import by_chance, found_its_music, music_distance
from pipelines.support.errors import UnsuitableInput


def line(*places):
    return np.array(places, dtype=float)[:, None]


def test_own_music_among_the_five_nearest():
    music = line(0, 1, 2, 3, 4, 5, 6)
    dance = line(6, 1, 2, 3, 4, 5, 0)
    found = found_its_music(music, dance, np.arange(7))
    assert found.tolist() == [False, True, True, True, True, True, False]


def test_other_windows_of_the_same_clip_are_not_in_the_way():
    music, dance = line(*[0.0] * 6, 1.0), line(*[0.0] * 7)
    one_clip = np.array([0, 0, 0, 0, 0, 0, 1])
    assert found_its_music(music, dance, one_clip).tolist() == [True] * 6 + [False]
    assert not found_its_music(music, dance, np.arange(7))[0], "ties count against it"


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 999))
def test_as_a_plain_loop_would(seed):
    random = np.random.default_rng(seed)
    music, dance = random.normal(size=(2, 15, 3))
    clip = random.integers(0, 5, 15)
    for row, found in enumerate(found_its_music(music, dance, clip)):
        away = [float(np.linalg.norm(dance[row] - music[j])) for j in range(15)]
        nearer = [j for j in range(15) if clip[j] != clip[row] and away[j] <= away[row]]
        assert found == (len(nearer) < 5)


def test_chance_is_five_in_the_pool_and_is_met_by_noise():
    assert by_chance(np.arange(50)) == pytest.approx(0.1)
    assert by_chance(np.array([0, 0, 0, 1])) == 1.0
    random = np.random.default_rng(0)
    clip = np.repeat(np.arange(40), 3)
    rates = [found_its_music(*random.normal(size=(2, 120, 4)), clip).mean() for _ in range(40)]
    assert np.mean(rates) == pytest.approx(by_chance(clip), abs=0.008)


def test_distance_to_the_own_music():
    assert music_distance(np.zeros((2, 2)), np.array([[3.0, 4.0], [0, 1]])) == pytest.approx(3.0)


@pytest.mark.parametrize("rows", [(0, 0), (2, 3)])
def test_what_is_no_pair(rows):
    with pytest.raises(UnsuitableInput, match="are no pairs"):
        music_distance(np.zeros((rows[0], 2)), np.zeros((rows[1], 2)))
