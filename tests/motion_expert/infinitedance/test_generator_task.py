"""The language model trained by the one engine, bridges first."""

from dataclasses import replace

import pytest
import torch

from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig, ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.generator_task import PRESETS, generator_task
from pipelines.motion_expert.infinitedance.storage import load_part
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")
CONFIG = TrainMotionConfig(
    preset="tiny", stride=12, batch_size=4, lr=1e-3, ema_decay=0.0, weight_decay=0.1
)  # fmt: skip
GENRES = ("Jazz", "Pop")


@pytest.fixture
def train(paired, tokenizer, references):
    def run(folder, steps, bridge_steps=1, heard=True, **chosen):
        named = [paired(n, genre=GENRES[n % 2 == 0]) for n in range(4)]
        material = Material(named[:3], named[3:], folder, CPU, 4, SILENT)
        found = references if heard else None
        own = InfiniteDanceTrainingOptions(bridge_steps=bridge_steps, **chosen)
        task = generator_task(CONFIG, material, tokenizer, found, GENRES, own, window=Span(4))
        begun = {n: v.clone() for n, v in task.network.state_dict().items()}
        options = EngineOptions.of(
            CONFIG, steps=steps, checkpoint_every=2, validate_every=2, warmup=0
        )
        outcome = Engine(task, options, folder, Launch(CPU, may_cut=False), SILENT).run()
        return begun, load_part(outcome.checkpoint, "generator"), outcome

    return run


def test_the_language_model_stays_as_it_is_while_the_bridges_learn(train, tmp_path):
    begun, stored, _ = train(tmp_path / "bridges", 2, bridge_steps=2)
    changed = {n for n in begun if not torch.equal(begun[n], stored.weights[n])}
    assert changed
    assert not any(name.startswith("backbone") for name in changed)
    begun, stored, _ = train(tmp_path / "all", 2, bridge_steps=1)
    changed = {n for n in begun if not torch.equal(begun[n], stored.weights[n])}
    assert any(name.startswith("backbone") for name in changed)
    assert "codes_QKC" not in changed


def test_a_run_that_stopped_goes_on_as_if_it_had_not(train, tmp_path):
    _, whole, outcome = train(tmp_path / "whole", 4, bridge_steps=3)
    train(tmp_path / "parts", 2, bridge_steps=3)
    _, parts, _ = train(tmp_path / "parts", 4, bridge_steps=3)
    assert all(torch.equal(whole.weights[n], parts.weights[n]) for n in whole.weights)
    assert outcome.best_loss is not None


def test_some_windows_hear_no_style(tmp_path, paired, tokenizer, references):
    named = [paired(n, genre=GENRES[n % 2 == 0]) for n in range(4)]
    material = Material(named, [], tmp_path, CPU, 4, SILENT)
    own = InfiniteDanceTrainingOptions()
    task = generator_task(CONFIG, material, tokenizer, references, GENRES, own, window=Span(4))
    styles = torch.cat([task.draw(32, (0, step, 0))["style"] for step in range(8)])
    assert 0.1 < float((styles == -1).double().mean()) < 0.3
    assert set(styles.tolist()) == {-1, 0, 1}


def test_some_windows_hear_the_timbre_of_another_song(tmp_path, paired, tokenizer, references):
    """Columns 1 to 32 of a made-up song say whose it is; rhythm and references stay its own."""
    material = Material([paired(n) for n in range(4)], [], tmp_path, CPU, 4, SILENT)
    config, own = replace(CONFIG, swap_timbre=0.5), InfiniteDanceTrainingOptions()
    drawn, plain = (
        generator_task(asked, material, tokenizer, references, GENRES, own, window=Span(4)).draw(
            32, (0, 3, 0)
        )
        for asked in (config, CONFIG)
    )
    changed = drawn["music"][:, 0] != plain["music"][:, 0]
    assert 4 < int(changed[:, 1].sum()) < 28
    assert not changed[:, [0, 33, 34]].any()
    torch.testing.assert_close(drawn["reference"], plain["reference"])
    torch.testing.assert_close(drawn["tokens"], plain["tokens"])


def test_a_trained_generator_is_begun_with_and_knows_its_styles(
    train, paired, tokenizer, references, tmp_path
):
    _, stored, outcome = train(tmp_path / "first", 2)
    named = [paired(n, genre=GENRES[n % 2 == 0]) for n in range(4)]
    material = Material(named, [], tmp_path / "second", CPU, 4, SILENT)
    own = InfiniteDanceTrainingOptions()

    def begun(genres):
        config = replace(CONFIG, seed=9, init=str(outcome.checkpoint))
        return generator_task(config, material, tokenizer, references, genres, own, Span(4))

    network = begun(GENRES).network.state_dict()
    assert all(torch.equal(network[name], value) for name, value in stored.weights.items())
    with pytest.raises(BadUsage, match="--init: that generator knows the styles Jazz, Pop; the"):
        begun(("Jazz", "Rock"))


def test_what_is_saved_is_read_again(train, tmp_path, tokenizer):
    _, stored, _ = train(tmp_path, 2, heard=False)
    config = ChoreoConfig.from_json(stored.config)
    assert config.cadence.reference == 0
    assert (config.codes, config.code_width) == (32, 8)
    model = ChoreoLlama(config, torch.zeros(3, 32, 8))
    stored.into(model, "generator")
    torch.testing.assert_close(model.codes_QKC[1], tokenizer.quantiser.layers[1].codes_KC)
    assert stored.metadata["genres"] == list(GENRES)


def test_the_paper_s_language_model():
    paper = PRESETS["paper"]
    assert (paper.layers, paper.heads, paper.key_heads, paper.feed) == (16, 32, 8, 8192)
    assert paper.cadence.width == 2048


@pytest.mark.parametrize(
    ("chosen", "field", "value"),
    [
        ({"token_inputs": "indices"}, "inputs", "indices"),
        ({"fusion": "concat"}, "fusion", "concat"),
        ({"band_edge": 2.0}, "edges", (2.0,)),
        ({"cadence_experts": False}, "experts", False),
    ],
)
def test_what_the_paper_compares_can_be_asked_for_and_is_stored(
    train, tmp_path, tokenizer, chosen, field, value
):
    _, stored, _ = train(tmp_path, 1, **chosen)
    config = ChoreoConfig.from_json(stored.config)
    assert getattr(config if field == "inputs" else config.cadence, field) == value
    stored.into(ChoreoLlama(config, torch.zeros(3, 32, 8)), "generator")


def test_a_run_keeps_to_the_options_that_it_began_with(train, tmp_path):
    train(tmp_path, 2)
    with pytest.raises(UnsuitableInput, match="a generator of other sizes or options"):
        train(tmp_path, 4, band_edge=2.0)
