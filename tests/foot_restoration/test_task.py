from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.body.feet import SOLE_DEPTH
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import encode
from pipelines.foot_restoration.model import load_model
from pipelines.foot_restoration.network import FootDenoiserConfig
from pipelines.foot_restoration.task import FootTraining, clean_dances, foot_task, standing
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")
SMALL = FootTraining(FootDenoiserConfig(width=16, layers=1, heads=2, window=20))


@pytest.fixture
def task(dance):
    train = clean_dances([dance(seed, frames=50) for seed in range(2)])
    return foot_task(train, clean_dances([dance(5, frames=45)], mirror=False), SMALL, 0, CPU)


def test_a_foot_stands_that_is_low_and_slow_for_three_frames():
    joints = np.zeros((12, 24, 3))
    joints[:, list(columns.FEET), 2] = SOLE_DEPTH + 0.01
    joints[:, 7, 0] = np.r_[np.arange(4) * 0.02, np.full(8, 0.06)]  # stands from frame 3 on
    joints[:, 8, 2] += 0.05  # ankle 6 cm above its height: too high
    joints[:, 10, 0] = np.r_[0, 0.02, 0.02, 0.02, np.arange(1, 9) * 0.02 + 0.02]  # two frames
    found = standing(joints)
    assert found[:, 0].tolist() == [0] * 3 + [1] * 9
    assert found[:, 1].sum() == 0 and found[:, 2].sum() == 0
    assert found[:, 3].all()


def test_dances_come_as_they_are_and_in_the_mirror(dance):
    motion = dance(frames=30)
    plain, mirrored = clean_dances([motion])
    np.testing.assert_array_equal(plain.features, encode(motion))
    np.testing.assert_array_equal(mirrored.features, encode(motion.mirrored()))
    assert plain.stands.shape == (30, 4)
    assert len(clean_dances([motion], mirror=False)) == 1


def test_a_batch_follows_from_its_key_and_holds_what_was_damaged(task):
    batch, again, other = (task.draw(6, key) for key in ((0, 1, 0), (0, 1, 0), (0, 2, 0)))
    assert batch["x_BTK"].shape == batch["given_BTK"].shape == (6, 20, 265)
    assert batch["stands_BT4"].shape == (6, 20, 4)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    assert not torch.equal(batch["x_BTK"], other["x_BTK"])
    away = (batch["given_BTK"] - batch["x_BTK"]).abs()
    assert away.amax((1, 2)).max() > 0.001
    # Nothing leaks from one window into the next: the way out of each is no jump.
    assert away[:, -1, columns.root_xy].max() < 0.1
    tilt = away[..., columns.tilt]
    assert tilt.max() < 1e-5, "the pelvis faces as before"


def test_training_makes_a_model_and_the_loss_falls(task, tmp_path):
    options = EngineOptions(
        steps=30, batch_size=8, lr=1e-2, warmup=2, ema_decay=0.0, checkpoint_every=30,
        validate_every=30, workers=0,
 )  # fmt: skip
    before = task.held_out(task.network, 0, None)
    Engine(task, options, tmp_path, Launch(CPU), SILENT).run()
    after = task.held_out(task.network, 30, None)
    assert set(after) == {
        "loss",
        "recon",
        "root",
        "foot",
        "agreement",
        "rotations",
        "calm",
        "stands",
    }
    assert after["loss"] < 0.95 * before["loss"]
    model = load_model(tmp_path / "latest")
    assert model.network.config == SMALL.network


def test_a_dance_shorter_than_a_window_is_left_out(dance):
    short, long = clean_dances([dance(frames=10), dance(1, frames=25)], mirror=False)
    task = foot_task([short, long], [], SMALL, 0, CPU)
    assert task.held_out is None
    first = task.draw(3, (0, 0, 0))["x_BTK"]
    assert any(torch.equal(first[0], torch.from_numpy(long.features[k : k + 20])) for k in range(6))
    with pytest.raises(UnsuitableInput, match="20 frames"):
        foot_task([short], [], replace(SMALL), 0, CPU)
