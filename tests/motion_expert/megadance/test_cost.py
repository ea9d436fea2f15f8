"""Bigger networks, longer songs and more dances cost more."""

from dataclasses import replace

from pipelines.motion_expert.megadance.cost import dance_cost
from pipelines.motion_expert.megadance.presets import GENERATORS, TOKENIZERS


def test_what_makes_a_dance_dearer():
    small, paper = (
        (TOKENIZERS[name], replace(GENERATORS[name], genres=("a", "b")))
        for name in ("small", "paper")
    )
    one = dance_cost(*small, 60, 1)
    for other in (dance_cost(*small, 120, 1), dance_cost(*small, 60, 4), dance_cost(*paper, 60, 1)):
        assert other.seconds > one.seconds
        assert other.memory > one.memory
    twice = dance_cost(*small, 60, 1, asked=2)
    assert twice.seconds > one.seconds and twice.memory == one.memory


def test_whole_experts_fill_memory_though_only_one_is_at_work():
    shape = replace(GENERATORS["paper"], genres=tuple("abcdefgh"))
    whole, shared = (dance_cost(TOKENIZERS["paper"], replace(shape, rank=r), 60, 1) for r in (0, 8))
    assert whole.memory > 2 * shared.memory
    assert whole.seconds == shared.seconds
