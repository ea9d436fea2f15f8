"""Several training processes: alone everything is as it was, two agree on means and sums."""

from __future__ import annotations

import pytest
import torch

from pipelines.support.errors import BadUsage
from pipelines.training.processes import (
    Processes,
    join_processes,
    leave_processes,
    training_device,
)

TWO = """
import sys, torch
from pipelines.training.processes import join_processes, leave_processes

me = join_processes("cpu")
assert (me.count, me.leads) == (2, me.rank == 0) and join_processes("cpu") == me
shared, unused, frozen = (torch.nn.Parameter(torch.ones(shape)) for shape in ((2, 3), (4,), (2,)))
frozen.requires_grad_(False)
# Each process saw other data; one of them never used a part of the network.
shared.grad = torch.full((2, 3), 1.0 + 2 * me.rank)
if me.rank == 0:
    unused.grad = torch.arange(4.0)
me.average_gradients([shared, unused, frozen])
assert frozen.grad is None
assert me.sum([1.0 + me.rank, 10.0], torch.device("cpu")) == [3.0, 20.0]
me.wait()
# In one piece: both write to the same pipe.
sys.stdout.write(f"{me.rank} {shared.grad.unique().tolist()} {unused.grad.tolist()}\\n")
leave_processes()
leave_processes()
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)


def test_alone_nothing_is_shared():
    me = join_processes("cpu")
    assert me == Processes() and me.leads
    parameter = torch.nn.Parameter(torch.ones(3))
    me.average_gradients([parameter])
    assert parameter.grad is None
    values = [1.0, 2.0]
    assert me.sum(values, torch.device("cpu")) is values
    me.wait()
    leave_processes()


def test_the_first_process_leads():
    assert [Processes(rank, 3).leads for rank in range(3)] == [True, False, False]


def test_two_processes_of_torchrun_average_gradients_and_sum_losses(python, tmp_path):
    script = tmp_path / "two.py"
    script.write_text(TWO)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = python(*torchrun, script, OMP_NUM_THREADS="1").wait()
    expected = [f"{rank} [2.0] [0.0, 0.5, 1.0, 1.5]" for rank in (0, 1)]
    assert sorted(done.stdout.splitlines()) == expected, done.stderr


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_without_a_gpu_the_processor_trains(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert training_device(name, 0) == torch.device("cpu")


def test_a_gpu_that_is_not_there_is_refused_by_flag(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadUsage, match="--device cuda"):
        training_device("cuda", 0)


def test_threads_are_set_where_asked_for():
    before = torch.get_num_threads()
    try:
        training_device("cpu", 1)
        assert torch.get_num_threads() == 1
        training_device("cpu", 0)
        assert torch.get_num_threads() == 1, "0 leaves it to torch"
    finally:
        torch.set_num_threads(before)


def test_each_process_takes_its_own_gpu(monkeypatch):
    chosen: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert training_device("auto", 0) == torch.device("cuda", 3) == chosen[0]
