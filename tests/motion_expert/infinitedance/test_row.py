"""The row at work: three runs one after the other, and a dance from what they leave."""

import time

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.header import SHIPPED
from pipelines.motion_expert.infinitedance.row import INFINITEDANCE
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch

CPU = torch.device("cpu")


def train(folder, data, stage, **own):
    config = TrainMotionConfig(
        expert="infinitedance", stage=stage, preset="tiny", batch_size=2, lr=1e-3, window=96,
        stride=24,
    )  # fmt: skip
    options = INFINITEDANCE.training.options(**own)
    material = Material(data, [], folder, CPU, 2, SILENT)
    task = INFINITEDANCE.training.task(config, options, material)
    engine = EngineOptions.of(config, steps=2, checkpoint_every=2, warmup=0)
    return Engine(task, engine, folder, Launch(CPU, may_cut=False), SILENT).run().checkpoint


@pytest.fixture(scope="module")
def runs(tmp_path_factory, paired):
    folder = tmp_path_factory.mktemp("runs")
    data = [paired(n, 400, "Pop" if n % 2 else "Jazz") for n in range(4)]
    train(folder / "tokenizer", data, "tokenizer")
    train(folder / "retrieval", data, "retrieval")
    own = {"tokenizer": str(folder / "tokenizer"), "retrieval": str(folder / "retrieval")}
    train(folder / "whole", data, "generator", references=2, bridge_steps=1, **own)
    return folder, data, own


def test_three_runs_make_a_dancer(runs):
    folder = runs[0] / "whole" / "latest"
    assert INFINITEDANCE.genres(folder) == ("Jazz", "Pop")
    assert len(INFINITEDANCE.identity(folder)) == 64
    dancer = INFINITEDANCE.load(folder, "cpu", INFINITEDANCE.options(tempo_change=0.0))
    music = np.random.default_rng(0).normal(size=(450, 35)).astype(np.float32)
    (danced,) = dancer.dance(DanceRequest(MusicFeatures(music), styles=((0.0, "jazz"),)), SILENT)
    assert danced.motion.frames == 450
    assert danced.facts["windows"] == 2


def test_what_ships_is_small_and_dances_in_the_styles_of_the_library():
    assert "bank" in INFINITEDANCE.check()
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 20e6
    assert {"house", "krump", "salsa"} <= set(INFINITEDANCE.genres(None))
    dancer = INFINITEDANCE.load(None, "cpu", INFINITEDANCE.options(tempo_change=0.0))
    music = MusicFeatures(np.zeros((96, 35), np.float32))
    (danced,) = dancer.dance(DanceRequest(music, ((0.0, "house"),)), SILENT)
    assert danced.motion.frames == 96
    joints = danced.motion.joints()
    moved = np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean() * 30
    assert 0.1 < moved < 2  # metres a second, all joints
    assert (joints[:, 15, 2] > joints[:, 0, 2] + 0.2).all()  # the head above the pelvis


def test_what_ships_is_loaded_in_less_than_a_second():
    options = INFINITEDANCE.options()
    INFINITEDANCE.load(None, "cpu", options)  # with what has to be imported
    begin = time.process_time()
    INFINITEDANCE.load(None, "cpu", options)
    assert time.process_time() - begin < 1.0


def test_more_music_costs_more(runs):
    folder = runs[0] / "whole" / "latest"
    costs = [INFINITEDANCE.cost(folder, None, s, n) for s, n in ((10, 1), (20, 1), (20, 4))]
    assert costs[0].seconds < costs[1].seconds < costs[2].seconds
    assert costs[0].memory <= costs[1].memory < costs[2].memory


def test_a_generator_needs_what_it_is_trained_on(runs, tmp_path):
    folder, data, own = runs
    with pytest.raises(BadUsage, match="needs the --tokenizer"):
        train(tmp_path, data, "generator")
    with pytest.raises(MissingAsset, match="holds no tokenizer"):
        train(tmp_path, data, "generator", tokenizer=own["retrieval"])
    with pytest.raises(MissingAsset, match=r"holds no config\.json"):
        train(tmp_path, data, "generator", llama=str(folder), **own)
