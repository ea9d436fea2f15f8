import importlib.util
from pathlib import Path

import pytest
import torch

from pipelines.appearance_expert.training.flow_matching import LEVELS
from pipelines.appearance_expert.training.network import (
    number_format,
    put_motion_encoder_aside,
    recompute_activations,
    silence_controls,
)
from pipelines.appearance_expert.training.stages import prepare_stage
from pipelines.appearance_expert.training.task import FlowLoss, held_out_loss, stage_task
from pipelines.support.errors import OutOfResources, UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch
from pipelines.training.training_log import read_log

CPU = torch.device("cpu")

_SPEC = importlib.util.spec_from_file_location("made_up", Path(__file__).with_name("made_up.py"))
_MADE_UP = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MADE_UP)
made_up = _MADE_UP.made_up


@pytest.fixture
def engine(tiny_wan, tmp_path):
    from diffusers import WanAnimateTransformer3DModel

    def build(
        stage="kinematic", folder=None, draw=made_up, prepare=lambda t: None, held=(), **options
    ):
        torch.manual_seed(1)
        transformer = WanAnimateTransformer3DModel.from_pretrained(
            tiny_wan, subfolder="transformer"
        )
        prepare_stage(transformer, stage, rank=4)
        put_motion_encoder_aside(transformer)
        prepare(transformer)
        loss = FlowLoss(number_format(transformer))
        task = stage_task(transformer, draw, lambda *_: None, loss, 1e-3, held=tuple(held))
        defaults = {"steps": 4, "batch_size": 2, "lr": 1e-3, "checkpoint_every": 2, "keep": 9}
        return Engine(
            task, EngineOptions(**(defaults | options)), folder or tmp_path / "run", Launch(CPU),
            SILENT,
        )  # fmt: skip

    return build


def values_of(module):
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("stage", ["kinematic", "aesthetic"])
def test_what_is_frozen_stays_bit_by_bit(engine, stage):
    trained = engine(stage)
    before = values_of(trained.task.network)
    trained.run()
    after = values_of(trained.task.network)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    if stage == "kinematic":
        assert changed == {"pose_patch_embedding.weight", "pose_patch_embedding.bias"}
    else:
        # B starts at 0, so A has no gradient in the very first step; afterwards both learn.
        assert {name for name in before if "lora_" in name} == changed


@pytest.mark.parametrize("stage", ["kinematic", "aesthetic", "base"])
def test_the_loss_falls_on_four_clips(engine, stage):
    trained = engine(stage, steps=30, lr=2e-2, checkpoint_every=100, grad_clip=1.0,
                     held=[made_up(1, (n,)) for n in range(4)])  # fmt: skip
    before = trained.judge()["loss"]
    trained.run()
    assert trained.judge()["loss"] < before - 0.005


def test_recomputed_activations_change_nothing(engine, tmp_path):
    one = engine(folder=tmp_path / "one")
    two = engine(folder=tmp_path / "two", prepare=recompute_activations)
    one.run()
    two.run()
    a, b = one.learner.state(), two.learner.state()
    assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


def test_without_controls_skeletons_and_faces_change_nothing(engine):
    batch = made_up(1, (0,))
    other = {**batch, "pose": batch["pose"] + 3, "motion": batch["motion"] - 2}
    level, noise = torch.tensor([400]), torch.zeros_like(batch["clean"])

    def losses(trained):
        return [
            trained.task.loss.at(trained.task.network, seen, level, noise).item()
            for seen in (batch, other)
        ]

    one, same = losses(engine("aesthetic", prepare=silence_controls))
    assert one == same
    one, changed = losses(engine("aesthetic"))
    assert one != changed


def test_the_loss_draws_level_and_noise_from_its_generator_alone(engine):
    task, batch = engine().task, made_up(2, (0,))
    torch.manual_seed(8)
    first, parts = task.loss(task.network, batch, torch.Generator().manual_seed(3))
    torch.manual_seed(9)
    again, _ = task.loss(task.network, batch, torch.Generator().manual_seed(3))
    other, _ = task.loss(task.network, batch, torch.Generator().manual_seed(4))
    assert parts == {}
    assert first.item() == again.item() != other.item()


def test_levels_may_count_alike(engine):
    task, batch = engine().task, made_up(1, (0,))
    level, noise = torch.tensor([999]), torch.randn_like(batch["clean"])
    even = FlowLoss(torch.float32, weights=torch.ones(LEVELS))
    doubled = FlowLoss(torch.float32, weights=2 * torch.ones(LEVELS))
    losses = [loss.at(task.network, batch, level, noise).item() for loss in (even, doubled)]
    assert losses[1] == pytest.approx(2 * losses[0])
    assert task.loss.at(task.network, batch, level, noise).item() < losses[0]


def test_a_broken_loss_stops_the_run_and_the_last_checkpoint_stands(engine, tmp_path):
    def breaks(size, key):
        batch = made_up(size, key)
        return batch if key[1] < 3 else {**batch, "clean": batch["clean"] * float("nan")}

    with pytest.raises(UnsuitableInput, match=r"NaN or infinite in step 4.*step-00000002 stands"):
        engine(draw=breaks, workers=0).run()
    assert sorted(p.name for p in (tmp_path / "run").glob("step-*")) == ["step-00000002"]


def test_out_of_memory_says_what_fits(engine):
    trained = engine(batch_size=4)
    plain = trained.task.loss

    def small_memory(network, batch, generator):
        if len(batch["clean"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(network, batch, generator)

    trained.task.loss = small_memory
    with pytest.raises(OutOfResources, match="4 segments at once; 1 fit") as caught:
        trained.run()
    assert "--accumulate 4" in caught.value.hint
    trained.task.loss = lambda *_: (_ for _ in ()).throw(MemoryError())
    with pytest.raises(OutOfResources, match="even with a single segment") as caught:
        trained.run()
    assert "fsdp.yaml" in caught.value.hint


def test_a_lora_of_another_rank_is_refused_when_resuming(engine):
    engine("aesthetic", steps=2).run()
    with pytest.raises(UnsuitableInput, match="does not fit this run"):
        engine("kinematic", steps=4)


def test_validation_is_the_same_each_time_and_keeps_the_best(engine, tmp_path):
    trained = engine(held=[made_up(1, (0,))], validate_every=2, steps=4)
    assert trained.judge() == trained.judge()
    trained.run()
    lines = [line for line in read_log(tmp_path / "run") if line["kind"] == "validation"]
    assert [line["step"] for line in lines] == [2, 4]
    assert trained.loop.best == min(line["loss"] for line in lines)
    assert (tmp_path / "run" / "best").exists()


def test_the_held_out_loss_is_the_mean_over_segments_and_levels(engine):
    trained = engine()
    network, loss = trained.task.network, trained.task.loss
    one, two = made_up(1, (0,)), made_up(1, (1,))
    alone = held_out_loss(network, loss, (one,))
    assert held_out_loss(network, loss, ()) == 0
    assert held_out_loss(network, loss, (one, two)) != alone
    generator = torch.Generator().manual_seed(0)
    expected = []
    for level in (100, 300, 500, 700, 900):
        noise = torch.randn(one["clean"].shape, generator=generator)
        with torch.no_grad():
            expected.append(loss.at(network, one, torch.tensor([level]), noise).item())
    assert alone == pytest.approx(sum(expected) / 5)
