"""The one table of recipes; a new one is a module and a row.

The 35 features are none of them: everybody has those.
"""

from __future__ import annotations

from pipelines.music.features import FEATURE_SCHEMA
from pipelines.music.recipes.bailando55 import BAILANDO55
from pipelines.music.recipes.mega35 import MEGA35
from pipelines.music.recipes.muq import MUQ
from pipelines.music.recipes.recipe import Recipe
from pipelines.support.errors import UnsuitableInput

RECIPES: dict[str, Recipe] = {row.name: row for row in (BAILANDO55, MEGA35, MUQ)}


def recipe_of(schema: str) -> Recipe | None:
    """The recipe that a model or a file names; None: the 35 features alone.

    Raises UnsuitableInput for one that this version does not know.
    """
    if schema == FEATURE_SCHEMA:
        return None
    for row in RECIPES.values():
        if row.schema == schema:
            return row
    known = "; ".join([FEATURE_SCHEMA, *(row.schema for row in RECIPES.values())])
    raise UnsuitableInput(f'no music is heard as "{schema}"', f"known: {known}")
