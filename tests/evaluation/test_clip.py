"""What is kept of clips, as arrays over a set."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.evaluation.clip import (
    Clip,
    feature_rows,
    row_owners,
    score_column,
    weight_column,
)


def clips():
    return [
        Clip("a", {"k": np.ones((2, 3))}, {"fsr": 0.5}, weights={"fsr": 9.0}),
        Clip("b", {}, {"fsr": float("nan")}),
        Clip("c", {"k": 2 * np.ones((1, 3))}, {"pfc": 1.0}),
    ]


def test_windows_of_all_clips_and_whose_they_are():
    assert feature_rows(clips(), "k").tolist() == [[1.0] * 3, [1.0] * 3, [2.0] * 3]
    assert row_owners(clips(), "k").tolist() == [0, 0, 2]


def test_a_space_that_nobody_has_is_empty():
    assert feature_rows(clips(), "g").shape == (0, 0)
    assert row_owners(clips(), "g").tolist() == []


def test_scores_that_a_clip_lacks_are_nan_and_weigh_one():
    assert np.isnan(score_column(clips(), "fsr")).tolist() == [False, True, True]
    assert weight_column(clips(), "fsr").tolist() == [9.0, 1.0, 1.0]


@given(st.lists(st.integers(0, 4), max_size=8))
def test_rows_and_owners_go_together(counts):
    found = [Clip(str(k), {"k": np.full((n, 2), k)} if n else {}) for k, n in enumerate(counts)]
    owners = row_owners(found, "k")
    assert len(owners) == sum(counts) == len(feature_rows(found, "k"))
    assert (feature_rows(found, "k")[:, :1].ravel() == owners).all()
