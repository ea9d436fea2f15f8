import math
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Windows
from pipelines.motion.motion import Motion
from pipelines.motion_expert.mace.engine import (
    Course,
    Engine,
    EngineOptions,
    HalfPrecision,
    build_optimizer,
    learning_rate_factor,
)
from pipelines.support.errors import Interrupted, OutOfResources, UnsuitableInput
from pipelines.support.progress import SILENT
from pipelines.training.processes import Processes
from pipelines.training.training_log import read_log

OPTIONS = EngineOptions(
    steps=12, batch_size=4, lr=1e-2, validate_every=4, checkpoint_every=4, keep=2, workers=0
)


def windows(seed):
    random = np.random.default_rng(seed)
    poses = random.normal(0, 0.3, (90, 24, 3)).astype(np.float32)
    motion = Motion(poses, np.zeros((90, 3), np.float32), 30.0)
    features = random.normal(size=(90, 35)).astype(np.float32)
    return Windows([PairedSequence(motion, features, "a", "a")], (), window=20, stride=5)


def prepare(batch):
    return {"x_BTK": torch.from_numpy(batch.motion), "music_BTF": torch.from_numpy(batch.music)}


def noisy_loss(model, batch, generator):
    noise = torch.randn(batch["x_BTK"].shape, generator=generator)
    loss = (model(batch["music_BTF"]) - batch["x_BTK"] + 0.1 * noise).square().mean()
    return loss, {"reconstruction": float(loss.detach())}


def save_weights(folder, model, facts):
    torch.save(facts["step"], folder / "weights.pt")


def course(loss=noisy_loss, held=True, **more):
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(35, 151), torch.nn.Dropout(0.1))
    return Course(
        model, loss, prepare, windows(0), windows(1) if held else None, save_weights, **more
    )


def engine(folder, options=OPTIONS, progress=SILENT, **kwargs):
    return Engine(course(**kwargs), options, folder, torch.device("cpu"), Processes(), progress)


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "latest" / "training.safetensors")


class Watcher:
    """Calls `action` when training reaches a step."""

    def __init__(self, step, action):
        self.countdown, self.action, self.said = step, action, []

    def stage(self, name, total=None, unit=""):
        from contextlib import nullcontext

        return nullcontext(self.advance)

    def advance(self, amount):
        self.countdown -= amount
        if self.countdown == 0:
            self.action()

    def say(self, message):
        self.said.append(message)

    warn = say


def test_training_lowers_the_loss_and_leaves_pointers_and_logs(tmp_path):
    outcome = engine(tmp_path, replace(OPTIONS, steps=60, lr=3e-2)).run()
    log = read_log(tmp_path)
    losses = [line["loss"] for line in log if line["kind"] == "train"]
    assert losses[-1] < 0.8 * losses[0]
    assert outcome.step == 60
    assert (tmp_path / "latest").resolve().name == "step-00000060"
    assert (tmp_path / "best").resolve().is_dir()
    assert outcome.best_loss == min(line["loss"] for line in log if line["kind"] == "validation")
    assert any((tmp_path / "tensorboard").iterdir())
    assert {"gradient_norm", "lr", "seconds_per_step", "feed_share"} <= set(
        next(line for line in log if line["kind"] == "train")
    )


def test_old_checkpoints_go_but_never_the_best(tmp_path):
    scores = iter([1.0] * 4 + [5.0] * 16)  # four batches per validation

    def loss(model, batch, generator):
        value, parts = noisy_loss(model, batch, generator)
        return (value if model.training else torch.tensor(next(scores))), parts

    engine(tmp_path, replace(OPTIONS, steps=20, keep=1), loss=loss).run()
    assert (tmp_path / "best").resolve().name == "step-00000004"
    assert sorted(p.name for p in tmp_path.glob("step-*")) == ["step-00000004", "step-00000020"]


@pytest.mark.parametrize("optimizer", ["adan", "adamw"])
@pytest.mark.parametrize("workers", [0, 2])
def test_stopping_and_going_on_changes_nothing(tmp_path, optimizer, workers):
    options = replace(OPTIONS, optimizer=optimizer, workers=workers, warmup=5, schedule="cosine")
    engine(tmp_path / "straight", options).run()
    stop = Watcher(7, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted, match="step 7"):
        engine(tmp_path / "stopped", options, stop).run()
    assert (tmp_path / "stopped" / "latest").resolve().name == "step-00000007"
    engine(tmp_path / "stopped", options).run()
    straight, resumed = weights(tmp_path / "straight"), weights(tmp_path / "stopped")
    assert straight.keys() == resumed.keys()
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


def test_sigusr1_stops_too_and_handlers_are_restored(tmp_path):
    before = signal.getsignal(signal.SIGUSR1)
    with pytest.raises(Interrupted) as caught:
        engine(tmp_path, progress=Watcher(2, lambda: os.kill(os.getpid(), signal.SIGUSR1))).run()
    assert caught.value.exit_code == 75
    assert signal.getsignal(signal.SIGUSR1) is before


