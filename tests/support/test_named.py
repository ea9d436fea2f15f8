"""Names of things become the things."""

import pytest

from pipelines.support.files import sha256_json
from pipelines.support.named import named


def test_a_function_is_found_where_its_name_says() -> None:
    assert named("pipelines.support.files:sha256_json") is sha256_json


@pytest.mark.parametrize("place", ["pipelines.support.files:nothing", "pipelines.support.none:x"])
def test_what_is_not_there_raises(place: str) -> None:
    with pytest.raises((AttributeError, ImportError)):
        named(place)
