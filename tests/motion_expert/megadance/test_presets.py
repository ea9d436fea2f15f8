"""Shapes of the networks: published sizes, genres by name."""

import pytest

from pipelines.motion_expert.megadance.presets import GENERATORS, TOKENIZERS, GeneratorConfig
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.support.errors import BadUsage


def test_the_published_tokenizer_has_39_million_weights():
    count = sum(p.numel() for p in Tokenizer(TOKENIZERS["paper"]).parameters())
    assert count == pytest.approx(39.4e6, abs=0.05e6)


def test_a_shape_survives_json():
    shape = GeneratorConfig(genres=("house", "krump"), rank=4, tokens="flat")
    assert GeneratorConfig.from_json(shape.to_json()) == shape
    with pytest.raises(TypeError):
        GeneratorConfig.from_json({**shape.to_json(), "colour": 1})


def test_genres_are_found_whatever_their_case_and_others_refused_with_the_list():
    shape = GeneratorConfig(genres=("house", "krump"))
    assert (shape.genre_index("Krump"), shape.genre_index(None)) == (1, -1)
    with pytest.raises(BadUsage, match="--genre polka") as caught:
        shape.genre_index("polka")
    assert "house, krump" in caught.value.hint


def test_every_preset_has_both_networks():
    assert GENERATORS.keys() == TOKENIZERS.keys() == {"paper", "small", "tiny"}
    paper = GENERATORS["paper"]
    assert (paper.width, paper.layers, paper.heads, paper.reach) == (512, 6, 8, 22)
