"""Both encoders trained by the one engine, judged beside chance, and the bank that they fill."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.retrieval_task import retrieval_task
from pipelines.motion_expert.infinitedance.storage import load_part
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import MusicFeatures
from pipelines.music.recipes.timing import rows_for
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")
CONFIG = TrainMotionConfig(preset="tiny", stride=12, batch_size=4, lr=1e-3, ema_decay=0.9)


def trained(folder, paired, steps):
    material = Material(
        [paired(n) for n in range(4)], [paired(n) for n in range(4, 8)], folder, CPU, 4, SILENT
    )
    task = retrieval_task(CONFIG, material, Span(4))
    options = EngineOptions.of(CONFIG, steps=steps, checkpoint_every=2, validate_every=2, warmup=0)
    return task, Engine(task, options, folder, Launch(CPU, may_cut=False), SILENT).run()


def loaded(folder):
    stored = load_part(folder, "retrieval")
    network = Retrieval(RetrievalConfig(**stored.config))
    stored.into(network, "retrieval")
    return network.eval()


def test_a_run_that_stopped_goes_on_as_if_it_had_not(tmp_path, paired):
    _, whole = trained(tmp_path / "whole", paired, 4)
    trained(tmp_path / "parts", paired, 2)
    _, parts = trained(tmp_path / "parts", paired, 4)
    mine, theirs = (loaded(run.checkpoint).state_dict() for run in (whole, parts))
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_figures_stand_beside_chance_and_beside_a_plain_way(tmp_path, paired):
    task, _ = trained(tmp_path, paired, 2)
    figures = task.held_out(task.network, 2, None)
    assert (figures["pool"], figures["chance_R@1"]) == (4, 0.25)
    assert {"loss", "R@5", "median_rank", "plain_R@1", "plain_median_rank"} <= set(figures)


def test_one_recording_is_too_few(tmp_path, paired):
    material = Material([paired(1)], [], tmp_path, CPU, 4, SILENT)
    with pytest.raises(UnsuitableInput, match="only one"):
        retrieval_task(CONFIG, material, Span(4))


def test_it_learns_from_another_recipe_and_keeps_to_it(tmp_path, paired):
    def heard(one):
        values = np.random.default_rng(3).normal(size=(rows_for(72, 25.0), 4)).astype(np.float32)
        return replace(one, heard=MusicFeatures(values, 25.0, "toy4-25fps"))

    config = TrainMotionConfig(preset="tiny", stride=12, batch_size=2)
    train = [heard(paired(n)) for n in range(2)]
    material = Material(train, train, tmp_path, torch.device("cpu"), 2, SILENT)
    task = retrieval_task(config, material, Span(4))
    assert task.draw(2, (0, 0, 0))["music"].shape == (2, 40, 4)
    assert task.network.config.schema == "toy4-25fps" and task.network.config.music == 4
    assert np.isfinite(task.held_out(task.network, 0, None)["loss"])
