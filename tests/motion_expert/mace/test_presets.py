"""Names and sizes of the network's presets."""

import json

import pytest

from pipelines.motion_expert.mace.network import parameter_count
from pipelines.motion_expert.mace.presets import FINEDANCE_GENRES, PRESETS, MotionExpertConfig
from pipelines.support.errors import BadUsage


def test_paper_has_the_published_sizes():
    paper = PRESETS["paper"]
    assert (paper.width, paper.heads, paper.feedforward, paper.dropout) == (512, 8, 1024, 0.1)
    assert (paper.dance_blocks, paper.music_blocks) == (8, 2)
    assert (paper.state, paper.conv, paper.expand) == (16, 4, 2)
    assert (paper.motion_size, paper.music_size) == (151, 35)
    assert not (paper.aligned_music or paper.attention_reach or paper.preconditioned)


def test_paper_has_the_published_number_of_parameters():
    count = parameter_count(PRESETS["paper"])
    assert count == 66_680_983
    # docs/reference/motion-expert.md#network from the shapes: blocks, time and beta, projections,
    # null.
    width = 512
    projections = (151 * width + width) + (35 * width + width) + (width * 151 + 151)
    assert count == 8 * 6_544_896 + 2 * 4_974_080 + 2 * 2_099_712 + projections + width


def test_what_ships_fits_into_forty_megabytes_of_halves():
    assert parameter_count(PRESETS["small"]) * 2 < 40e6


def test_genres_are_those_of_the_paper():
    assert len(FINEDANCE_GENRES) == 16
    assert (FINEDANCE_GENRES[0], FINEDANCE_GENRES[15]) == ("Dai", "DunHuang")


@pytest.mark.parametrize("name", PRESETS)
def test_json_and_back(name):
    config = PRESETS[name]
    assert MotionExpertConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError):
        MotionExpertConfig.from_json({**PRESETS["tiny"].to_json(), "depth": 3})


def test_labels():
    config = PRESETS["paper"]
    assert config.genre_index(None) == -1
    assert config.genre_index("Jazz") == config.genre_index("jazz") == 12
    with pytest.raises(BadUsage, match="--genre Polka") as caught:
        config.genre_index("Polka")
    assert "Hiphop" in caught.value.hint
    with pytest.raises(BadUsage) as caught:
        config.with_genres(()).genre_index("Jazz")
    assert "leave --genre out" in caught.value.hint
