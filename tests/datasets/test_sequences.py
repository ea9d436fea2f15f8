"""A dance and its song side by side."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from pipelines.datasets.sequences import PairedSequence


@pytest.mark.parametrize(("genre", "name"), [("salsa", "salsa"), (None, ""), ("", "")])
def test_a_dance_without_a_genre_has_an_empty_one(dance, genre, name):
    motion = replace(dance(0, frames=5), genre=genre)
    assert PairedSequence(motion, np.zeros((5, 35), "f4"), "a", "a").genre == name


def test_a_data_set_without_a_split_says_nothing(dance):
    pair = PairedSequence(dance(0, frames=5), np.zeros((5, 35), "f4"), "a", "g")
    assert (pair.take, pair.group, pair.split) == ("a", "g", "")
    with pytest.raises(FrozenInstanceError):
        pair.split = "test"
