"""What accelerate asks for; what several processes learn is in test_several_processes.py."""

import os
from pathlib import Path

import pytest
import torch

from pipelines.support.errors import BadUsage
from pipelines.training.launch import Launch
from pipelines.training.learner import Learner
from pipelines.training.optimizers import adamw

ROOT = Path(__file__).parents[2]


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


def test_alone_it_is_a_network_as_any_other():
    network = torch.nn.Linear(2, 2)
    launch = Launch(torch.device("cpu"))
    assert (launch.processes.count, launch.cuts) == (1, False)
    assert launch.placed(network) is network
    learner = launch.learner(network, adamw(0.1, 0.0), 0.9, 0.0, 1)
    assert isinstance(learner, Learner)
    assert learner.average is not None


def test_a_training_that_knows_no_parts_heeds_no_such_settings(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.setenv("FSDP_VERSION", "1")
    assert not Launch(torch.device("cpu"), may_cut=False).cuts


def test_an_average_is_refused_where_none_is_kept():
    launch = Launch(torch.device("cpu"))
    launch.check_average(0.9)
    launch.zero = True
    launch.check_average(0.0)
    with pytest.raises(BadUsage, match="--ema-decay"):
        launch.check_average(0.9)


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
