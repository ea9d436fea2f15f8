"""What a training is asked to do, and what is refused before any file is read."""

from dataclasses import replace

import pytest

from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.files import sha256_json

CONFIG = TrainAppearanceConfig(data=("clips",))


def test_named_clips_are_all_that_must_be_said():
    assert CONFIG.validate() is CONFIG
    with pytest.raises(BadUsage, match="--data"):
        TrainAppearanceConfig().validate()


@pytest.mark.parametrize(("stage", "rate"), [("kinematic", 1e-5), ("aesthetic", 1e-4),
                                             ("base", 1e-3)])  # fmt: skip
def test_each_stage_has_its_rate_unless_one_is_asked_for(stage, rate):
    assert replace(CONFIG, stage=stage).learning_rate() == rate
    assert replace(CONFIG, stage=stage, lr=0.5).learning_rate() == 0.5


def test_the_recipe_of_the_clips():
    recipe = replace(CONFIG, size="32X48", frames=9, relay=(5, 1, 5), fps=25.0).recipe("digest")
    assert (recipe.width, recipe.height, recipe.frames, recipe.fps) == (32, 48, 9, 25.0)
    assert recipe.relay == (1, 5) and recipe.encoders == "digest"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"size": "big"}, "--size big"), ({"size": "33x48"}, "--size 33x48"),
     ({"frames": 8}, "--frames 8"), ({"stage": "both"}, "both"), ({"rank": 0}, "--rank"),
     ({"hold_out": 1.5}, "--hold-out"), ({"batch_size": 3, "accumulate": 2}, "--batch-size 3"),
     ({"lr": -1.0}, "--lr")],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused_by_its_option(changes, said):
    with pytest.raises(BadUsage, match=said):
        replace(CONFIG, **changes).validate()


def test_an_adapter_must_be_there(tmp_path):
    adapter = tmp_path / "body_adapter.safetensors"
    with pytest.raises(MissingAsset, match="body_adapter"):
        replace(CONFIG, adapter=adapter).validate()


def test_parts_of_the_data_may_count_more(tmp_path):
    sources = replace(CONFIG, data=(f"{tmp_path}:3", str(tmp_path))).sources()
    assert [source.weight for source in sources] == [3, None]  # None: by its size
    assert sources[0].path == sources[1].path == tmp_path


def test_a_run_is_another_one_by_what_it_learns_not_by_how_it_is_run(tiny_wan, tmp_path):
    weights = find_wan(str(tiny_wan))
    config = replace(CONFIG, data=(str(tmp_path),))
    same = config.identity(weights)
    for other in ({"keep": 3}, {"workspace": tmp_path}, {"device": "cpu"}, {"sample_every": 7}):
        assert replace(config, **other).identity(weights) == same, other
    adapter = tmp_path / "body_adapter.safetensors"
    adapter.write_bytes(b"x")
    for other in ({"stage": "base"}, {"rank": 8}, {"seed": 1}, {"lr": 0.1}, {"adapter": adapter},
                  {"data": (f"{tmp_path}:2",)}, {"size": "480x848"}):  # fmt: skip
        assert replace(config, **other).identity(weights) != same, other


@pytest.mark.parametrize(
    ("changes", "digest"),
    [({}, "26296257"), ({"stage": "aesthetic", "rank": 8, "ema_decay": 0.9}, "05931b44")],
)
def test_runs_keep_the_names_that_they_had(changes, digest, tiny_wan):
    """Taken from before options were declared; what the model's weights add is left out."""
    config = replace(CONFIG, data=("clips:2",), **changes)
    assert sha256_json({**config.identity(find_wan(str(tiny_wan))), "model": "m"})[:8] == digest


def test_without_a_number_of_steps_the_data_are_seen_twice():
    assert replace(CONFIG, batch_size=4).updates(100) == 50
    assert replace(CONFIG, batch_size=4).updates(1) == 1
    assert replace(CONFIG, steps=7).updates(100) == 7
