"""Training in several processes, as `torchrun` or `accelerate launch` start them.

accelerate's own settings decide how the network is spread: copies that average their gradients
(DDP), or pieces (FSDP2), which is what makes 17 billion frozen parameters fit small GPUs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from pipelines.errors import BadUsage
from pipelines.training.processes import Processes, join_processes

Unsynchronised = Callable[[], AbstractContextManager[Any]]


class Launch:
    """This process's place among its peers, and what wraps a network for them.

    Args:
        device: "cpu" or "cuda" with this process's index.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._accelerator: Any = None
        if _is_launched():
            from accelerate import Accelerator

            # Number formats are ours to choose: accelerate would cast what the paper's stages must
            # leave as it is.
            self._accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision="no")
            self._check()
        self.processes: Processes = join_processes(device.type)

    def _check(self) -> None:
        kind = str(self._accelerator.distributed_type.value)
        if kind == "FSDP" and not self._accelerator.is_fsdp2:
            raise BadUsage(
                "accelerate is set to the first FSDP, this training needs fsdp_version: 2",
                "take examples/accelerate/fsdp.yaml",
            )
        if kind not in ("NO", "MULTI_CPU", "MULTI_GPU", "FSDP"):
            raise BadUsage(
                f"accelerate is set to {kind}, which this training does not know",
                "take examples/accelerate/fsdp.yaml, or start with torchrun",
            )

    @property
    def spreads(self) -> bool:
        """Whether each process holds but a part of the network."""
        return self._accelerator is not None and bool(self._accelerator.is_fsdp2)

    def wrapped(self, transformer: nn.Module) -> tuple[nn.Module, Unsynchronised]:
        """The network to call, and the block in which gradients stay with their process."""
        accelerator = self._accelerator
        if accelerator is None:
            return transformer, nullcontext
        # FSDP wants to see an optimizer; ours is built afterwards, over what each process holds.
        seen = torch.optim.SGD(p for p in transformer.parameters() if p.requires_grad)
        called, _ = accelerator.prepare(transformer, seen)
        return called, lambda: accelerator.no_sync(called)


def _is_launched() -> bool:
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 or "ACCELERATE_USE_FSDP" in os.environ
