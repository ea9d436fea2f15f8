"""Training the generator beside a tokenizer that stands still."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.megadance.checkpoint import (
    load_megadance,
    save_megadance,
    save_tokenizer,
)
from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.generator.task import generator_task, network_config
from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music import layout
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CONFIG = TrainMotionConfig(
    expert="megadance", stage="generator", preset="tiny", window=32, stride=8, batch_size=4,
    steps=4, checkpoint_every=2, validate_every=2, lr=1e-3,
)  # fmt: skip


@pytest.fixture
def own(tokenizer, tmp_path):
    place = tmp_path / "tokenizer"
    place.mkdir()
    save_tokenizer(place, tokenizer.config, tokenizer.state_dict(), "s", {})
    return MegaDanceTrainingOptions(tokenizer=str(place))


def run(material, own, steps):
    launch = Launch(torch.device("cpu"), may_cut=False)
    task = generator_task(CONFIG, own, material)
    options = EngineOptions.of(CONFIG, steps=steps)
    return Engine(task, options, material.folder, launch, SILENT).run()


def test_switches_and_genres_of_the_data_shape_the_network(material):
    own = MegaDanceTrainingOptions(
        tokens="flat", expert_layout="sequential", late_music=True, without="mamba"
    )
    shape = network_config("tiny", own, material())
    assert shape.genres == ("house", "krump")
    assert (shape.tokens, shape.layout, shape.late_music) == ("flat", "sequential", True)
    assert (shape.mamba, shape.universal, shape.special) == (False, True, True)


def test_data_of_one_genre_are_learned_and_it_is_said(material, dances, own):
    given = material(train=[dances(), dances(seed=1)])
    task = generator_task(CONFIG, own, given)
    assert any("name 1 genre" in line for line in given.progress.lines)
    loss, _ = task.loss(task.network, task.draw(2, (0, 0, 0)), torch.Generator())
    assert torch.isfinite(loss)


def test_a_batch_follows_from_its_key_and_holds_the_music_of_tokens(material, own):
    task = generator_task(CONFIG, own, material())
    one, same = (task.draw(3, (0, 1, 0)) for _ in range(2))
    assert {name: tuple(v.shape) for name, v in one.items()} == {
        "x_BTK": (3, 32, 151), "music_BtF": (3, 4, 35), "genre_B": (3,), "window_B": (3,),
    }  # fmt: skip
    assert all(torch.equal(one[name], same[name]) for name in one)


def test_the_tokenizer_does_not_learn_and_a_stopped_run_goes_on(material, own, tokenizer, tmp_path):
    whole, parted = (material(folder=tmp_path / name) for name in ("whole", "parted"))
    run(whole, own, 4)
    run(parted, own, 2)
    run(parted, own, 4)
    one, other = (load_megadance(m.folder / "latest") for m in (whole, parted))
    for name, value in one.generator.state_dict().items():
        assert torch.equal(value, other.generator.state_dict()[name]), name
    for name, value in tokenizer.state_dict().items():
        assert torch.equal(value, one.tokenizer.state_dict()[name]), name
    assert torch.equal(one.start_tokens, other.start_tokens)
    assert set(one.start_genre.tolist()) == {0, 1}


def test_a_tokenizer_has_to_be_given_and_to_be_one(material, own, tmp_path):
    with pytest.raises(BadUsage, match="needs the --tokenizer"):
        generator_task(CONFIG, MegaDanceTrainingOptions(), material())
    with pytest.raises(MissingAsset, match="no tokenizer of MEGADance"):
        generator_task(CONFIG, MegaDanceTrainingOptions(tokenizer=str(tmp_path / "no")), material())


def test_a_run_keeps_to_its_tokenizer(material, own, tokenizer, tmp_path):
    run(material(), own, 2)
    other = tmp_path / "other"
    other.mkdir()
    weights = {name: value + 1 for name, value in tokenizer.state_dict().items()}
    save_tokenizer(other, tokenizer.config, weights, "s", {})
    with pytest.raises(UnsuitableInput, match="learned the tokens of another tokenizer"):
        generator_task(CONFIG, replace(own, tokenizer=str(other)), material())


@pytest.mark.parametrize("late", [False, True])
@torch.no_grad()
def test_the_music_that_is_heard_is_that_of_the_next_token_unless_late(material, own, late):
    task = generator_task(CONFIG, replace(own, late_music=late), material())
    task.network.eval()
    batch = task.draw(2, (0, 0, 0))
    before = float(task.loss(task.network, batch, torch.Generator())[0])
    for place, matters in ((0, late), (3, not late)):
        changed = batch["music_BtF"].clone()
        changed[:, place] += 2
        after = float(task.loss(task.network, batch | {"music_BtF": changed}, torch.Generator())[0])
        assert (after != before) == matters


def test_a_gated_generator_hears_the_clock_and_its_songs_may_be_moved(material, own, dances):
    def beaten(seed):
        one = dances(frames=120, seed=seed)
        one.features[:, layout.beats] = (np.arange(120) % 6 == 0)[:, None]
        # Every step lands beside the beat.
        one.motion.poses[:, 1, 0] = np.cos(2 * np.pi * (np.arange(120) - 2) / 6)
        return one

    given = material(train=[beaten(0), beaten(1)], held=[beaten(2)])
    plain = generator_task(CONFIG, replace(own, beat_gate=True), given)
    moved = generator_task(CONFIG, replace(own, beat_gate=True, in_step=True), given)
    one, other = (task.draw(3, (0, 1, 0))["music_BtF"] for task in (plain, moved))
    assert one.shape == (3, 4, 41)
    hands = one[..., 35:].unflatten(-1, (2, 3))
    torch.testing.assert_close(hands.square().sum(-2), torch.ones(3, 4, 3))
    assert not torch.equal(one, other)
    loss, _ = moved.loss(moved.network, moved.draw(2, (0, 0, 0)), torch.Generator())
    assert torch.isfinite(loss)
    assert np.isfinite(moved.held_out(moved.network, 0, None)["loss"])


def test_it_begins_with_no_generator_of_another_shape_or_without_a_genre(
    material, own, folder, dances
):
    begin = replace(CONFIG, init=str(folder))
    given = material(train=[dances("krump"), dances("krump", seed=1)])
    with pytest.raises(BadUsage, match="--init: that generator is of another shape"):
        generator_task(begin, replace(own, without="mamba"), given)
    with pytest.raises(BadUsage, match="--init: that generator knows no waltz"):
        generator_task(begin, own, material(train=[dances("waltz"), dances("krump", seed=1)]))


def test_weights_of_the_first_generator_are_taken_over(material, own, model, tmp_path):
    torch.manual_seed(5)
    shape = replace(model.generator.config, reach=22, beat_weight=3.0, genre_weight=2.0)
    first = Generator(shape)
    place = tmp_path / "first"
    place.mkdir()
    extra = (model.standardizer, model.start_tokens, model.start_genre)
    save_megadance(place, model.tokenizer, shape, first.state_dict(), extra, "s", {})
    task = generator_task(replace(CONFIG, init=str(place)), own, material())
    assert task.network.config == shape
    for name, value in first.state_dict().items():
        assert torch.equal(value, task.network.state_dict()[name]), name
