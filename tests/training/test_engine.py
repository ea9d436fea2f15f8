"""The engine on a toy task; real networks train in it in the tests of the two commands."""

import importlib.util
import math
import os
import signal
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pipelines.support.errors import Interrupted, OutOfResources, UnsuitableInput
from pipelines.support.files import read_json
from pipelines.training.engine import EngineOptions
from pipelines.training.optimizers import adamw, adamw_of_matrices, adan
from pipelines.training.training_log import read_log

_SPEC = importlib.util.spec_from_file_location("toy", Path(__file__).with_name("toy.py"))
toy = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(toy)
OPTIONS, engine = toy.OPTIONS, toy.engine


def state(folder):
    return load_file(folder / "latest" / "training.safetensors")


class Watcher:
    """Calls `action` when training reaches a step."""

    def __init__(self, step, action):
        self.countdown, self.action, self.said = step, action, []

    def stage(self, name, total=None, unit=""):
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
    train = next(line for line in log if line["kind"] == "train")
    assert {"squares", "gradient_norm", "lr", "seconds_per_step", "feed_share"} <= set(train)


def test_old_checkpoints_go_but_never_the_best(tmp_path):
    scores = {4: 1.0}

    def held_out(network, step, log):
        return {"loss": scores.get(step, 5.0)}

    engine(tmp_path, replace(OPTIONS, steps=20, keep=1), held_out=held_out).run()
    assert (tmp_path / "best").resolve().name == "step-00000004"
    assert sorted(p.name for p in tmp_path.glob("step-*")) == ["step-00000004", "step-00000020"]


