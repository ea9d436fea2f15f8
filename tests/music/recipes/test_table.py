"""Every recipe is known by its schema, and keeps what its row promises."""

import pytest

from pipelines.music.features import FEATURE_SCHEMA
from pipelines.music.recipes.table import RECIPES, recipe_of
from pipelines.support.errors import UnsuitableInput


def test_a_schema_names_its_recipe():
    assert recipe_of(FEATURE_SCHEMA) is None
    for name, row in RECIPES.items():
        assert recipe_of(row.schema) is row and row.name == name
        assert row.schema.startswith(name)
    widths = {name: (row.width, row.fps) for name, row in RECIPES.items()}
    assert widths == {"bailando55": (55, 30), "mega35": (35, 30), "muq": (1024, 25)}


def test_an_unknown_schema_is_refused_with_the_known_ones():
    with pytest.raises(UnsuitableInput, match="jukebox4800") as caught:
        recipe_of("jukebox4800")
    assert all(row.schema in caught.value.hint for row in RECIPES.values())
