"""Training in several processes, as `torchrun` or `accelerate launch` start them.

Plain processes hold a copy of the network each and average their gradients. Where accelerate's
config asks for FSDP or DeepSpeed's ZeRO-3, each holds a part: 17 billion frozen parameters are what
has to be cut, not the state of the few that learn. accelerate starts the processes and says what is
wanted; torch and DeepSpeed are called directly, since accelerate would cut on GPUs only (FSDP), and
what cannot be tested on a CPU would not be tested here.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn

from pipelines.appearance_expert.training.engine import EngineOptions, plain_learner
from pipelines.appearance_expert.training.learner import Learns
from pipelines.support.errors import BadUsage
from pipelines.training.processes import Processes, join_processes

_HINT = "take fsdp.yaml or deepspeed.yaml of examples/accelerate, or start with torchrun"
_OFF = ("", "none")


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
        several = self.processes.count > 1
        self.shards = _is_set("ACCELERATE_USE_FSDP") and several
        self.zero = _is_set("ACCELERATE_USE_DEEPSPEED") and several

    @property
    def cuts(self) -> bool:
        """Whether each process holds a part of the network."""
        return self.shards or self.zero

    def placed(self, transformer: nn.Module) -> nn.Module:
        """The network on the device: all of it, or this process's part of every block."""
        if self.zero:
            from pipelines.appearance_expert.training.zero import cut

            return cut(transformer, self.device)
        if self.shards:
            from torch.distributed.device_mesh import init_device_mesh
            from torch.distributed.fsdp import fully_shard

            mesh = init_device_mesh(self.device.type, (self.processes.count,))
            blocks: Any = transformer.get_submodule("blocks")
            for block in blocks:
                fully_shard(block, mesh=mesh)
            fully_shard(transformer, mesh=mesh)
        return transformer.to(self.device)

    def learner(self, transformer: nn.Module, options: EngineOptions) -> Learns:
        """What learns of a network that `placed` returned."""
        if not self.zero:
            return plain_learner(transformer, options)
        from pipelines.appearance_expert.training.zero import ZeroLearner

        return ZeroLearner(
            transformer, options.lr, options.weight_decay, options.grad_clip, options.accumulate,
            self.processes, self.device,
        )  # fmt: skip

    def check_average(self, ema_decay: float) -> None:
        """Raise BadUsage where an average is asked for that would not be kept."""
        if self.zero and ema_decay:
            raise BadUsage(
                "--ema-decay: no running average is kept under DeepSpeed",
                "leave it out, or take examples/accelerate/fsdp.yaml",
            )


def _check_settings() -> None:
    if _is_set("ACCELERATE_USE_DEEPSPEED"):
        _check_deepspeed()
    if not _is_set("ACCELERATE_USE_FSDP"):
        return
    if os.environ.get("FSDP_VERSION", "1") != "2":
        raise BadUsage("accelerate is set to the first FSDP, this training needs the second", _HINT)
    if _is_set("FSDP_OFFLOAD_PARAMS"):
        raise BadUsage("fsdp_offload_params is not known here", _HINT)


def _check_deepspeed() -> None:
    stage = os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2")  # accelerate's own default
    if stage != "3":
        raise BadUsage(
            f"accelerate is set to DeepSpeed's ZeRO-{stage}, which leaves the frozen network whole "
            "in every process; that is what needs cutting",
            _HINT,
        )
    for name in ("OFFLOAD_OPTIMIZER_DEVICE", "OFFLOAD_PARAM_DEVICE", "CONFIG_FILE"):
        if os.environ.get(f"ACCELERATE_DEEPSPEED_{name}", "").lower() not in _OFF:
            field = name.lower() if name.startswith("OFFLOAD") else f"deepspeed_{name.lower()}"
            raise BadUsage(f"{field} is not known here", _HINT)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "false").lower() in ("true", "1")