@pytest.mark.parametrize("optimizer", [adan, adamw, adamw_of_matrices])
@pytest.mark.parametrize("workers", [0, 2])
def test_stopping_and_going_on_changes_nothing(tmp_path, optimizer, workers):
    options = replace(OPTIONS, workers=workers, warmup=5, schedule="cosine", ema_decay=0.9)

    def run(folder, progress=toy.SILENT):
        engine(tmp_path / folder, options, progress, optimizer=optimizer(1e-2, 0.02)).run()

    run("straight")
    with pytest.raises(Interrupted, match="step 7"):
        run("stopped", Watcher(7, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    assert (tmp_path / "stopped" / "latest").resolve().name == "step-00000007"
    run("stopped")
    straight, resumed = state(tmp_path / "straight"), state(tmp_path / "stopped")
    assert straight.keys() == resumed.keys()
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


@pytest.mark.parametrize(("at", "every"), [(8, 4), (12, 4), (12, 5)])
def test_a_validation_that_was_due_at_a_stop_is_made_up_for(tmp_path, at, every):
    """At the end it is due whatever the pace."""
    options = replace(OPTIONS, validate_every=every, checkpoint_every=every)
    scores = {at: 1.0}

    def run(folder, progress=toy.SILENT):
        def held_out(network, step, log):
            return {"loss": scores.get(step, 5.0)}

        engine(tmp_path / folder, options, progress, held_out=held_out).run()

    run("straight")
    with pytest.raises(Interrupted, match=f"step {at}"):
        run("stopped", Watcher(at, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    run("stopped")
    ends = []
    for folder in (tmp_path / "straight", tmp_path / "stopped"):
        log = [one | {"time": 0} for one in read_log(folder) if one["kind"] == "validation"]
        ends.append((log, read_json(folder / "latest" / "training.json")))
        assert (folder / "best").resolve().name == f"step-{at:08d}"
    assert ends[0] == ends[1]


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

    def loss(network, batch, generator):
        result, parts = toy.loss(network, batch, generator)
        return (result * value if next(calls) == 6 else result), parts

    said = r"NaN or infinite in step 7.*step-00000004"
    with pytest.raises(UnsuitableInput, match=said) as caught:
        engine(tmp_path, loss=loss, held_out=None).run()
    assert "--lr" in caught.value.hint
    assert all(v.isfinite().all() for v in state(tmp_path).values())


def with_room_for(room):
    def loss(network, batch, generator):
        if len(batch["x"]) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return toy.loss(network, batch, generator)

    return loss


def test_out_of_memory_says_which_batch_fits(tmp_path):
    options = replace(OPTIONS, batch_size=16)
    with pytest.raises(OutOfResources, match="with 16 windows at once; 2 fit") as caught:
        engine(tmp_path, options, loss=with_room_for(3)).run()
    assert "--accumulate 8" in caught.value.hint
    assert "--batch-size 2" in caught.value.hint
    with pytest.raises(OutOfResources, match="even with a single window") as caught:
        engine(tmp_path, options, loss=with_room_for(0)).run()
    assert caught.value.hint == toy.WORDS.smaller


def test_parts_of_a_network_are_not_tried_alone(tmp_path):
    """A trial would wait for ever for processes that did not run out of memory."""
    tried = []

    def no_memory(network, batch, generator):
        tried.append(len(batch["x"]))
        raise torch.OutOfMemoryError("CUDA out of memory")

    trained = engine(tmp_path, loss=no_memory)
    trained.cuts = True
    with pytest.raises(OutOfResources, match="with 4 windows at once") as caught:
        trained.run()
    assert "--accumulate 4" in caught.value.hint
    assert tried == [4]


def test_other_errors_are_not_taken_for_lack_of_memory(tmp_path):
    def loss(network, batch, generator):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        engine(tmp_path, loss=loss).run()


def test_accumulating_sees_every_slice_once_and_learns_alike(tmp_path):
    seen = []

    def plain(network, batch, generator):
        seen.append(batch["x"].clone())
        return (network[0](batch["x"]) - batch["y"]).square().mean(), {}

    whole = engine(tmp_path / "whole", replace(OPTIONS, steps=1), loss=plain, held_out=None)
    options = replace(OPTIONS, steps=1, accumulate=4)
    cut = engine(tmp_path / "cut", options, loss=plain, held_out=None)
    cut.run()
    assert [len(x) for x in seen] == [1, 1, 1, 1]
    assert len({float(x.sum()) for x in seen}) == 4
    batch = {"x": torch.cat(seen), "y": torch.cat([toy.draw(1, (0, 0, n))["y"] for n in range(4)])}
    plain(whole.task.network, batch, None)[0].backward()
    whole.learner.gradient_norm(0)
    whole.learner.step(OPTIONS.lr)
    one, other = whole.learner.state(), cut.learner.state()
    assert all(torch.allclose(one[name], other[name], atol=1e-6) for name in one)


def test_the_rate_rises_over_the_warm_up(tmp_path):
    rates = []
    trained = engine(tmp_path, replace(OPTIONS, warmup=4, steps=5, lr=1e-3))
    plain = trained.learner.step
    trained.learner.step = lambda lr: (rates.append(lr), plain(lr))
    trained.run()
    assert rates == pytest.approx([2.5e-4, 5e-4, 7.5e-4, 1e-3, 1e-3])


def test_samples_come_at_their_own_pace_from_the_average_in_evaluation_mode(tmp_path):
    calls = []

    def sample(network, step, log):
        learned = trained.learner.learned()["0.weight"]
        calls.append((step, network.training, torch.equal(network[0].weight, learned)))

    trained = engine(tmp_path, replace(OPTIONS, sample_every=5, ema_decay=0.5), sample=sample)
    trained.run()
    assert calls == [(5, False, True), (10, False, True)]
    assert trained.task.network.training


@pytest.mark.parametrize("lost", [True, False])
def test_a_sample_that_a_kill_prevented_is_made_up_for(tmp_path, lost):
    made = []

    def sample(network, step, log):
        if lost and step == 10 and 10 not in made:
            made.append(10)
            raise KeyboardInterrupt  # its checkpoint is there, the sample is not
        made.append(step)

    options = replace(OPTIONS, steps=10, sample_every=5, checkpoint_every=5)
    try:
        engine(tmp_path, options, sample=sample).run()
    except KeyboardInterrupt:
        assert lost
    again = engine(tmp_path, options, sample=sample, sampled=lambda step: not lost)
    assert again.step == 10
    again.run()
    assert made == ([5, 10, 10] if lost else [5, 10])


def test_held_out_figures_are_logged_and_judge_the_average(tmp_path):
    def held_out(network, step, log):
        assert not network.training
        assert not torch.is_grad_enabled()
        return toy.held_out(network, step, log) | {"foot_skating": 0.25}

    engine(tmp_path, held_out=held_out).run()
    lines = [line for line in read_log(tmp_path) if line["kind"] == "validation"]
    assert [line["step"] for line in lines] == [4, 8, 12]
    assert all(line["foot_skating"] == 0.25 for line in lines)


def test_a_full_disk_is_reported_and_older_checkpoints_stand(tmp_path):
    def fail_late(folder, learned, facts):
        if facts["step"] == 8:
            raise OSError(28, "No space left on device")
        toy.save(folder, learned, facts)

    with pytest.raises(OutOfResources, match=r"no checkpoint could be written.*No space left"):
        engine(tmp_path, save=fail_late).run()
    assert [p.name for p in tmp_path.glob("*step*")] == ["step-00000004"]


def test_another_networks_checkpoint_is_refused(tmp_path):
    engine(tmp_path).run()
    with pytest.raises(UnsuitableInput, match="does not fit this run") as caught:
        engine(tmp_path, network=torch.nn.Linear(2, 2))
    assert "--preset" in caught.value.hint


def test_a_damaged_checkpoint_is_refused(tmp_path):
    engine(tmp_path).run()
    stored = tmp_path / "latest" / "training.safetensors"
    stored.write_bytes(stored.read_bytes()[:20])
    with pytest.raises(UnsuitableInput, match=r"training\.safetensors: .*remove this checkpoint"):
        engine(tmp_path)


def test_checkpoints_tell_how_they_came_about(tmp_path):
    engine(tmp_path, settings={"optimizer": "adan"}, facts={"song": "x"}, held_out=None).run()
    facts = read_json(tmp_path / "latest" / "training.json")
    assert (facts["step"], facts["best"], facts["song"]) == (12, None, "x")
    assert (facts["options"]["steps"], facts["options"]["optimizer"]) == (12, "adan")


def test_options_of_a_command_become_the_engines():
    @dataclass
    class Config:
        steps: int = 7
        batch_size: int = 2
        lr: float = 0.0
        preset: str = "tiny"

    assert EngineOptions.of(Config(), lr=1e-3) == EngineOptions(7, 2, 1e-3)


def test_two_networks_of_which_one_is_frozen(tmp_path):
    """A tokenizer that is trained already, with a codebook in a buffer, and what learns with it."""

    def build():
        torch.manual_seed(5)
        tokenizer, generator = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
        tokenizer.register_buffer("codebook", torch.arange(3.0))
        tokenizer.requires_grad_(False)
        return torch.nn.ModuleDict({"tokenizer": tokenizer, "generator": generator})

    def loss(network, batch, generator):
        tokens = network["tokenizer"](batch["x"]) + network["tokenizer"].codebook
        value = (network["generator"](tokens) - batch["y"]).square().mean()
        return value, {}

    def held_out(network, step, log):
        return {"loss": float(loss(network, toy.draw(8, (99,)), None)[0])}

    both, before = build(), build().state_dict()
    parts = {"loss": loss, "held_out": held_out}
    options = replace(OPTIONS, ema_decay=None, keep=9)
    straight = engine(tmp_path / "straight", options, network=both, **parts)
    first = straight.judge()["loss"]
    straight.run()
    after = both.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"generator.weight", "generator.bias"}
    assert straight.judge()["loss"] < first
    kept = torch.load(tmp_path / "straight" / "latest" / "weights.pt")["learned"]
    assert set(kept) == changed
    assert {n for n in state(tmp_path / "straight") if n.startswith("master.")} == {
        f"master.{name}" for name in changed
    }
    stop = Watcher(6, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted):
        engine(tmp_path / "stopped", options, stop, network=build(), **parts).run()
    engine(tmp_path / "stopped", options, network=build(), **parts).run()
    one, other = state(tmp_path / "straight"), state(tmp_path / "stopped")
    assert all(torch.equal(one[name], other[name]) for name in one)
