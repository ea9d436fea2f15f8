"""What the benchmark of capture says of a capture whose truth is known."""

import numpy as np
import pytest
from capture import fitted_grade, interval, measured, rank_correlation
from made_landmarks import known_dance, landmarks_of

from pipelines.body.skeleton import OFFSETS
from pipelines.capture.fit import fit

DANCE = known_dance(120)


@pytest.fixture(scope="module")
def seen():
    return [fit(landmarks_of(DANCE, noise=noise)) for noise in (0.0, 0.02, 0.05)]


def test_more_noise_is_more_error_and_less_grade(seen):
    truth = {"joints": DANCE.joints(), "offsets": OFFSETS, "dance": "dance_d1"}
    rows = [measured(one, truth) for one in seen]
    errors = [row["mpjpe mm"] for row in rows]
    assert 0 < errors[0] < errors[1] < errors[2] < 120
    assert all(row["pa-mpjpe mm"] < row["mpjpe mm"] for row in rows)
    assert rows[0]["expected mm"] < rows[1]["expected mm"] < rows[2]["expected mm"]
    assert rows[0]["grade"] >= rows[1]["grade"] > rows[2]["grade"]


def test_the_fit_of_the_grade_finds_a_power_of_its_figures(seen, capsys):
    names = [f"dance_d{number}_ch01" for number in range(3)]
    errors = [1000 * one.figures.depth_misfit**0.5 for one in seen]
    fitted_grade(names, seen, errors)
    printed = capsys.readouterr().out
    assert "depth_misfit" in printed and "3 dances" in printed


def test_a_rank_correlation_comes_with_its_interval():
    rising, alone = np.arange(20.0), [f"dance_d{number}" for number in range(20)]
    assert rank_correlation(rising, rising**3, alone) == "1.00 (1.00 to 1.00)"
    assert rank_correlation(rising, -rising, alone).startswith("-1.00")


def test_intervals_are_over_dances_and_not_over_their_looks():
    """Three looks at each of four dances that agree: four values, however often they were seen."""
    values = np.repeat([1.0, 2.0, 3.0, 4.0], 3)
    looks = interval(list(values), [f"d{number // 3}" for number in range(12)])
    clips = interval(list(values), [f"d{number}" for number in range(12)])
    assert looks.split()[0] == clips.split()[0] == "2.5"
    low, high = ([float(word.strip("()")) for word in one.split()[1::2]] for one in (looks, clips))
    assert low[1] - low[0] > 1.5 * (high[1] - high[0])
