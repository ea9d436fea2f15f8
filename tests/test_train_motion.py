"""The whole verb on a few seconds of made-up dance, with the real network at its tiniest."""

import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from two_processes import as_torchrun

from pipelines.datasets.paired import save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.files import read_json
from pipelines.support.progress import SILENT, Silent
from pipelines.train_motion import TrainMotionConfig, plan, train_motion
from pipelines.training.training_log import read_log


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    random = np.random.default_rng(0)
    for number, genre in enumerate(("salsa", "salsa", "salsa", "ballet", "ballet")):
        frames = 90 + 20 * number
        time = np.arange(frames)[:, None, None] / 30
        poses = random.uniform(0, 0.5, (24, 3)) * np.sin(4 * time + random.uniform(0, 6, (24, 3)))
        poses[:, 0] += (np.pi / 2, 0, 0)
        trans = np.stack([0.2 * np.sin(time[:, 0, 0] * k) for k in (1, 2, 3)], axis=-1)
        motion = Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0, genre=genre)
        features = random.normal(0, 20, (frames, 35)).astype(np.float32)
        pair = PairedSequence(motion, features, f"take{number}", f"take{number}")
        save_pair(pair, "a song", "paired", folder / f"{number}.npz")
    return folder


def config(pairs, workspace, **changes):
    base = TrainMotionConfig(
        data=[pairs], workspace=workspace, run="r", preset="tiny", window=30, stride=10,
        batch_size=4, steps=20, validate_every=10, checkpoint_every=5, threads=1, keep=2,
        device="cpu",
    )  # fmt: skip
    return replace(base, **changes)


