"""Intervals of FIDs over songs: closed forms where all songs are alike, and pairs that cancel."""

from dataclasses import replace

import numpy as np
import pytest
from quality.fid_intervals import KINDS, fid_intervals
from quality.measures import FeatureSet, distances

SONGS = 6


def dances(shift=0.0, spread=0.0, seed=0, songs=SONGS, each=30):
    """Windows of dances to songs, each song's `spread` away from the others."""
    random = np.random.default_rng(seed)
    of = np.repeat(np.arange(songs), each)
    apart = spread * np.linspace(-1, 1, songs)[of][:, None]
    kinetic = random.standard_normal((len(of), 5)) + 10 + shift
    kinetic[:, :1] += apart
    geometric = random.standard_normal((len(of), 3)) + shift
    return FeatureSet(kinetic, geometric, [""] * len(of), [f"song {n}" for n in of])


REAL = dances(songs=1, each=400, seed=9)


def test_what_is_measured_is_inside_and_songs_that_differ_widen_it():
    rows = {"alike": dances(1.0), "apart": dances(1.0, spread=2.0), "all": dances(seed=1)}
    found = fid_intervals(rows, REAL, "all", repeats=30)
    for name, row in rows.items():
        measured = distances(row, REAL)
        for kind in KINDS:
            own = found[name].own[kind]
            assert own.value == pytest.approx(measured[kind])
            assert own.low <= own.value <= own.high
    wide, narrow = (found[n].own["fid_k"] for n in ("apart", "alike"))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_difference_is_of_the_same_songs_in_each_draw():
    base = dances(spread=2.0)
    further = np.array([0, 0, 0, 0, 3.0])  # whatever the songs, as much
    moved = replace(base, kinetic=base.kinetic + further)
    found = fid_intervals({"moved": moved, "all": base}, REAL, "all", repeats=30)
    beside, own = found["moved"].beside["fid_k"], found["moved"].own["fid_k"]
    assert 8 < beside.low < beside.high < 11
    assert beside.high - beside.low < 0.8 * (own.high - own.low)
    assert all(found["all"].beside[kind].high == 0 for kind in KINDS)


def test_the_seed_decides():
    rows = {"all": dances()}
    one, same, other = (fid_intervals(rows, REAL, "all", 20, seed=s) for s in (1, 1, 2))
    assert one == same != other


def test_rows_that_danced_to_other_songs_cannot_be_paired():
    with pytest.raises(ValueError, match="danced to other songs"):
        fid_intervals({"a": dances(songs=3), "all": dances()}, REAL, "all", repeats=2)
