"""What a Motion Expert is asked and what it says of itself."""

import subprocess
import sys

import numpy as np
import pytest

from pipelines.motion_expert.interface import Cost, DanceRequest, find_genre
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage, UnsuitableInput

MUSIC = MusicFeatures(np.zeros((90, 35), np.float32))


def test_a_dance_has_as_many_frames_as_its_music():
    assert DanceRequest(MUSIC).frames == 90


def test_one_style_or_none():
    assert DanceRequest(MUSIC).only_style is None
    assert DanceRequest(MUSIC, ((0.0, "salsa"),)).only_style == "salsa"


@pytest.mark.parametrize("styles", [((0.0, "salsa"), (4.0, "house")), ((1.5, "salsa"),)])
def test_a_change_of_style_is_refused_by_those_who_cannot(styles):
    with pytest.raises(BadUsage, match="in one style"):
        _ = DanceRequest(MUSIC, styles).only_style


def test_genres_are_found_whatever_their_case():
    assert find_genre("jAZZ", ("Salsa", "Jazz")) == "Jazz"


def test_an_unknown_genre_is_told_with_those_that_there_are():
    with pytest.raises(BadUsage, match="--genre Polka") as caught:
        find_genre("Polka", ("Salsa", "Jazz"))
    assert caught.value.hint == "known: Salsa, Jazz"
    with pytest.raises(BadUsage) as caught:
        find_genre("Polka", ())
    assert "leave --genre out" in caught.value.hint


def test_costs_are_marked_as_estimates():
    words = Cost(61.4, 1.25e9).words()
    assert words == {"dance_time": "≈ 61 s on two processor cores", "dance_memory": "≈ 1.2 GB"}


def test_the_table_imports_nothing_heavy():
    script = (
        "import sys, pipelines.motion_expert.experts;"
        "assert not {'torch', 'numpy', 'librosa', 'safetensors'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_network_gets_the_music_of_its_schema_or_none():
    own, other = (MusicFeatures(np.zeros((9, 35), np.float32), 30.0, name) for name in "ab")
    assert DanceRequest(own).heard_as("a") is own
    both = DanceRequest(own, heard=other)
    assert both.heard_as("b") is other and both.heard_as("a") is own and both.frames == 9
    with pytest.raises(UnsuitableInput, match="music features are a, the Motion Expert needs c"):
        both.heard_as("c")
