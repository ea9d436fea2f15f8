"""The last of each kind is kept among many, nothing outside."""

from __future__ import annotations

import gc
import weakref

import pytest

from pipelines.support.loaded_once import load_once, loading_once


class Large:
    """Something that takes long to load."""


def test_the_same_is_loaded_once_among_many():
    with loading_once():
        one = load_once("dancer", ("mace", "ab"), Large)
        assert load_once("dancer", ("mace", "ab"), Large) is one
        assert load_once("painter", ("mace", "ab"), Large) is not one
        assert load_once("dancer", ("mace", "ab"), Large) is one


def test_outside_everything_is_loaded_anew():
    assert load_once("dancer", "a", Large) is not load_once("dancer", "a", Large)


def test_what_is_not_asked_for_again_goes_before_the_next_is_loaded():
    alive = []

    def load():
        gc.collect()
        alive.append([kept() is not None for kept in before])
        return Large()

    with loading_once():
        before = []
        before.append(weakref.ref(load_once("dancer", "a", load)))
        before.append(weakref.ref(load_once("dancer", "b", load)))
    gc.collect()
    assert alive == [[], [False]]
    assert [kept() for kept in before] == [None, None]


def test_a_failure_keeps_nothing():
    def fail():
        raise OSError("cut short")

    with loading_once():
        with pytest.raises(OSError, match="cut short"):
            load_once("dancer", "a", fail)
        assert isinstance(load_once("dancer", "a", Large), Large)
    with pytest.raises(OSError, match="cut short"), loading_once():
        load_once("dancer", "a", fail)
    assert load_once("dancer", "a", Large) is not load_once("dancer", "a", Large)
