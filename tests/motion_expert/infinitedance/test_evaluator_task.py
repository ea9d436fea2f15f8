"""The contrastive evaluator trained by the one engine, judged beside chance."""

import numpy as np
import pytest
import torch

from pipelines.metrics.contrastive.folder import load_network, read_header
from pipelines.motion_expert.infinitedance.evaluator_task import evaluator_task
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")
CONFIG = TrainMotionConfig(
    preset="tiny", window=24, stride=12, batch_size=4, lr=3e-3, ema_decay=0.0, mirror=False
)


def trained(folder, paired, steps, config=CONFIG):
    material = Material(
        [paired(n) for n in range(4)], [paired(n) for n in range(4, 8)], folder, CPU, 4, SILENT
    )
    task = evaluator_task(config, material)
    options = EngineOptions.of(config, steps=steps, checkpoint_every=2, validate_every=2, warmup=0)
    return task, Engine(task, options, folder, Launch(CPU, may_cut=False), SILENT).run()


def test_a_run_that_stopped_goes_on_as_if_it_had_not(tmp_path, paired):
    _, whole = trained(tmp_path / "whole", paired, 4)
    trained(tmp_path / "parts", paired, 2)
    _, parts = trained(tmp_path / "parts", paired, 4)
    mine, theirs = (
        load_network(run.checkpoint, read_header(run.checkpoint)).state_dict()
        for run in (whole, parts)
    )
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_it_learns_which_music_belongs_to_which_dance(tmp_path, paired):
    task, _ = trained(tmp_path, paired, 2)
    batch = task.draw(4, (0, 0, 0))
    assert batch["music"].shape == (4, 24, 35) and batch["dance"].shape == (4, 24, 147)
    before, _ = task.loss(task.network, batch, torch.Generator())
    optimizer = torch.optim.Adam(task.network.parameters(), 3e-3)
    for _ in range(40):
        optimizer.zero_grad()
        value, _ = task.loss(task.network, batch, torch.Generator())
        value.backward()
        optimizer.step()
    assert float(value.detach()) < 0.2 * float(before.detach())


def test_figures_stand_beside_chance(tmp_path, paired):
    task, run = trained(tmp_path, paired, 2)
    figures = task.held_out(task.network, 2, None)
    assert figures["pool"] == 12 and figures["chance_R@5"] == pytest.approx(0.5)
    assert np.isfinite([figures[name] for name in ("loss", "R@5", "MM-Dist")]).all()
    assert read_header(run.checkpoint).window == 24


def test_one_recording_is_too_few(tmp_path, paired):
    material = Material([paired(1)], [], tmp_path, CPU, 4, SILENT)
    with pytest.raises(UnsuitableInput, match="tell recordings apart"):
        evaluator_task(CONFIG, material)
