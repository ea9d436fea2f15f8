"""The library among the Motion Experts."""

import numpy as np
import pytest

from pipelines.motion_expert.experts import DEFAULT, EXPERTS, expert_of
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.expert import LibraryExpert
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.storage import save_library
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage
from pipelines.support.progress import SILENT


def dances(library, song, seed=0, candidates=1, styles=(), **options):
    expert = LibraryExpert(LibraryDancer(library), LibraryOptions(**options))
    request = DanceRequest(MusicFeatures(song(120, 8.0)), styles, seed, candidates)
    return expert.dance(request, SILENT)


def test_a_dance_as_long_as_the_song_and_the_same_again(library, song):
    (first,), (again,) = dances(library, song), dances(library, song)
    assert first.motion.frames == len(song(120, 8.0))
    np.testing.assert_array_equal(first.motion.poses, again.motion.poses)
    assert {part["genre"] for part in first.facts["parts"]} <= {"house", "lock"}


def test_several_candidates_differ(library, song):
    one, other = dances(library, song, candidates=2)
    assert not np.array_equal(one.motion.poses, other.motion.poses)


def test_variation_changes_the_trunk_alone(library, song):
    (plain,), (varied,) = dances(library, song), dances(library, song, variation=1.0)
    legs = [0, 1, 2, 4, 5, 7, 8, 10, 11]
    np.testing.assert_array_equal(varied.motion.trans, plain.motion.trans)
    np.testing.assert_array_equal(varied.motion.poses[:, legs], plain.motion.poses[:, legs])
    assert np.abs(varied.motion.poses[:, 16] - plain.motion.poses[:, 16]).max() > 0.1
    assert varied.facts["parts"] == plain.facts["parts"] and all(varied.facts["varied_bars"])
    assert varied.facts["trunk_parts"] != plain.facts["parts"]
    assert "trunk_parts" not in plain.facts


def test_the_style_that_is_asked_for(library, song):
    (danced,) = dances(library, song, styles=((0.0, "krump"),))
    assert {part["genre"] for part in danced.facts["parts"]} == {"krump"}


def test_it_is_the_default_and_a_folder_says_so(tmp_path, library):
    assert DEFAULT == "library" == expert_of(None, None)
    save_library(library, tmp_path)
    assert expert_of(None, tmp_path) == "library"
    with pytest.raises(BadUsage, match="holds an expert library"):
        expert_of("mace", tmp_path)


def test_other_names_of_styles():
    row = EXPERTS["library"]
    assert row.find_genre("Hip-Hop", row.genres(None)) == "la hip-hop"
    with pytest.raises(BadUsage, match="not in this library"):
        row.find_genre("polka", row.genres(None))
