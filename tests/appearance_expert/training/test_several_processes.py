"""Two processes on the CPU: a copy each (torchrun), a part each (FSDP), against one process."""

import importlib.util
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parents[3]
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


def train_in_two_processes(tiny_wan, folder, names):
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = subprocess.run(
        [sys.executable, *torchrun, HERE / "launched.py", tiny_wan, folder, names],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
             "OMP_NUM_THREADS": "1", "MAX_JOBS": "1"},
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return done


def assert_same(folder, one, other, atol, only=""):
    first, second = state(folder, one), state(folder, other)
    assert first.keys() == second.keys()
    for key in first:
        if key.startswith(only):
            assert torch.allclose(first[key], second[key], atol=atol), (other, key)


def test_copies_and_parts_learn_what_one_process_learns(tiny_wan, tmp_path, monkeypatch):
    train_alone(tiny_wan, tmp_path, ["one", "one16", "average"], monkeypatch)
    train_in_two_processes(tiny_wan, tmp_path, "copies,cut,cut16,cut-average")
    assert_same(tmp_path, "one", "copies", 1e-6)
    assert_same(tmp_path, "one", "cut", 1e-6)
    assert_same(tmp_path, "one16", "cut16", 2e-3, "master.")
    assert_same(tmp_path, "average", "cut-average", 1e-6)


@pytest.mark.skipif(find_spec("deepspeed") is None, reason="pip install 'macedance[deepspeed]'")
def test_deepspeeds_parts_learn_what_one_process_learns(tiny_wan, tmp_path, monkeypatch):
    """Every second step comes from a checkpoint, so loading is compared as well.

    On a CPU, DeepSpeed compiles its shared-memory transport the first time (a minute, 1.4 GB).
    """
    train_alone(tiny_wan, tmp_path, ["one", "one16"], monkeypatch)
    done = train_in_two_processes(tiny_wan, tmp_path, "zero,zero16")
    assert done.stdout == ""  # that is for data
    assert_same(tmp_path, "one", "zero", 1e-6)
    assert_same(tmp_path, "one16", "zero16", 2e-3, "master.")
