"""Ids follow from content."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.workspace.identity import content_id

PARAMETERS = st.dictionaries(st.sampled_from("abcd"), st.integers(), max_size=4)


def test_known_id() -> None:
    # printf '{"parameters":{"start":0.5},"source":"ab"}' | sha256sum
    assert content_id("ab", start=0.5) == "d2b80275fb2cb987"


@given(PARAMETERS, PARAMETERS)
def test_equal_exactly_for_equal_content(first: dict[str, int], second: dict[str, int]) -> None:
    same = content_id("a" * 64, **first) == content_id("a" * 64, **second)
    assert same == (first == second)


@given(st.text(max_size=8), st.text(max_size=8))
def test_source_counts(first: str, second: str) -> None:
    assert (content_id(first) == content_id(second)) == (first == second)
