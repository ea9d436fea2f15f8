"""The small one is called as Wan-Animate is, at its own size, with defaults of its own."""

from dataclasses import fields

import pytest

from pipelines.appearance_expert.tiny.options import STEPS, TinyOptions
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.support.errors import BadUsage
from pipelines.support.options import declared


def test_settings_are_the_users_at_the_small_models_size():
    config = TinyOptions(wan_sampling_steps=7, prompt="a dancer").as_wan()
    assert (config.wan_sampling_steps, config.prompt, config.face) == (7, "a dancer", "none")
    assert (config.fps, config.segment_frames, config.max_pixels) == (16.0, 17, 80 * 144)


def test_its_defaults_are_its_own():
    assert TinyOptions().as_wan().wan_sampling_steps == STEPS
    assert TinyOptions().face == "none" != WanConfig().face


def test_whoever_asks_for_wans_defaults_gets_them():
    config = TinyOptions(wan_sampling_steps=20, face="neutral").as_wan()
    assert (config.wan_sampling_steps, config.face) == (20, "neutral")


def test_it_knows_every_option_of_wan():
    names = [field.name for field in fields(TinyOptions)]
    assert names == [one.name for one in declared(WanConfig)]


@pytest.mark.parametrize("change", [{"wan_sampling_steps": 201}, {"face": "grin"}], ids=str)
def test_it_refuses_what_wan_refuses(change):
    with pytest.raises(BadUsage):
        TinyOptions(**change).validate()
