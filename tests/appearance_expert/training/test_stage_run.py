"""The task of a stage, from a config; test_train_appearance.py has whole runs."""

from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from pipelines.appearance_expert.training.clips import gather_clips
from pipelines.appearance_expert.training.latents import encode_clips
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.appearance_expert.training.stage_run import _spread, task_of
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT, Silent
from pipelines.training.launch import Launch
from pipelines.workspace.shards import Shard


@pytest.fixture(scope="module")
def known(clip_workspace, tiny_wan, tmp_path_factory):
    config = TrainAppearanceConfig(
        data=(str(clip_workspace),), model=str(tiny_wan), size="32x48", frames=5, relay=(1,),
        references=2, rank=4, workspace=tmp_path_factory.mktemp("stage"), device="cpu",
    )  # fmt: skip
    launch, weights = Launch(torch.device("cpu")), find_wan(str(tiny_wan))
    clips, _ = gather_clips(config.sources(), SILENT)
    return config, weights, encode_clips(config, weights, clips, Shard(), launch, SILENT), launch


def task(known, folder, progress=SILENT, **changes):
    config, weights, encoded, launch = known
    return task_of(replace(config, **changes), weights, encoded, folder, launch, progress)


def learning(made):
    return {name: p for name, p in made.network.named_parameters() if p.requires_grad}


def test_each_stage_trains_its_own_part(known, tmp_path):
    heard = []

    class Heard(Silent):
        def say(self, message):
            heard.append(message)

    kinematic = task(known, tmp_path, Heard())
    assert set(learning(kinematic)) == {"pose_patch_embedding.weight", "pose_patch_embedding.bias"}
    assert heard == ["kinematic: 1,560 parameters learn in 2 tensors"]
    assert all("lora_" in name for name in learning(task(known, tmp_path, stage="aesthetic")))
    assert kinematic.facts["stage"] == "kinematic"


def test_batches_and_held_out_segments_go_through_the_loss(known, tmp_path):
    made = task(known, tmp_path)
    batch = made.draw(2, (0, 0, 0))
    loss, _ = made.loss(made.network, batch, torch.Generator().manual_seed(0))
    loss.backward()
    assert all(p.grad.isfinite().all() for p in learning(made).values())
    assert set(made.held_out(made.network.eval(), 0, None)) == {"loss"}


def test_files_tell_what_they_were_learned_on(known, tmp_path):
    made = task(known, tmp_path)
    made.save(tmp_path, {n: p.detach() for n, p in learning(made).items()}, {"step": 7})
    adapter = tmp_path / "body_adapter.safetensors"
    over = task(known, tmp_path, stage="aesthetic", adapter=adapter)
    learned = {n: p.detach() for n, p in learning(over).items()}
    over.save(tmp_path, learned, {"step": 8})
    with safe_open(tmp_path / "lora.safetensors", "pt") as file:
        about = file.metadata()
    assert (about["stage"], about["step"]) == ("aesthetic", "8")
    assert about["base"] == known[1].fingerprint()
    assert about["adapter_sha256"] == sha256_file(adapter)
    assert len(load_file(tmp_path / "lora.safetensors")) == len(learned)


def test_base_leaves_a_whole_model(known, tmp_path):
    made = task(known, tmp_path, stage="base")
    made.save(tmp_path / "m", {n: p.detach() for n, p in learning(made).items()}, {"step": 1})
    assert {"transformer", "vae", "model_index.json"} <= {
        p.name for p in (tmp_path / "m").iterdir()
    }


def test_held_out_segments_are_spread_evenly():
    assert _spread(0) == []
    assert _spread(1) == [0]
    assert _spread(100) == [0, 14, 28, 42, 57, 71, 85, 99]
