"""Two processes on the CPU: a copy each, a part each (FSDP), against one process."""

import importlib.util
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from two_processes import as_torchrun

HERE = Path(__file__).parent


def beside(name):
    """A module that lies beside this one."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def state(folder, name):
    return load_file(folder / name / "step-00000004" / "training.safetensors")


def train_alone(tiny_wan, folder, names, monkeypatch):
    for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"):
        monkeypatch.setenv(name, "false")  # put back afterwards
    monkeypatch.setenv("FSDP_VERSION", "2")
    monkeypatch.setenv("ACCELERATE_DEEPSPEED_ZERO_STAGE", "3")
    beside("launched").train(tiny_wan, folder, names, beside("made_up").made_up)


def train_in_two_processes(python, tiny_wan, folder, names):
    words = (HERE / "launched.py", tiny_wan, folder, names)
    both = [
        python(*words, heavy=True, OMP_NUM_THREADS="1", MAX_JOBS="1", **known)
        for known in as_torchrun()
    ]
    for process in both:
        done = process.wait(500)
        assert done.returncode == 0, done.stderr[-5000:]
        assert done.stdout == ""  # that is for data


def assert_same(folder, one, other, atol, only=""):
    first, second = state(folder, one), state(folder, other)
    assert first.keys() == second.keys()
    for key in first:
        if key.startswith(only):
            assert torch.allclose(first[key], second[key], atol=atol), (other, key)


def test_copies_and_parts_learn_what_one_process_learns(tiny_wan, python, tmp_path, monkeypatch):
    """With a running average and without."""
    train_alone(tiny_wan, tmp_path, ["average", "one16"], monkeypatch)
    train_in_two_processes(python, tiny_wan, tmp_path, "copies-average,cut-average,cut16")
    assert_same(tmp_path, "average", "copies-average", 1e-6)
    assert_same(tmp_path, "average", "cut-average", 1e-6)
    assert_same(tmp_path, "one16", "cut16", 2e-3, "master.")


@pytest.mark.skipif(find_spec("deepspeed") is None, reason="pip install 'macedance[deepspeed]'")
def test_deepspeeds_parts_learn_what_one_process_learns(tiny_wan, python, tmp_path, monkeypatch):
    """Every second step comes from a checkpoint, so loading is compared as well.

    On a CPU, DeepSpeed compiles its shared-memory transport the first time (a minute, 1.4 GB).
    """
    train_alone(tiny_wan, tmp_path, ["one", "one16"], monkeypatch)
    train_in_two_processes(python, tiny_wan, tmp_path, "zero,zero16")
    assert_same(tmp_path, "one", "zero", 1e-6)
    assert_same(tmp_path, "one16", "zero16", 2e-3, "master.")
