"""Its row: what can be told without weights, three stages of training."""

import pytest

from pipelines.motion_expert.interface import CANDIDATES, GENRES, STYLES_OVER_TIME
from pipelines.motion_expert.megadance.dancer import MegaDancer
from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.motion_expert.megadance.row import MEGADANCE
from pipelines.support.errors import MissingAsset


def test_a_folder_of_ones_own(folder):
    assert MEGADANCE.genres(folder) == ("house", "krump")
    assert len(MEGADANCE.identity(folder)) == 64
    assert isinstance(MEGADANCE.load(folder, "cpu", MegaDanceOptions()), MegaDancer)
    one, two = (MEGADANCE.cost(folder, MegaDanceOptions(), s, 1) for s in (10, 20))
    assert one.seconds < two.seconds


def test_nothing_ships():
    assert MEGADANCE.check is None
    with pytest.raises(MissingAsset, match="no weights of --expert megadance ship"):
        MEGADANCE.load(None, "cpu", MegaDanceOptions())


def test_what_it_can_do_and_how_it_is_trained():
    assert MEGADANCE.abilities == {GENRES, CANDIDATES, STYLES_OVER_TIME}
    assert MEGADANCE.training.stages == ("tokenizer", "generator", "classifier")
