"""MEGADance's networks on held-out dance: which pairs count, and a table beside the last row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from megadance_held_out import Judged, foretold, table, told_genres

from pipelines.datasets.paired import save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion_expert.megadance.header import SHIPPED


def test_only_pairs_that_are_held_out_and_as_long_as_a_window_are_foretold(dance, tmp_path):
    motion = replace(dance(frames=400, size=0.1), genre="house")
    features = np.random.default_rng(0).normal(size=(400, 35)).astype(np.float32)
    features[:, 33:] = np.arange(400)[:, None] % 15 == 0
    for name, split, frames in (("held", "test", 400), ("learned", "train", 400),
                                ("short", "test", 100)):  # fmt: skip
        cut = PairedSequence(motion.sliced(0, frames), features[:frames], name, name, split)
        save_pair(cut, "a song", "compose", tmp_path / f"{name}.npz")
    (judged,) = foretold(SHIPPED, tmp_path, in_step=False)
    assert judged.groups == ["held", "held"]
    # Of 2 halves x 5 levels; more than nothing is foretold, less than everything.
    assert (judged.values["cross_entropy"] > 1).all()


def test_told_the_right_genre_it_is_the_same_as_without_the_question(dance, tmp_path):
    motion = replace(dance(frames=200, size=0.1), genre="house")
    pair = PairedSequence(motion, np.zeros((200, 35), np.float32), "a", "a", "test")
    save_pair(pair, "a song", "compose", tmp_path / "a.npz")
    (plain,) = foretold(SHIPPED, tmp_path, in_step=False)
    right, wrong, none = foretold(SHIPPED, tmp_path, in_step=False, others=2)
    values = [float(row.values["cross_entropy"][0]) for row in (right, wrong, none)]
    assert values[0] == float(plain.values["cross_entropy"][0])
    assert len(set(values)) == 3


def test_wrong_genres_are_spread_over_all_that_are_known():
    assert told_genres(2, 6, 3) == [2, 0, 3, 5, -1]
    assert told_genres(0, 2, 4) == [0, 1, -1]
    assert told_genres(1, 6, 0) == [1]


def test_rows_are_compared_with_the_last_choreography_by_choreography():
    groups = ["a", "a", "b", "c"]
    last = Judged({"cross_entropy": np.array([1.0, 2.0, 3.0, 4.0])}, groups)
    worse = Judged({"cross_entropy": last.values["cross_entropy"] + 0.5}, groups)
    lines = table({"worse": worse, "all": last}).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["worse", "all"]
    assert "0.5 [0.5, 0.5]" in lines[2] and "0 [0, 0]" in lines[3]
    assert lines[0].endswith("cross_entropy beside the last |")


@pytest.mark.parametrize("split", ["train", ""])
def test_without_held_out_pairs_nothing_is_judged(dance, tmp_path, split):
    motion = replace(dance(frames=400, size=0.1), genre="house")
    sequence = PairedSequence(motion, np.zeros((400, 35), np.float32), "a", "a", split)
    save_pair(sequence, "a song", "compose", tmp_path / "a.npz")
    with pytest.raises(SystemExit, match=r"no pairs of 6\.4 s that are held out"):
        foretold(SHIPPED, tmp_path, in_step=False)
