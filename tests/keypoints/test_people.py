"""A person in a frame, and the interface of whoever finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.keypoints.finders import EmbeddedFinder
from pipelines.keypoints.people import PeopleFinder, Person
from pipelines.keypoints.vitpose import VitPoseFinder


def person(*box: float) -> Person:
    return Person(np.array(box, float), 0.9, np.zeros((17, 3)))


@pytest.mark.parametrize(
    ("box", "area"),
    [((0, 0, 4, 5), 20), ((10, 20, 11, 22), 2), ((3, 3, 3, 9), 0), ((5, 5, 2, 9), 0),
     ((5, 5, 2, 2), 0)],
)  # fmt: skip
def test_area_of_a_box_is_never_negative(box, area):
    assert person(*box).area == area


@given(st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4), st.floats(-1e3, 1e3))
def test_moving_a_person_does_not_change_their_area(box, shift):
    here = person(*box)
    there = person(*(value + shift for value in box))
    assert there.area == pytest.approx(here.area, rel=1e-6, abs=1e-2)


def test_both_finders_offer_what_curate_asks_of_them():
    for finder in (EmbeddedFinder(), VitPoseFinder("detector", "pose")):
        assert isinstance(finder.name, str) and finder.name
        for method in ("__enter__", "__exit__", "find"):
            assert callable(getattr(type(finder), method))
            assert method in dir(PeopleFinder)
