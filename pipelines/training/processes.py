"""Several training processes, as started by torchrun or `accelerate launch`.

Both tell each process its place through the same environment variables. Gradients are averaged
explicitly after the backward pass: the objective may run the network several times per step, or
leave parts of it unused, without upsetting anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from pipelines.support.devices import torch_device


@dataclass(frozen=True)
class Processes:
    """This process's place among its peers."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes the files and the log."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace every gradient by its mean over the processes."""
        if self.count == 1:
            return
        wanted = [p for p in parameters if p.requires_grad]
        for parameter in wanted:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([p.grad.reshape(-1) for p in wanted if p.grad is not None])
        torch.distributed.all_reduce(flat)
        flat /= self.count
        start = 0
        for parameter in wanted:
            assert parameter.grad is not None
            parameter.grad.copy_(flat[start : start + parameter.numel()].view_as(parameter))
            start += parameter.numel()

    def sum(self, values: list[float], device: torch.device) -> list[float]:
        """The sums of `values` over all processes."""
        if self.count == 1:
            return values
        shared: Tensor = torch.tensor(values, dtype=torch.float64, device=device)
        torch.distributed.all_reduce(shared)
        return [float(value) for value in shared]

    def wait(self) -> None:
        """Return when every process has come here."""
        if self.count > 1:
            torch.distributed.barrier()

    @contextmanager
    def leading_first(self) -> Iterator[None]:
        """Let the leading process do what follows before all others do."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()


def join_processes(device_kind: str) -> Processes:
    """This process's place, read from RANK, WORLD_SIZE and LOCAL_RANK; joins the group if any.

    Args:
        device_kind: "cuda" talks through NCCL, anything else through gloo.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device_kind == "cuda" else "gloo")
    return Processes(
        rank=int(os.environ["RANK"]), count=count, local_rank=int(os.environ.get("LOCAL_RANK", "0"))
    )


def leave_processes() -> None:
    """Leave the group again, if one was joined."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def training_device(name: str, threads: int) -> torch.device:
    """The device for "auto", "cpu" or "cuda"; of several GPUs this process's own.

    Args:
        name: auto takes a GPU if there is one.
        threads: of the processor; 0 leaves that to torch.

    Raises BadUsage where "cuda" was asked for and is not there.
    """
    if threads:
        torch.set_num_threads(threads)
    if torch_device(name).type == "cpu":
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(device)
    return device
