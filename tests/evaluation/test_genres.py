"""What a classifier adds to clips, per profile, and what of a set cannot count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.evaluation.genres import OUTPUTS, GenreMeasurer, SeenGenres
from pipelines.evaluation.profiles import motion_profile
from pipelines.support.errors import MissingAsset, UnsuitableInput

PAIRS = "asked, recognised"
KNOWN = ("house", "krump", "waack")


@pytest.fixture
def measurer(genre_classifier):
    return lambda profile="strict": GenreMeasurer(genre_classifier, motion_profile(profile), "cpu")


@pytest.fixture
def seen():
    return SeenGenres()


def test_real_outputs_in_strict_and_all_twenty_as_published(measurer, seen, dance):
    motion = replace(dance(0, 150), genre="krump")
    strict = measurer().features(motion, seen)
    published = measurer("megadance").features(motion, seen)
    assert strict[OUTPUTS].shape == (4, 3) and published[OUTPUTS].shape == (4, 20)
    np.testing.assert_array_equal(strict[OUTPUTS], published[OUTPUTS][:, :3])
    assert strict[PAIRS][:, 0].tolist() == [1.0] * 4
    assert strict[PAIRS][:, 1].tolist() == strict[OUTPUTS].argmax(1).tolist()
    assert published[PAIRS][:, 1].tolist() == published[OUTPUTS].argmax(1).tolist()


def test_dances_are_cut_as_the_profile_cuts_them(measurer, seen, dance):
    motion = replace(dance(0, 1200), genre="krump")
    cut = measurer("megadance").features(motion, seen)[OUTPUTS]
    np.testing.assert_array_equal(
        cut, measurer("megadance").features(motion.sliced(0, 1024), seen)[OUTPUTS]
    )
    whole = measurer("bailando").features(motion, seen, truth=True)[OUTPUTS]
    assert len(whole) > len(measurer("bailando").features(motion, seen)[OUTPUTS])


def test_settings_tell_classifiers_and_profiles_apart(measurer):
    one, other = measurer().settings(), measurer("megadance").settings()
    assert one | {"unused_outputs": True} == other
    assert len(one["weights"]) == 64 and one["genres"] == list(KNOWN)


def test_clips_without_a_known_genre_still_have_outputs(measurer, seen, dance):
    for genre in (None, "tango", "house"):
        found = measurer().features(replace(dance(1, 90), genre=genre), seen)
        assert OUTPUTS in found and (PAIRS in found) == (genre == "house")
    assert seen.notes("pred", KNOWN, 60) == [
        "1 of 3 clips name no genre and do not count for ACC and F1",
        "1 of 3 clips are of genres that the classifier does not know (tango) and do not count "
        "for ACC and F1",
    ]


def test_short_clips_and_sets_without_names_are_said(measurer, seen, dance):
    measurer().features(dance(1, 40), seen)
    assert seen.notes("pred", KNOWN, 60) == [
        "no clip names its genre, so there is no ACC and F1",
        "1 of 1 clips are shorter than the classifier's window of 2.0 s, in which it was trained",
    ]


def test_a_classifier_of_other_genres_is_refused(measurer, seen, dance):
    for genre in ("tango", "waltz", None):
        measurer().features(replace(dance(1, 90), genre=genre), seen)
    with pytest.raises(UnsuitableInput, match=r"pred: none of its genres \(tango, waltz\)") as told:
        seen.notes("pred", KNOWN, 60)
    assert told.value.hint == "it knows house, krump, waack"


def test_no_classifier_there(tmp_path):
    with pytest.raises(MissingAsset, match="no genre classifier in"):
        GenreMeasurer(tmp_path, motion_profile("strict"), "cpu")
