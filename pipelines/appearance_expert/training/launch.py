"""Training in several processes, as `torchrun` or `accelerate launch` start them.

Plain processes hold a copy of the network each and average their gradients. Where accelerate's
config asks for FSDP, each holds a part: 17 billion frozen parameters are what has to be cut, not
the state of the few that learn. torch does the cutting, block by block; accelerate itself would
cut on GPUs only, and what cannot be tested on a CPU would not be tested here.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn

from pipelines.errors import BadUsage
from pipelines.training.processes import Processes, join_processes

_HINT = "take examples/accelerate/fsdp.yaml, or start with torchrun"


class Launch:
    """This process's place among its peers, and how the network is laid out over them.

    Args:
        device: "cpu", or "cuda" with this process's index.

    Raises:
        BadUsage: accelerate is set to something that this training does not know.
    """

    def __init__(self, device: torch.device) -> None:
        _check_settings()
        self.device = device
        self.processes: Processes = join_processes(device.type)
        self.cuts = _is_set("ACCELERATE_USE_FSDP") and self.processes.count > 1

    def placed(self, transformer: nn.Module) -> nn.Module:
        """The network on the device: all of it, or this process's part of every block."""
        if self.cuts:
            from torch.distributed.device_mesh import init_device_mesh
            from torch.distributed.fsdp import fully_shard

            mesh = init_device_mesh(self.device.type, (self.processes.count,))
            blocks: Any = transformer.get_submodule("blocks")
            for block in blocks:
                fully_shard(block, mesh=mesh)
            fully_shard(transformer, mesh=mesh)
        return transformer.to(self.device)


def _check_settings() -> None:
    if _is_set("ACCELERATE_USE_DEEPSPEED"):
        raise BadUsage(
            "accelerate is set to DeepSpeed, which cuts the state of what learns; here the frozen "
            "network is what needs cutting",
            _HINT,
        )
    if not _is_set("ACCELERATE_USE_FSDP"):
        return
    if os.environ.get("FSDP_VERSION", "1") != "2":
        raise BadUsage("accelerate is set to the first FSDP, this training needs the second", _HINT)
    if _is_set("FSDP_OFFLOAD_PARAMS"):
        raise BadUsage("fsdp_offload_params is not known here", _HINT)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "false").lower() in ("true", "1")
