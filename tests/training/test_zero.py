"""DeepSpeed's parts of what learns, as far as they can be seen in one process.

What it learns in two processes is compared in appearance_expert/training/test_several_processes.py.
"""

import os
import sys
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.support.errors import MissingAsset
from pipelines.training.processes import Processes
from pipelines.training.zero import ZeroLearner, deepspeed_on


@given(st.integers(1, 6), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_the_parts_of_all_processes_are_the_whole_and_zeros(count, shape):
    """As DeepSpeed cuts a tensor: flat, in parts of one size, the last filled up."""
    value = torch.arange(1.0, 1 + torch.Size(shape).numel()).view(shape)
    size = -(-value.numel() // count)
    parameter = SimpleNamespace(ds_tensor=torch.empty(size))
    learner = object.__new__(ZeroLearner)
    learner._device = torch.device("cpu")
    parts = []
    for rank in range(count):
        learner._processes = Processes(rank, count)
        parts.append(learner._own_part(value, parameter))
        assert parts[-1].shape == (size,)
    joined = torch.cat(parts)
    assert torch.equal(joined[: value.numel()].view(shape), value)
    assert not joined[value.numel() :].any()


@pytest.mark.parametrize("kind", ["cpu", "cuda"])
def test_deepspeed_is_told_the_kind_of_device_before_it_is_imported(monkeypatch, kind):
    monkeypatch.setenv("DS_ACCELERATOR", "")  # put back afterwards
    monkeypatch.setitem(sys.modules, "deepspeed", SimpleNamespace(name="deepspeed"))
    assert deepspeed_on(torch.device(kind)).name == "deepspeed"
    assert os.environ["DS_ACCELERATOR"] == kind


def test_without_deepspeed_the_way_without_it_is_named(monkeypatch):
    monkeypatch.setenv("DS_ACCELERATOR", "cpu")
    monkeypatch.setitem(sys.modules, "deepspeed", None)
    with pytest.raises(MissingAsset) as caught:
        deepspeed_on(torch.device("cpu"))
    assert "fsdp.yaml" in caught.value.hint
    assert "macedance[deepspeed]" in caught.value.hint
