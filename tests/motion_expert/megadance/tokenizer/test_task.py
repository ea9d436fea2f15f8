"""Training the tokenizer: batches by key, figures, what is kept, and going on."""

from dataclasses import replace

import pytest
import torch

from pipelines.motion_expert.megadance.checkpoint import load_tokenizer, save_tokenizer
from pipelines.motion_expert.megadance.tokenizer.task import tokenizer_task
from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CONFIG = TrainMotionConfig(
    expert="megadance", stage="tokenizer", preset="tiny", window=32, stride=8, batch_size=4,
    steps=4, checkpoint_every=2, validate_every=2, lr=1e-3,
)  # fmt: skip
OWN = MegaDanceTrainingOptions()


def run(material, steps):
    launch = Launch(torch.device("cpu"), may_cut=False)
    task = tokenizer_task(CONFIG, OWN, material)
    options = EngineOptions.of(CONFIG, steps=steps)
    return Engine(task, options, material.folder, launch, SILENT).run()


def test_a_batch_follows_from_its_key(material):
    task = tokenizer_task(CONFIG, OWN, material())
    one, same, other = (task.draw(3, key)["x_BTK"] for key in ((0, 1, 0), (0, 1, 0), (0, 2, 0)))
    assert one.shape == (3, 32, 151)
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_held_out_windows_are_judged_with_the_codes_they_use(material):
    task = tokenizer_task(CONFIG, OWN, material())
    with torch.no_grad():
        figures = task.held_out(task.network, 0, None)
    assert {"loss", "joint_mse", "smpl_mae", "drift", "codes_up", "codes_down"} <= figures.keys()
    assert 1 <= figures["codes_up"] <= 4375


def test_without_held_out_dances_nothing_is_judged(material):
    assert tokenizer_task(CONFIG, OWN, material(held=[])).held_out is None


def test_a_stopped_run_goes_on_to_the_same_bits(material, tmp_path):
    whole, parted = (material(folder=tmp_path / name) for name in ("whole", "parted"))
    run(whole, 4)
    run(parted, 2)
    run(parted, 4)
    one, other = (load_tokenizer(m.folder / "latest") for m in (whole, parted))
    assert one[0].state_dict().keys() == other[0].state_dict().keys()
    for name, value in one[0].state_dict().items():
        assert torch.equal(value, other[0].state_dict()[name]), name


@pytest.mark.parametrize("quantizer", ["fsq", "vq"])
def test_it_learns(material, quantizer):
    task = tokenizer_task(replace(CONFIG, lr=3e-3), replace(OWN, quantizer=quantizer), material())
    optimizer = task.optimizer(dict(task.network.named_parameters()))
    batch, losses = task.draw(8, (0, 0, 0)), []
    for _ in range(15):
        loss, _ = task.loss(task.network, batch, torch.Generator())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("of", ["a tokenizer", "a generator"])
def test_it_begins_with_a_trained_tokenizer(material, tokenizer, folder, tmp_path, of):
    save_tokenizer(tmp_path, tokenizer.config, tokenizer.state_dict(), "s", {})
    begin = replace(CONFIG, init=str(tmp_path if of == "a tokenizer" else folder))
    task = tokenizer_task(begin, OWN, material())
    for name, value in tokenizer.state_dict().items():
        assert torch.equal(value, task.network.state_dict()[name]), name
    loss, _ = task.loss(task.network, task.draw(2, (0, 0, 0)), torch.Generator())
    loss.backward()  # it learns on


def test_it_begins_with_none_of_another_shape(material, folder, tmp_path):
    with pytest.raises(BadUsage, match=r"--init: .* of another shape"):
        tokenizer_task(replace(CONFIG, init="shipped"), OWN, material())
    with pytest.raises(MissingAsset, match="no tokenizer of MEGADance"):
        tokenizer_task(replace(CONFIG, init=str(tmp_path)), OWN, material())