def test_log_of_a_resumed_run_has_no_doubled_steps(tmp_path):
    options = replace(OPTIONS, steps=40, checkpoint_every=100, validate_every=15)

    def die():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine(tmp_path, options, Watcher(25, die)).run()
    engine(tmp_path, options).run()
    train_steps = [line["step"] for line in read_log(tmp_path) if line["kind"] == "train"]
    assert train_steps == sorted(set(train_steps))
    assert train_steps[-1] == 40


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_and_keeps_the_checkpoint(tmp_path, value):
    calls = iter(range(100))

    def loss(model, batch, generator):
        result, parts = noisy_loss(model, batch, generator)
        return (result * value if next(calls) == 6 else result), parts

    with pytest.raises(
        UnsuitableInput, match=r"NaN or infinite in step 7.*step-00000004"
    ) as caught:
        engine(tmp_path, loss=loss, held=False).run()
    assert "--lr" in caught.value.hint
    assert all(v.isfinite().all() for v in weights(tmp_path).values())


def test_out_of_memory_says_which_batch_fits(tmp_path):
    def loss(model, batch, generator):
        if len(batch["x_BTK"]) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return noisy_loss(model, batch, generator)

    with pytest.raises(OutOfResources, match="with 16 windows at once; 2 fit") as caught:
        engine(tmp_path, replace(OPTIONS, batch_size=16), loss=loss).run()
    assert "--accumulate 8" in caught.value.hint
    assert "--batch-size 2" in caught.value.hint


def test_other_errors_are_not_taken_for_lack_of_memory(tmp_path):
    def loss(model, batch, generator):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        engine(tmp_path, loss=loss).run()


def test_accumulating_sees_every_slice_once(tmp_path):
    seen = []

    def loss(model, batch, generator):
        seen.append(batch["x_BTK"].clone())
        return noisy_loss(model, batch, generator)

    engine(tmp_path, replace(OPTIONS, steps=1, accumulate=4), loss=loss, held=False).run()
    assert [len(x) for x in seen] == [1, 1, 1, 1]
    assert len({float(x.sum()) for x in seen}) > 1


def test_sampling_hook_is_called_and_logged(tmp_path):
    calls = []

    def sample(step, model):
        calls.append((step, model.training))
        return {"foot_skating": 0.25}

    engine(tmp_path, sample=sample).run()
    assert calls == [(4, False), (8, False), (12, False)]
    lines = [line for line in read_log(tmp_path) if line["kind"] == "validation"]
    assert all(line["foot_skating"] == 0.25 for line in lines)


def test_a_full_disk_is_reported_and_older_checkpoints_stand(tmp_path, monkeypatch):
    from pipelines.motion_expert.mace import engine as module

    saved = module.save_state

    def fail_late(folder, model, ema, optimizer, facts):
        if facts["step"] == 8:
            raise OSError(28, "No space left on device")
        saved(folder, model, ema, optimizer, facts)

    monkeypatch.setattr(module, "save_state", fail_late)
    with pytest.raises(OutOfResources, match="No space left"):
        engine(tmp_path).run()
    assert [p.name for p in tmp_path.glob("*step*")] == ["step-00000004"]


def test_another_networks_checkpoint_is_refused(tmp_path):
    engine(tmp_path).run()
    with pytest.raises(UnsuitableInput, match="does not fit"):
        Engine(
            Course(
                torch.nn.Linear(2, 2), noisy_loss, prepare, windows(0), None, save_weights
            ),
            OPTIONS, tmp_path, torch.device("cpu"), Processes(), SILENT,
        )  # fmt: skip


def test_learning_rate_warms_up_and_falls():
    options = replace(OPTIONS, warmup=10, steps=110, schedule="cosine")
    assert learning_rate_factor(0, options) == pytest.approx(0.1)
    assert learning_rate_factor(9, options) == 1.0
    assert learning_rate_factor(60, options) == pytest.approx(0.01 + 0.99 / 2)
    assert learning_rate_factor(110, options) == pytest.approx(0.01)
    assert learning_rate_factor(99, replace(options, schedule="constant")) == 1.0


def test_adamw_decays_matrices_only():
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(3, 3), "norm": torch.nn.LayerNorm(3)})
    model.register_parameter("A_log", torch.nn.Parameter(torch.zeros(3, 2)))
    groups = build_optimizer(model, replace(OPTIONS, optimizer="adamw")).param_groups
    decayed = {id(p) for g in groups if g["weight_decay"] for p in g["params"]}
    assert decayed == {id(model["a"].weight)}


def test_half_precision_hands_out_float32():
    wrapped = HalfPrecision(torch.nn.Linear(8, 8))
    out = wrapped(torch.randn(2, 8))
    assert out.dtype == torch.float32
    assert not torch.equal(out, wrapped.model(torch.randn(2, 8)))
