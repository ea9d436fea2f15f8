"""Styles: known however they are written, and danced in their own way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.datasets.aistpp_bvh import GENRES as AIST
from pipelines.datasets.cmu_takes import SUBJECTS
from pipelines.datasets.g1_moves import GENRES as G1
from pipelines.motion_expert.library.genres import STYLES, Style, find_genre, liking_of, style_of
from pipelines.support.errors import BadUsage

KNOWN = ("la hip-hop", "house", "break", "lock")


@pytest.mark.parametrize(
    ("asked", "name"),
    [("House", "house"), ("LA_hip_hop", "la hip-hop"), ("la-hip-hop", "la hip-hop"),
     ("hiphop", "la hip-hop"), ("breakdance", "break"), ("locking", "lock")],
)  # fmt: skip
def test_styles_go_by_several_names(asked: str, name: str) -> None:
    assert find_genre(asked, KNOWN) == name


@pytest.mark.parametrize("asked", ["tango", "popping", ""])
def test_what_the_library_lacks_is_refused_with_what_it_has(asked: str) -> None:
    with pytest.raises(BadUsage) as caught:
        find_genre(asked, KNOWN)
    assert "break, house, la hip-hop, lock" in str(caught.value.hint)


def test_a_style_of_ones_own_dances_unasked_as_well() -> None:
    assert style_of("polka") == Style()
    assert style_of("polka").liking is None
    assert STYLES["house"].liking is not None
    assert liking_of("polka") == 0.0
    assert liking_of("salsa") is None and liking_of("house") == STYLES["house"].liking


def test_what_is_known_of_a_style_is_known_by_its_other_names() -> None:
    assert style_of("breaking") == style_of("break") and style_of("locking").phase == -2.2
    assert liking_of("breaking") == liking_of("break") and liking_of("ballet") is None


def test_every_style_that_the_readers_name_is_known():
    named = {*AIST.values(), *G1.values(), *(one.genre for one in SUBJECTS.values())}
    renamed = {name for name in named if name not in STYLES}
    assert {find_genre(name, STYLES) for name in renamed} <= set(STYLES)


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_style_is_held_by_feet_or_body_between_the_beats(name):
    style = style_of(name)
    assert style.by in ("feet", "body") and -np.pi <= style.phase <= np.pi
    assert style.liking is None or 0 <= style.liking < 1


def test_unknown_styles_are_danced_with_the_first_values():
    assert style_of("polka") == Style() and Style().liking is None


@given(st.sampled_from(sorted(STYLES)), st.sampled_from([str.upper, str.title, str.lower]),
       st.sampled_from([" ", "-", "_", ""]))  # fmt: skip
def test_spelling_does_not_matter(name, case, between):
    written = case(name.replace(" ", between).replace("-", between))
    assert find_genre(written, STYLES) == name


def test_a_name_that_the_library_has_goes_before_another_meaning():
    assert find_genre("jazz", ["jazz", "street jazz"]) == "jazz"


@pytest.mark.parametrize("asked", ["tango", "", "locking"])
def test_what_it_does_not_have_is_refused_with_what_it_has(asked):
    with pytest.raises(BadUsage, match=f"--genre {asked}: not in this library") as caught:
        find_genre(asked, ["salsa", "house", "salsa"])
    assert caught.value.hint == "it has house, salsa"


@pytest.mark.parametrize(
    ("asked", "near"), [("hous", "house"), ("salza", "salsa"), ("breackdance", "break")]
)
def test_the_nearest_is_named(asked, near):
    with pytest.raises(BadUsage) as caught:
        find_genre(asked, ["salsa", "house", "break"])
    assert caught.value.hint.startswith(f"did you mean {near!r}? it has ")
