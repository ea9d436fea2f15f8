"""What is told of a dance library from its JSON."""

import json

import pytest

from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.header import (
    SHIPPED,
    library_cost,
    library_genres,
    library_identity,
)
from pipelines.motion_expert.library.storage import save_library
from pipelines.support.errors import UnsuitableInput


def test_genres_are_those_that_the_dancer_knows(tmp_path, library):
    save_library(library, tmp_path)
    assert library_genres(tmp_path) == LibraryDancer(library).genres
    assert {"house", "popping", "salsa"} <= set(library_genres(None))


def test_identity_follows_the_content(tmp_path, library):
    save_library(library, tmp_path / "a")
    save_library(library, tmp_path / "b")
    assert library_identity(tmp_path / "a") == library_identity(tmp_path / "b")
    (tmp_path / "b" / "library.safetensors").write_bytes(b"x")
    assert library_identity(tmp_path / "a") != library_identity(tmp_path / "b")
    assert library_identity(None) == library_identity(SHIPPED)


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"takes": [{}]}), json.dumps({"a": 1})])
def test_what_is_no_library(tmp_path, text):
    (tmp_path / "library.json").write_text(text)
    with pytest.raises(UnsuitableInput, match="not a dance library"):
        library_genres(tmp_path)


def test_cost_grows_with_the_song_and_the_candidates():
    once, longer, twice = library_cost(10, 1), library_cost(60, 1), library_cost(10, 2)
    assert once.seconds < longer.seconds and once.seconds < twice.seconds
    assert once.memory == longer.memory
