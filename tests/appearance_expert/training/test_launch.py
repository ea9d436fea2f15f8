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

from pipelines.appearance_expert.training.launch import Launch
from pipelines.appearance_expert.training.zero import deepspeed_on
from pipelines.support.errors import BadUsage, MissingAsset

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
    beside("launched").train(tiny_wan, folder, names, beside("test_engine").made_up)


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
    train_alone(tiny_wan, tmp_path, ["one", "one16"], monkeypatch)
    train_in_two_processes(tiny_wan, tmp_path, "copies,cut,cut16")
    assert_same(tmp_path, "one", "copies", 1e-6)
    assert_same(tmp_path, "one", "cut", 1e-6)
    assert_same(tmp_path, "one16", "cut16", 2e-3, "master.")


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


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"ACCELERATE_USE_DEEPSPEED": "true"}, "ZeRO-2"),
     ({"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3",
       "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE": "cpu"}, "offload_param_device"),
     ({"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3",
       "ACCELERATE_DEEPSPEED_CONFIG_FILE": "zero.json"}, "deepspeed_config_file"),
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


def test_an_average_is_refused_where_none_is_kept():
    launch = Launch(torch.device("cpu"))
    launch.check_average(0.9)
    launch.zero = True
    launch.check_average(0.0)
    with pytest.raises(BadUsage, match="--ema-decay"):
        launch.check_average(0.9)


def test_deepspeed_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("DS_ACCELERATOR", "cpu")  # put back afterwards
    monkeypatch.setitem(sys.modules, "deepspeed", None)
    with pytest.raises(MissingAsset, match="DeepSpeed") as caught:
        deepspeed_on(torch.device("cpu"))
    assert "macedance[deepspeed]" in caught.value.hint


@pytest.mark.parametrize("name", ["fsdp", "deepspeed"])
def test_the_shipped_configs_ask_for_what_is_known(name, monkeypatch):
    """What accelerate makes of them reaches us as environment variables."""
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import (
        prepare_deepspeed_cmd_env,
        prepare_multi_gpu_env,
    )

    file = ROOT / "examples" / "accelerate" / f"{name}.yaml"
    arguments = ["--config_file", str(file), "-m", "macedance_cli.app"]
    args, defaults, _ = _validate_launch_command(launch_command_parser().parse_args(arguments))
    if name == "fsdp":
        environment = prepare_multi_gpu_env(args)
    else:
        args.deepspeed_fields_from_accelerate_config = ",".join(defaults.deepspeed_config)
        _, environment = prepare_deepspeed_cmd_env(args)
    for key, value in environment.items():
        if key.startswith(("ACCELERATE_", "FSDP_")):
            monkeypatch.setenv(key, value)
    Launch(torch.device("cpu"))
    asked = {"fsdp": "ACCELERATE_USE_FSDP", "deepspeed": "ACCELERATE_USE_DEEPSPEED"}
    assert os.environ[asked[name]] == "true"
