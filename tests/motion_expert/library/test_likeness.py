"""Dances in the manner of a given one."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.expert import LibraryExpert
from pipelines.motion_expert.library.likeness import (
    likeness_costs,
    manners_of_dance,
    manners_of_units,
)
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.search import SearchConfig, likings
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture(scope="module")
def plan(song):
    return plan_song(song(12, 110.0))


@pytest.fixture(scope="module")
def units(library, plan):
    return LibraryDancer(library).units_for(plan, [], upright=False, any_style=True)


def recorded(library, name):
    return library.recorded(next(take for take in library.takes if take.name == name))


def takes_of(library, units):
    return np.array([library.takes[units.counted[row].number].name for row in units.row])


def test_the_units_of_a_take_are_nearest_to_it_and_to_its_mirror_image(library, units, plan):
    """The manner of a bar does not depend on where the dance is looked at."""
    names = takes_of(library, units)
    for liked, mirrored in ((recorded(library, "l1"), False), (recorded(library, "l1"), True)):
        dance = liked.mirrored() if mirrored else liked
        cost = likeness_costs(library, units, plan, dance, [0] * plan.bars, SearchConfig())[0]
        own = (names == "l1") & (units.mirrored == mirrored)
        assert cost[own].max() < np.median(cost[names != "l1"])
        assert names[cost.argmin()] == "l1" and units.mirrored[cost.argmin()] == mirrored


def test_manners_have_a_posture_a_spread_and_ways(library, units, plan):
    ours, theirs = manners_of_units(library, units, plan), manners_of_dance(
        recorded(library, "h0"), plan
    )  # fmt: skip
    assert ours.shape == (len(units), 216) and theirs.shape[1] == 216
    assert (ours[:, 72:] >= 0).all() and (theirs[:, 72:] >= 0).all()
    still = recorded(library, "h0").sliced(0, 1)
    frozen = replace(
        still, poses=np.repeat(still.poses, 90, 0), trans=np.repeat(still.trans, 90, 0)
    )
    np.testing.assert_allclose(manners_of_dance(frozen, plan)[:, 72:], 0, atol=1e-6)


def test_no_style_is_disliked_where_none_is_asked_for(library, units, plan):
    liked, config = recorded(library, "k0"), SearchConfig()
    asked = likeness_costs(library, units, plan, liked, [0] * plan.bars, config)
    unasked = likeness_costs(library, units, plan, liked, [None] * plan.bars, config)
    np.testing.assert_allclose(asked - unasked, np.tile(likings(units, config), (plan.bars, 1)))


def test_a_style_that_dances_only_when_asked_for_is_danced_when_it_is_liked(library, song):
    expert = LibraryExpert(LibraryDancer(library), LibraryOptions())
    music = MusicFeatures(song(12, 100.0))
    (plain,) = expert.dance(DanceRequest(music), SILENT)
    (alike,) = expert.dance(DanceRequest(music, like=recorded(library, "k0")), SILENT)
    danced = [{part["genre"] for part in one.facts["parts"]} for one in (plain, alike)]
    assert "krump" not in danced[0] and "krump" in danced[1]


def test_a_dance_of_less_than_a_second_shows_no_manner(library, units, plan):
    short = recorded(library, "h0").sliced(0, 20)
    with pytest.raises(UnsuitableInput, match=r"--like: 0\.67 s are too short"):
        likeness_costs(library, units, plan, short, [None] * plan.bars, SearchConfig())
