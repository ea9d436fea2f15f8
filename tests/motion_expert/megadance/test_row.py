"""Its row: folders, what ships, three stages of training."""

import numpy as np

from pipelines.motion_expert.interface import (
    CANDIDATES,
    GENRES,
    STYLES_OVER_TIME,
    DanceRequest,
)
from pipelines.motion_expert.megadance.dancer import MegaDancer
from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.motion_expert.megadance.row import MEGADANCE
from pipelines.music.features import MusicFeatures


def test_a_folder_of_ones_own(folder):
    assert MEGADANCE.genres(folder) == ("house", "krump")
    assert len(MEGADANCE.identity(folder)) == 64
    assert isinstance(MEGADANCE.load(folder, "cpu", MegaDanceOptions()), MegaDancer)
    one, two = (MEGADANCE.cost(folder, MegaDanceOptions(), s, 1) for s in (10, 20))
    assert one.seconds < two.seconds


def test_what_ships_dances_in_the_styles_of_the_library():
    assert "motion_expert" in MEGADANCE.check()
    assert {"house", "krump", "salsa"} <= set(MEGADANCE.genres(None))
    music = MusicFeatures(np.zeros((96, 35), np.float32))
    dancer = MEGADANCE.load(None, "cpu", MegaDanceOptions())
    (danced,) = dancer.dance(DanceRequest(music, ((0.0, "house"),)))
    assert danced.motion.frames == 96
    moved = np.linalg.norm(np.diff(danced.motion.joints(), axis=0), axis=-1).mean() * 30
    assert 0.1 < moved < 2  # metres a second, all joints


def test_what_it_can_do_and_how_it_is_trained():
    assert MEGADANCE.abilities == {GENRES, CANDIDATES, STYLES_OVER_TIME}
    assert MEGADANCE.training.stages == ("tokenizer", "generator", "classifier")
