"""The library's row: what it can be asked, and that what ships is whole."""

from pipelines.motion_expert.interface import (
    CANDIDATES,
    EDITING,
    ENERGY_OVER_TIME,
    GENRES,
    LIKENESS,
    STAGING,
    STYLES_OVER_TIME,
)
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.row import LIBRARY


def test_it_dances_styles_over_time():
    assert LIBRARY.abilities == {
        GENRES, CANDIDATES, STYLES_OVER_TIME, ENERGY_OVER_TIME, EDITING,
        LIKENESS, STAGING,
    }  # fmt: skip
    assert len(LIBRARY.genres(None)) >= 16


def test_what_ships_is_whole():
    assert LIBRARY.check is not None and "library (" in LIBRARY.check()
    assert len(LIBRARY.identity(None)) == 64
    assert LIBRARY.cost(None, LibraryOptions(), 10.0, 1).seconds < 10
