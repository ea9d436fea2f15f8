"""Two processes on the CPU: a copy each (torchrun), a part each (FSDP), against one process."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pipelines.appearance_expert.training.launch import Launch
from pipelines.errors import BadUsage

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


def test_copies_and_parts_learn_what_one_process_learns(tiny_wan, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "false")  # put back afterwards
    monkeypatch.setenv("FSDP_VERSION", "2")
    beside("launched").train(tiny_wan, tmp_path, ["one", "one16"], beside("test_engine").made_up)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = subprocess.run(
        [sys.executable, *torchrun, HERE / "launched.py", tiny_wan, tmp_path, "copies,cut,cut16"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    one = state(tmp_path, "one")
    for name in ("copies", "cut"):
        other = state(tmp_path, name)
        assert one.keys() == other.keys()
        for key in one:
            assert torch.allclose(one[key], other[key], atol=1e-6), (name, key)
    half, cut = state(tmp_path, "one16"), state(tmp_path, "cut16")
    for key in half:
        if key.startswith("master."):
            assert torch.allclose(half[key], cut[key], atol=2e-3), key


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"ACCELERATE_USE_DEEPSPEED": "true"}, "DeepSpeed"),
     ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "1"}, "the first FSDP"),
     ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2", "FSDP_OFFLOAD_PARAMS": "true"},
      "offload")],
)  # fmt: skip
def test_settings_that_are_not_known_are_named(monkeypatch, settings, said):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadUsage, match=said):
        Launch(torch.device("cpu"))


def test_alone_it_is_a_network_as_any_other(tiny_transformer):
    launch = Launch(torch.device("cpu"))
    assert (launch.processes.count, launch.cuts) == (1, False)
    assert launch.placed(tiny_transformer) is tiny_transformer


def test_the_shipped_config_asks_for_what_is_known():
    text = (ROOT / "examples" / "accelerate" / "fsdp.yaml").read_text()
    for line in ("distributed_type: FSDP", "fsdp_version: 2", "fsdp_offload_params: false"):
        assert line in text
