"""Stretches of any dance, danced anew to its song by the default expert."""

import numpy as np
import pytest

from pipelines.generation.dancing_anew import DancingAnew
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT


def test_stretches_are_new_in_several_ways_and_the_rest_stays(stepping, tiny_song):
    known = stepping(120, seconds=3.05)
    found = DancingAnew(tiny_song, 0, SILENT)(known, [(1.0, 2.5)])
    assert len(found) > 1
    far = np.r_[0:30, 75 : known.frames]
    for one in found:
        assert one.frames == known.frames
        np.testing.assert_array_equal(one.poses[far], known.poses[far])
        np.testing.assert_array_equal(one.trans[far], known.trans[far])
        assert np.abs(one.poses[40:65] - known.poses[40:65]).max() > 0.1


def test_a_dance_at_another_rate_or_longer_than_its_song(stepping, tiny_song):
    anew = DancingAnew(tiny_song, 0, SILENT)
    with pytest.raises(UnsuitableInput, match="60 frames a second"):
        anew(stepping(120, seconds=2).resampled(60.0), [(0.5, 1.5)])
    with pytest.raises(UnsuitableInput, match=r"ends before the dance, which lasts 5\.0 s"):
        anew(stepping(120, seconds=5), [(0.5, 1.5)])
