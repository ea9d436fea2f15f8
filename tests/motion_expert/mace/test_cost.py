"""The estimate grows with what is asked for, and from the sizes of the networks that there are."""

from dataclasses import replace

import pytest

from pipelines.motion_expert.mace.cost import _LOADING, sampling_cost
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.presets import PRESETS

PLAIN = MaceOptions(tempo_change=0.0, beat_weight=1.0)


def sampling_seconds(network, options, seconds, candidates):
    return sampling_cost(PRESETS[network], options, seconds, candidates).seconds - _LOADING


def test_time_is_in_proportion_to_steps_seconds_and_dances():
    one = sampling_seconds("small", PLAIN, 10, 1)
    assert sampling_seconds("small", PLAIN, 30, 1) == pytest.approx(3 * one)
    assert sampling_seconds("small", PLAIN, 10, 4) == pytest.approx(4 * one)
    fewer = replace(PLAIN, sampling_steps=5)
    assert sampling_seconds("small", fewer, 10, 1) == pytest.approx(one / 10)


def test_what_is_drawn_in_reserve_is_counted():
    bent = sampling_seconds("small", replace(PLAIN, tempo_change=0.5), 10, 1)
    assert bent == pytest.approx(1.5 * sampling_seconds("small", PLAIN, 10, 1))


def test_a_network_that_is_asked_twice_takes_twice_as_long():
    one = sampling_seconds("paper", PLAIN, 10, 1)
    assert sampling_seconds("paper", replace(PLAIN, beat_weight=3.0), 10, 1) == 2 * one
    own = sampling_seconds("small", replace(PLAIN, beat_weight=None), 10, 1)
    assert own == pytest.approx(2 * sampling_seconds("small", PLAIN, 10, 1))


def test_the_papers_network_takes_as_many_times_longer_as_it_is_larger():
    small, paper = (sampling_seconds(name, PLAIN, 10, 1) for name in ("small", "paper"))
    assert paper / small == pytest.approx((512 / 160) ** 2 * 8 / 4)


def test_memory_grows_with_length_and_width():
    few, many, wide = (
        sampling_cost(PRESETS[name], PLAIN, seconds, 1).memory
        for name, seconds in (("small", 10), ("small", 60), ("paper", 60))
    )
    assert few < many < wide
