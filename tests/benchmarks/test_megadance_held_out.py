"""MEGADance's networks on held-out dance: which pairs count, and a table beside the last row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from megadance_held_out import Judged, foretold, table

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
    judged = foretold(SHIPPED, tmp_path, in_step=False)
    assert judged.groups == ["held", "held"]
    # Of 2 halves x 5 levels; more than nothing is foretold, less than everything.
    assert (judged.values["cross_entropy"] > 1).all()


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
