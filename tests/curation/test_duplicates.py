"""Repeats: distances of sequences against a plain loop, and the catalogue of kept clips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.curation.duplicates import LEAST_OVERLAP, Catalogue, sequence_distance

HASHES = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=9)


def bits(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**63, count, dtype=np.uint64)


def by_loop(some: list[int], others: list[int]) -> float:
    """Slide one sequence along the other and count differing bits."""
    least = max(1, -(-min(len(some), len(others)) // 2))
    best = 64.0
    for shift in range(-len(some), len(others) + 1):
        pairs = [
            (some[i] ^ others[i + shift]).bit_count()
            for i in range(len(some))
            if 0 <= i + shift < len(others)
        ]
        if len(pairs) >= least:
            best = min(best, sum(pairs) / len(pairs))
    return best


@settings(max_examples=60, deadline=None)
@given(HASHES, HASHES)
def test_equals_the_plain_loop_and_is_symmetric(some, others):
    a, b = np.array(some, np.uint64), np.array(others, np.uint64)
    assert sequence_distance(a, b) == pytest.approx(by_loop(some, others))
    assert sequence_distance(a, b) == pytest.approx(sequence_distance(b, a))


@settings(max_examples=20, deadline=None)
@given(HASHES)
def test_nothing_differs_from_itself_and_everything_from_its_complement(some):
    a = np.array(some, np.uint64)
    assert sequence_distance(a, a) == 0
    assert sequence_distance(a[:1], ~a[:1]) == 64


@pytest.mark.parametrize("flipped", [1, 5, 12])
def test_noise_counts_by_its_bits(flipped):
    film = bits(30, 1)
    noise = np.uint64(2**flipped - 1)
    assert sequence_distance(film, film ^ noise) == flipped


@pytest.mark.parametrize("shared", [10, 11, 14])
def test_half_of_the_shorter_clip_must_overlap(shared):
    """The end of one is the start of the other: found from an overlap of half the length on."""
    film = bits(60, 2)
    first, second = film[:20], film[20 - shared : 40 - shared]
    assert LEAST_OVERLAP * 20 == 10
    assert sequence_distance(first, second) == 0
    apart = film[20 - 9 : 40 - 9]  # nine looks in common are too few
    assert sequence_distance(first, apart) > 20


def test_nothing_to_compare():
    assert sequence_distance(np.zeros(0, np.uint64), bits(4, 0)) == 64.0


def test_the_nearest_of_several_is_named_with_its_distance():
    film = bits(30, 3)
    catalogue = Catalogue()
    catalogue.add("far", "a", film ^ np.uint64(7))
    catalogue.add("near", "b", film ^ np.uint64(1))
    catalogue.add("other", "c", bits(30, 4))
    assert catalogue.nearest("d", film) == ("near", 1.0)
    assert catalogue.nearest("b", film) == ("far", 3.0)


def test_of_two_equally_near_clips_the_first_by_name_is_named():
    film = bits(30, 5)
    for order in (["y", "x"], ["x", "y"]):
        catalogue = Catalogue()
        for name in order:
            catalogue.add(name, f"shot {name}", film)
        assert catalogue.nearest("z", film) == ("x", 0.0)


def test_an_empty_catalogue_and_an_unknown_clip_have_no_nearest():
    catalogue = Catalogue()
    assert catalogue.nearest("a", bits(20, 0)) is None
    catalogue.add("one", "b", bits(20, 1))
    assert catalogue.nearest("a", bits(20, 2)) is None
    assert catalogue.nearest("a", np.zeros(0, np.uint64)) is None


def test_a_clip_that_is_added_anew_replaces_what_was_known_of_it():
    catalogue = Catalogue()
    catalogue.add("one", "a", bits(20, 1))
    catalogue.add("one", "a", bits(20, 2))
    assert catalogue.nearest("b", bits(20, 2)) == ("one", 0.0)


def test_bands_that_everybody_shares_say_nothing():
    """Black pictures: a crowd with one fingerprint is not compared pair by pair."""
    black = np.zeros(20, np.uint64)
    catalogue = Catalogue()
    for number in range(200):
        catalogue.add(f"{number:03d}", f"shot {number}", black)
    assert catalogue.nearest("new", black) == ("000", 0.0)
    catalogue.add("200", "shot 200", black)
    assert catalogue.nearest("new", black) is None


def test_two_shared_bands_are_chance_and_three_are_a_trace():
    mine = np.array([0x1111_2222_3333_4444], np.uint64)
    for same, found in ((0xAAAA_BBBB_3333_4444, False), (0xAAAA_2222_3333_4444, True)):
        catalogue = Catalogue()
        catalogue.add("one", "a", np.array([same], np.uint64))
        assert (catalogue.nearest("b", mine) is not None) is found
