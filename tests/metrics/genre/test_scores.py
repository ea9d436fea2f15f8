"""Accuracy and F1 in closed form, and as scikit-learn has their parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics.genre.scores import accuracy, f1_score
from pipelines.support.errors import UnsuitableInput

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40)


def test_a_table_that_is_counted_by_hand():
    # Genre 0: 3 asked, 2 found, called 2 times; 1: 1 asked, 1 found, called twice; 2: asked once,
    # never called.
    asked, recognised = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 1, 0, 2])
    assert accuracy(asked, recognised) == pytest.approx(4 / 6)
    precision, recall = (2 / 3 + 1 / 2 + 1) / 3, (2 / 3 + 1 + 1 / 2) / 3
    assert f1_score(asked, recognised) == pytest.approx(
        2 * precision * recall / (precision + recall)
    )


def test_the_ends_of_the_scale():
    genres = np.arange(5)
    assert accuracy(genres, genres) == f1_score(genres, genres) == 1
    assert accuracy(genres, genres + 5) == f1_score(genres, genres + 5) == 0


def test_it_is_not_the_mean_of_the_genres_own_f1():
    asked, recognised = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
    # Precisions 1 and 1/3, recalls 1/3 and 1: both macro means are 2/3, each genre's F1 is 1/2.
    assert f1_score(asked, recognised) == pytest.approx(2 / 3)


def test_a_genre_that_was_only_recognised_counts():
    assert f1_score(np.array([0, 0]), np.array([0, 3])) == pytest.approx(
        2 * 0.5 * 0.25 / (0.5 + 0.25)
    )


@given(PAIRS)
def test_precision_and_recall_are_those_of_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    asked, recognised = np.array(pairs).T
    precision, recall = (
        score(asked, recognised, average="macro", zero_division=0)
        for score in (metrics.precision_score, metrics.recall_score)
    )
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
    assert f1_score(asked, recognised) == pytest.approx(expected)
    assert accuracy(asked, recognised) == pytest.approx(metrics.accuracy_score(asked, recognised))


@given(PAIRS, st.permutations(range(5)))
def test_names_of_genres_do_not_matter(pairs, names):
    asked, recognised = np.array(pairs).T
    renamed = np.array(names)
    assert f1_score(renamed[asked], renamed[recognised]) == pytest.approx(
        f1_score(asked, recognised)
    )


def test_nothing_to_score_and_no_pairs():
    with pytest.raises(UnsuitableInput, match="no dance names its genre"):
        accuracy(np.zeros(0), np.zeros(0))
    with pytest.raises(UnsuitableInput, match="no pairs"):
        f1_score(np.zeros(2), np.zeros(3))
