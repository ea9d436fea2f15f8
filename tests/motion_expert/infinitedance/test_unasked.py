"""Styles that are danced only when asked for follow from the dances, whatever they are called."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion_expert.infinitedance.header import read_header
from pipelines.motion_expert.infinitedance.unasked import only_asked
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library


@pytest.fixture
def style(standing):
    """A take in a style; so much of its time its pelvis is at this height."""

    def make(genre, low=0.0, height=0.3, take="", couple=False, frames=200):
        motion = replace(standing(frames), genre=genre or None)
        trans = motion.trans.copy()
        trans[: round(low * frames), 2] -= motion.joints()[0, 0, 2] - height
        motion = replace(motion, trans=trans)
        music = np.zeros((frames, 35), np.float32)
        return PairedSequence(motion, music, take or genre, take or genre, couple=couple)

    return make


def test_what_is_danced_on_the_floor(style):
    upright = style("waltz")
    assert only_asked([upright, style("worm", 0.16)]) == ("worm",)
    assert only_asked([upright, style("bounce", 0.14)]) == ()
    assert only_asked([upright, style("crouch", 1.0, 0.65)]) == ()


def test_what_couples_dance(style):
    takes = [style("tango", take="one"), style("tango", take="two", couple=True), style("waltz")]
    assert only_asked(takes) == ("tango",)


def test_a_take_counts_once_however_many_songs_it_has(style):
    down, up = style("worm", 0.4, take="down"), style("worm", take="up", frames=1500)
    assert only_asked([style("waltz"), *[down] * 9, up]) == ()
    assert only_asked([style("waltz"), down, style("worm", take="up")]) == ("worm",)


def test_where_all_are_such_all_are_danced(style):
    assert only_asked([style("worm", 0.5), style("spin", 0.2)]) == ()
    assert only_asked([style("worm", 0.5), style("")]) == ()
    assert only_asked([]) == ()


def test_what_the_model_that_ships_says_follows_from_the_library_that_ships():
    library = load_library(SHIPPED)
    takes = [
        PairedSequence(library.recorded(t), np.zeros((t.frames, 35), np.float32), t.name, t.group,
                       couple=t.couple)
        for t in library.takes
    ]  # fmt: skip
    assert only_asked(takes) == read_header(None).only_asked == ("break", "salsa")
