"""Rows of dances, eight pictures a second; references beside what was made of them."""

import numpy as np
from infinitedance_sheet import BAND, GAP, HEIGHT, IN_A_LINE, SHOWN, WIDTH, of_references, sheet

from pipelines.motion_expert.interface import DanceRequest
from pipelines.music.features import MusicFeatures


def test_a_row_for_each_dance_as_long_as_was_asked_for(dance):
    motion = dance(frames=60, size=0.1)
    found = sheet({"one": motion, "other": motion, "short": motion.sliced(0, 30)}, 2.0)
    row = HEIGHT + 2 * GAP
    assert found.shape[:2] == (3 * (BAND + row), 16 * (WIDTH + GAP) + GAP)
    one, other, short = (found[n * (BAND + row) + BAND : (n + 1) * (BAND + row)] for n in range(3))
    np.testing.assert_array_equal(one, other)
    half = one.shape[1] // 2
    assert (short[:, half + 4 :] == 255).all() and not (one[:, half + 4 :] == 255).all()
    longer = sheet({"one": motion}, 4.0)
    assert longer.shape[:2] == (BAND + 2 * (HEIGHT + GAP) + GAP, IN_A_LINE * (WIDTH + GAP) + GAP)


def test_the_references_of_the_model_that_ships():
    values = np.random.default_rng(0).normal(size=(96, 35)).astype(np.float32)
    rows = of_references(DanceRequest(MusicFeatures(values), ((0.0, "house"),)), None)
    assert len(rows) == SHOWN + 2
    *found, average, made = rows
    assert all(name.startswith("found") for name in found)
    assert average == "average of 10, as it is heard" and made == "made of it: house"
    assert rows[made].frames == 96
