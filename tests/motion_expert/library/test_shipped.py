"""The library in the package: what it says of itself, and what it does to songs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.metrics.feet import foot_skating_ratio
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.music.features import FEATURE_SCHEMA

Features = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def dancer() -> LibraryDancer:
    return LibraryDancer.load(None)


def test_is_small_and_read_at_once() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 12e6
    start = time.process_time()
    LibraryDancer.load(None)
    assert time.process_time() - start < 0.5


def test_every_take_has_origin_and_licence_and_all_may_ship(dancer: LibraryDancer) -> None:
    takes = dancer.library.takes
    assert {take.collection for take in takes} == {"AIST++", "G1 Moves", "CMU"}
    assert {take.licence for take in takes} == {"CC BY 4.0", "CMU (free for any use)"}
    assert all(take.licence == "CC BY 4.0" for take in takes if take.collection != "CMU")
    assert len({take.name for take in takes}) == len(takes)
    assert all(take.couple == (take.collection == "CMU") for take in takes if take.genre == "salsa")
    assert all(take.root_estimated == (take.collection == "AIST++") for take in takes)


def test_the_card_names_every_style_and_both_attributions(dancer: LibraryDancer) -> None:
    card = (SHIPPED.parent / "CARD.md").read_text()
    notice = (Path(__file__).parents[3] / "NOTICE").read_text()
    assert len(dancer.genres) >= 16
    assert all(genre in card for genre in dancer.genres)
    for name in ("Google LLC", "Mitch Chaiet", "NSF EIA-0196217"):
        assert name in card and name in notice


@pytest.mark.parametrize("genre", ["house", "popping", "waack", "commercial", "salsa"])
def test_dances_each_style_with_feet_that_stand(
    dancer: LibraryDancer, song: Features, genre: str
) -> None:
    motion, _, facts = dancer.dance(song(12, 118), FEATURE_SCHEMA, styles=[(0, genre)])[0]
    assert {part["genre"] for part in facts["parts"]} == {genre}
    assert foot_skating_ratio(motion.joints(), 30).ratio < 0.12


@pytest.mark.parametrize("genre", ["house", ""])
def test_feet_slide_at_joins_no_more_than_elsewhere(
    dancer: LibraryDancer, song: Features, genre: str
) -> None:
    """A cross-fade of poses alone drags feet in 3 to 10 % of the frames in which they stand."""
    slides, stands = 0, 0
    for bpm in (92, 108, 126):
        motion, _, facts = dancer.dance(
            song(16, bpm), FEATURE_SCHEMA, styles=[(0, genre)] if genre else []
        )[0]
        joints = motion.joints()
        step = np.linalg.norm(np.diff(joints[..., :2], axis=0), axis=-1) * 30
        for ankle, toes in ((7, 10), (8, 11)):
            low = (joints[:-1, ankle, 2] < 0.08) & (joints[:-1, toes, 2] < 0.05)
            near = np.zeros(len(low), bool)
            for join in facts["joins"]:
                near[max(0, join - 8) : join + 8] = True
            stands += int((low & near).sum())
            slides += int((low & near & (step[:, [ankle, toes]].max(1) > 0.3)).sum())
    assert stands > 80
    assert slides / stands < 0.03


def test_ten_seconds_of_dance_take_less_than_one(dancer: LibraryDancer, song: Features) -> None:
    features = song(10, 124)
    start = time.process_time()
    dancer.dance(features, FEATURE_SCHEMA)
    assert time.process_time() - start < 1.5


def test_a_long_dance_neither_turns_away_nor_wanders_off(
    dancer: LibraryDancer, song: Features
) -> None:
    motion, _, facts = dancer.dance(song(90, 110), FEATURE_SCHEMA)[0]
    joints = motion.joints()
    across = (joints[:, 1, :2] - joints[:, 2, :2]).reshape(9, 300, 2).mean(1)
    assert np.abs(np.arctan2(across[:, 1], across[:, 0])).max() < 0.5
    assert np.ptp(motion.trans[:, :2], axis=0).max() < 3.5
    assert len({part["take"] for part in facts["parts"]}) >= 12


@pytest.mark.parametrize(("genre", "bpm"), [("lock", 140), ("krump", 140), ("waack", 105)])
def test_no_tempo_leaves_a_style_a_single_take(
    dancer: LibraryDancer, song: Features, genre: str, bpm: float
) -> None:
    """Between a style's own tempi and their doubles few takes fit; more are danced faster."""
    facts = dancer.dance(song(30, bpm), FEATURE_SCHEMA, styles=[(0, genre)])[0][2]
    assert len({part["choreography"] for part in facts["parts"]}) >= 3
