"""Which takes are held out."""

import numpy as np
import pytest

from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.splits import split_takes
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput


def sequence(number, take=None, group=None, split=""):
    still = Motion(np.zeros((2, 24, 3), np.float32), np.zeros((2, 3), np.float32), 30.0, "salsa")
    take = take or f"take{number}"
    return PairedSequence(still, np.zeros((2, 35), np.float32), take, group or take, split)


def test_groups_are_never_parted():
    data = [sequence(n, take=f"{n}", group=f"g{n // 2}") for n in range(20)]
    train, held = split_takes(data, ("0.3",), seed=4)
    assert len(held) == 6
    assert {s.group for s in train}.isdisjoint({s.group for s in held})
    assert split_takes(data, ("0.3",), seed=4)[1] == held


def test_naming_one_partner_holds_out_both():
    data = [sequence(n, take=take, group="60_01") for n, take in enumerate(("60_01", "61_01"))]
    data.append(sequence(5))
    train, held = split_takes(data, ("61_01",), seed=0)
    assert [s.take for s in held] == ["60_01", "61_01"]
    assert len(train) == 1


def test_the_data_sets_own_split_is_the_default():
    data = [sequence(n, split="test" if n == 2 else "train") for n in range(4)]
    train, held = split_takes(data, (), seed=0)
    assert [s.take for s in held] == ["take2"]
    assert len(train) == 3


def test_without_a_split_a_tenth_but_at_least_one_is_held_out():
    data = [sequence(n) for n in range(4)]
    assert len(split_takes(data, (), seed=0)[1]) == 1
    assert split_takes(data, ("0",), seed=0)[1] == []


def test_unknown_take_and_nothing_left_are_refused():
    data = [sequence(n) for n in range(2)]
    with pytest.raises(UnsuitableInput, match="no take is called nobody"):
        split_takes(data, ("nobody",), seed=0)
    with pytest.raises(UnsuitableInput, match="nothing to train on"):
        split_takes(data, ("take0", "take1"), seed=0)