def state(workspace):
    return load_file(workspace / "models" / "motion" / "r" / "latest" / "training.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.fixture(scope="session")
def straight(pairs, tmp_path_factory):
    workspace = tmp_path_factory.mktemp("straight")
    return workspace, train_motion(config(pairs, workspace), SILENT)


_SCRIPT = """
import os, signal, sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from pipelines.support.errors import MacedanceError
from pipelines.support.progress import Silent
from pipelines.train_motion import TrainMotionConfig, plan, train_motion

class Deadly(Silent):
    @contextmanager
    def stage(self, name, total=None, unit=""):
        self.left = int(sys.argv[2])
        def advance(amount):
            self.left -= amount
            if self.left == 0:
                os.kill(os.getpid(), getattr(signal, sys.argv[3]))
        yield advance

config = eval(sys.argv[1], {"TrainMotionConfig": TrainMotionConfig, "PosixPath": Path})
try:
    train_motion(config, Deadly())
except MacedanceError as error:
    print(error.what, error.hint, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.fixture
def start(python, tmp_path):
    """Start `train_motion` in a process of its own that is sent a signal after so many units."""
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)

    def start(script_config, when="-1", signal_name="SIGKILL", **changes):
        words = (script, repr(script_config), when, signal_name)
        return python(*words, OMP_NUM_THREADS="1", **changes)

    return start


def test_leaves_a_checkpoint_that_the_choreographer_can_load(straight):
    from pipelines.motion_expert.mace.checkpoint import build_model, load_checkpoint

    _, result = straight
    checkpoint = load_checkpoint(result.folder / "latest")
    build_model(checkpoint)
    assert checkpoint.config.genres == ("ballet", "salsa")
    assert checkpoint.metadata["step"] == 20
    assert checkpoint.metadata["held_out"]
    assert not set(checkpoint.metadata["held_out"]) - {f"take{n}" for n in range(5)}
    assert result.best_loss is not None
    assert result.feed_share < 0.2


def test_the_number_of_threads_holds_after_the_first_compiled_loop(straight):
    assert torch.get_num_threads() == 1


def test_leaves_dances_to_look_at_after_each_validation(straight):
    from pipelines.motion.formats import load_motion

    _, result = straight
    for step in ("step-00000010", "step-00000020"):
        motions = list((result.folder / "samples" / step).glob("*.npz"))
        assert motions
        assert load_motion(motions[0]).frames >= 30
        assert motions[0].with_suffix(".png").stat().st_size > 1000
    lines = [line for line in read_log(result.folder) if line["kind"] == "validation"]
    assert all(np.isfinite(line["jitter"]) for line in lines)


def test_kill_9_and_going_on_is_bit_identical(pairs, straight, start, tmp_path):
    options = config(pairs, tmp_path)
    assert start(options, when="13").wait().returncode == -signal.SIGKILL
    reached = (tmp_path / "models" / "motion" / "r" / "latest").resolve().name
    assert reached == "step-00000010"
    train_motion(options, SILENT)
    assert same(state(straight[0]), state(tmp_path))
    runs = [root / "models" / "motion" / "r" for root in (straight[0], tmp_path)]
    losses = [
        [line["loss"] for line in read_log(run) if line["kind"] == "validation"] for run in runs
    ]
    assert losses[0] == losses[1]
    assert len({(run / "best").resolve().name for run in runs}) == 1


def test_sigterm_ends_with_75_after_a_checkpoint(pairs, start, tmp_path):
    done = start(config(pairs, tmp_path), when="7", signal_name="SIGTERM").wait()
    assert done.returncode == 75, done.stderr
    assert "step 7" in done.stderr
    assert (tmp_path / "models" / "motion" / "r" / "latest").resolve().name == "step-00000007"


def test_two_processes_learn_what_one_learns(pairs, start, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    options = config(pairs, one, steps=4, accumulate=2, validate_every=2, checkpoint_every=4)
    train_motion(options, SILENT)
    shared = replace(options, workspace=two, accumulate=1)
    for process in [start(shared, **known) for known in as_torchrun()]:
        done = process.wait()
        assert done.returncode == 0, done.stderr
    alone, together = state(one), state(two)
    for name in alone:
        torch.testing.assert_close(together[name], alone[name], rtol=1e-3, atol=1e-5)


def test_running_a_finished_run_again_changes_nothing(pairs, straight):
    workspace, first = straight
    before = state(workspace)
    again = train_motion(config(pairs, workspace), SILENT)
    assert again.step == 20
    assert again.checkpoint == first.checkpoint
    assert same(before, state(workspace))


def test_other_options_are_another_run_unless_resumed(pairs, straight):
    workspace, _ = straight
    with pytest.raises(BadUsage, match=r"begun with --lr 0.0004") as caught:
        train_motion(config(pairs, workspace, lr=1e-3), SILENT)
    assert "--resume" in caught.value.hint
    named = config(pairs, workspace, run="").run_name()
    assert named.startswith("tiny-")
    assert named != config(pairs, workspace, run="", lr=1e-3).run_name()
    assert named == config(pairs, workspace, run="", steps=99).run_name()


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"objective": "official"}},
        {"options": {"guidance": "cfg"}},
        {"options": {"backbone": "mamba"}},
        {"options": {"backbone": "transformer"}, "optimizer": "adamw"},
        {"precision": "bf16", "accumulate": 2, "turn": True, "grad_clip": 1.0},
    ],
)
def test_every_variant_trains(pairs, tmp_path, changes):
    result = train_motion(config(pairs, tmp_path, steps=2, **changes), SILENT)
    assert all(value.isfinite().all() for value in state(tmp_path).values())
    options = read_json(result.folder / "options.json")
    given = changes | changes.get("options", {})
    assert all(options[name] == value for name, value in given.items() if name in options)


def test_begins_with_the_weights_of_another_run(pairs, straight, tmp_path):
    from pipelines.motion_expert.mace.checkpoint import load_checkpoint

    first = straight[1].folder / "latest"
    options = config(pairs, tmp_path, steps=1, lr=1e-9, ema_decay=0.0, init=str(first))
    train_motion(options, SILENT)
    before = load_checkpoint(first)
    after = load_checkpoint(tmp_path / "models" / "motion" / "r" / "latest")
    assert after.config == before.config
    assert np.array_equal(after.normalizer.low, before.normalizer.low)
    for name, value in before.weights.items():
        torch.testing.assert_close(after.weights[name], value, atol=1e-5, rtol=0)
    assert options.run_name() == config(pairs, tmp_path, init="").run_name() == "r"
    named = replace(options, run="")
    assert named.run_name() != replace(named, init="").run_name()


def test_bad_files_are_named_and_skipped(pairs, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for path in pairs.iterdir():
        (data / path.name).write_bytes(path.read_bytes())
    (data / "broken.npz").write_bytes(b"not a zip")
    with np.load(data / "0.npz") as archive:
        values = dict(archive)
    np.savez(data / "other.npz", **{**values, "schema": np.str_("essentia")})
    values["poses"][5, 3] = np.nan
    np.savez(data / "nan.npz", **values)

    heard = []

    class Listener(Silent):
        def warn(self, message):
            heard.append(message)

    result = train_motion(replace(config(data, tmp_path / "w"), prepare_only=True), Listener())
    assert result.sequences == 5
    assert len(result.skipped) == 3
    talk = "\n".join(heard)
    assert "broken.npz" in talk
    assert "essentia" in talk
    assert "frame 5" in talk


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UnsuitableInput):
        train_motion(config(tmp_path, tmp_path / "w"), SILENT)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"data": []}, "--data"),
        ({"preset": "huge"}, "--preset"),
        ({"optimizer": "sgd"}, "--optimizer"),
        ({"batch_size": 3, "accumulate": 2}, "--batch-size"),
        ({"steps": 0}, "--steps"),
        ({"music": ("silence",)}, "--music"),
        ({"warmup": -1}, "--warmup"),
        ({"ema_decay": 1.5}, "--ema-decay"),
    ],
)
def test_bad_flags_are_named(pairs, tmp_path, changes, flag):
    with pytest.raises(BadUsage, match=flag):
        config(pairs, tmp_path, **changes).validate()


def test_the_plan_lists_the_data_and_writes_nothing(pairs, tmp_path):
    found = plan(config(pairs, tmp_path))
    assert (found["expert"], found["run"], found["dances"]) == ("mace", "r", 5)
    assert found["folder"] == str(tmp_path / "models" / "motion" / "r")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnsuitableInput, match="no such folder"):
        plan(config(tmp_path / "nowhere", tmp_path))


def test_a_library_is_made_by_the_same_command(dancing, tmp_path):
    from pipelines.motion.npz import save_npz

    for bpm in (100, 120):
        save_npz(dancing(bpm, seconds=10), tmp_path / "mine" / f"{bpm}.npz")
    options = TrainMotionConfig(
        data=(tmp_path / "mine",), workspace=tmp_path / "w", expert="library",
        options={"lively": 0.05},
    )  # fmt: skip
    assert plan(options)["takes"] == 2
    result = train_motion(options, SILENT)
    assert (result.sequences, result.step, result.checkpoint) == (2, 0, result.folder)
    assert (result.folder / "library.json").is_file()
