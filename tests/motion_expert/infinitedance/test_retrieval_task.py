"""Both encoders trained by the one engine, judged beside chance, and the bank that they fill."""

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.retrieval_task import build_bank, retrieval_task
from pipelines.motion_expert.infinitedance.storage import load_part
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
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


def test_a_bank_of_any_dances_finds_none_of_the_song_s_own(tmp_path, paired):
    _, run = trained(tmp_path, paired, 2)
    network = loaded(run.checkpoint)
    data = [paired(n, genre="Jazz" if n % 2 else "Pop") for n in range(4)]
    bank = build_bank(network, data, ("Jazz", "Pop"), Span(2), "digest")
    assert (len(bank), bank.tokenizer) == (4 * 2 * 2, "digest")  # two windows, and their mirrors
    assert bank.recordings == ("take0", "take1", "take2", "take3")
    music = torch.from_numpy(data[1].features[None, :48])
    query = network.embed_music(music)[0].detach().numpy()
    rows, _ = bank.found(query, 5, without=["take1"])
    assert 1 not in bank.recording_N[rows]
    rows, _ = bank.found(query, 4, genre=0, without=["take1"])
    assert set(bank.recording_N[rows]) == {3}
    np.testing.assert_allclose(np.linalg.norm(bank.embedding_NM, axis=1), 1, atol=1e-5)


def test_one_recording_is_too_few(tmp_path, paired):
    material = Material([paired(1)], [], tmp_path, CPU, 4, SILENT)
    with pytest.raises(UnsuitableInput, match="only one"):
        retrieval_task(CONFIG, material, Span(4))
