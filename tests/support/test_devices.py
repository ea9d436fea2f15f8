"""The device that --device means."""

import pytest
import torch

from pipelines.support.devices import torch_device
from pipelines.support.errors import BadUsage


def test_auto_takes_what_is_there():
    there = "cuda" if torch.cuda.is_available() else "cpu"
    assert torch_device("auto") == torch.device(there)
    assert torch_device("cpu") == torch.device("cpu")


def test_unknown_names_and_missing_gpus_are_refused_by_name():
    with pytest.raises(BadUsage, match="--device tpu: choose auto, cpu or cuda"):
        torch_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(BadUsage, match="torch sees no GPU") as caught:
            torch_device("cuda")
        assert "--device cpu" in caught.value.hint
