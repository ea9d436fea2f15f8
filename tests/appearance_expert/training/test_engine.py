import numpy as np
import pytest
import torch

from pipelines.appearance_expert.training.engine import Course, Engine, EngineOptions
from pipelines.appearance_expert.training.network import (
    put_motion_encoder_aside,
    recompute_activations,
    silence_controls,
)
from pipelines.appearance_expert.training.stages import prepare_stage
from pipelines.support.errors import OutOfResources, UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.processes import Processes
from pipelines.training.training_log import read_log

CPU = torch.device("cpu")


def made_up(size, key):
    """Batches of random latents; one of four clips each."""
    random = np.random.default_rng(key)
    items = []
    for number in random.integers(0, 4, size):
        generator = torch.Generator().manual_seed(int(number))

        def noise(*shape, generator=generator):
            return torch.randn(shape, generator=generator)

        items.append({
            "clean": noise(16, 3, 4, 6), "y": noise(20, 3, 4, 6), "pose": noise(16, 2, 4, 6),
            "motion": noise(5, 16), "image": noise(5, 4), "text": noise(7, 32),
        })  # fmt: skip
    return {name: torch.stack([item[name] for item in items]) for name in items[0]}


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
        course = Course(transformer, draw, save=lambda *_: None, held=list(held))
        defaults = {"max_steps": 4, "batch_size": 2, "lr": 1e-3, "checkpoint_every": 2, "keep": 9}
        return Engine(
            course, EngineOptions(**(defaults | options)), folder or tmp_path / "run", CPU,
            Processes(), SILENT,
        )  # fmt: skip

    return build


def values_of(module):
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("stage", ["kinematic", "aesthetic"])
def test_what_is_frozen_stays_bit_by_bit(engine, stage):
    trained = engine(stage)
    before = values_of(trained.network)
    trained.run()
    after = values_of(trained.network)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    if stage == "kinematic":
        assert changed == {"pose_patch_embedding.weight", "pose_patch_embedding.bias"}
    else:
        # B starts at 0, so A has no gradient in the very first step; afterwards both learn.
        assert {name for name in before if "lora_" in name} == changed


@pytest.mark.parametrize("stage", ["kinematic", "aesthetic", "base"])
def test_the_loss_falls_on_four_clips(engine, stage):
    trained = engine(stage, max_steps=30, lr=2e-2, checkpoint_every=100, grad_clip=1.0,
                     held=[made_up(1, (n,)) for n in range(4)])  # fmt: skip
    before = trained.held_out_loss()
    trained.run()
    assert trained.held_out_loss() < before - 0.005


def test_recomputed_activations_change_nothing(engine, tmp_path):
    one = engine(folder=tmp_path / "one")
    two = engine(folder=tmp_path / "two", prepare=recompute_activations)
    one.run()
    two.run()
    a, b = one.learner.state(), two.learner.state()
    assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


def test_without_controls_skeletons_and_faces_change_nothing(engine):
    trained = engine("aesthetic", prepare=silence_controls)
    batch = trained.placed(made_up(1, (0,)))
    level, noise = torch.tensor([400]), torch.zeros_like(batch["clean"])
    loss = trained.loss(batch, level, noise).item()
    other = {**batch, "pose": batch["pose"] + 3, "motion": batch["motion"] - 2}
    assert trained.loss(other, level, noise).item() == loss
    heard = engine("aesthetic")
    assert heard.loss(other, level, noise).item() != heard.loss(batch, level, noise).item()


def test_a_broken_loss_stops_the_run_and_the_last_checkpoint_stands(engine, tmp_path):
    def breaks(size, key):
        batch = made_up(size, key)
        return batch if key[1] < 3 else {**batch, "clean": batch["clean"] * float("nan")}

    with pytest.raises(UnsuitableInput, match=r"NaN or infinite in step 4.*step-00000002 stands"):
        engine(draw=breaks, workers=0).run()
    assert sorted(p.name for p in (tmp_path / "run").glob("step-*")) == ["step-00000002"]


def test_out_of_memory_says_what_fits(engine):
    trained = engine(batch_size=4)
    plain = trained.loss

    def small_memory(batch, level, noise):
        if len(batch["clean"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(batch, level, noise)

    trained.loss = small_memory
    with pytest.raises(OutOfResources, match="4 segments at once; 1 fit") as caught:
        trained.run()
    assert "--accumulate 4" in caught.value.hint
    trained.loss = lambda *_: (_ for _ in ()).throw(MemoryError())
    with pytest.raises(OutOfResources, match="even with a single segment") as caught:
        trained.run()
    assert "fsdp.yaml" in caught.value.hint


def test_parts_of_a_network_are_not_tried_alone(engine):
    """A trial would wait for ever for processes that did not run out of memory."""
    trained = engine(batch_size=4)
    trained.course.averages = False
    tried = []

    def no_memory(batch, level, noise):
        tried.append(len(batch["clean"]))
        raise torch.OutOfMemoryError("CUDA out of memory")

    trained.loss = no_memory
    with pytest.raises(OutOfResources, match="with 4 segments at once") as caught:
        trained.run()
    assert "--accumulate 4" in caught.value.hint
    assert tried == [4]


def test_a_full_disk_is_named(engine, monkeypatch):
    import errno

    trained = engine()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    trained.course.save = full
    with pytest.raises(OutOfResources, match="no checkpoint could be written"):
        trained.run()


def test_a_lora_of_another_rank_is_refused_when_resuming(engine, tmp_path):
    engine("aesthetic", max_steps=2).run()
    with pytest.raises(UnsuitableInput, match="does not fit this run"):
        engine("kinematic", max_steps=4)


def test_validation_is_the_same_each_time_and_keeps_the_best(engine, tmp_path):
    trained = engine(held=[made_up(1, (0,))], validate_every=2, max_steps=4)
    assert trained.held_out_loss() == trained.held_out_loss()
    trained.run()
    lines = [line for line in read_log(tmp_path / "run") if line["kind"] == "validation"]
    assert [line["step"] for line in lines] == [2, 4]
    assert trained.loop.best == min(line["loss"] for line in lines)
    assert (tmp_path / "run" / "best").exists()


def test_warm_up_rises_to_the_rate(engine, tmp_path):
    rates = []
    trained = engine(warmup=4, max_steps=5, lr=1e-3)
    plain = trained.learner.step
    trained.learner.step = lambda lr: (rates.append(lr), plain(lr))
    trained.run()
    assert rates == pytest.approx([2.5e-4, 5e-4, 7.5e-4, 1e-3, 1e-3])
