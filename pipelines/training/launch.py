"""Training in several processes, as `torchrun` or `accelerate launch` start them.

Plain processes hold a copy of the network each and average their gradients. Where accelerate's
config asks for FSDP or DeepSpeed's ZeRO-3, each holds a part: billions of frozen parameters are
what has to be cut, not the state of the few that learn. accelerate starts the processes and says
what is wanted; torch and DeepSpeed are called directly. Its `Accelerator` would make copies where
FSDP is asked for on CPUs, and what cannot be tested on a CPU would not be tested here; it also can
be set up once in a Python process only, with one device for good, and a second training in that
process would find its group gone (both seen with accelerate 1.15).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
from torch import nn

from pipelines.support.errors import BadUsage
from pipelines.training.learner import Learner, Learns
from pipelines.training.optimizers import MakeOptimizer
from pipelines.training.processes import Processes, join_processes

_HINT = "take fsdp.yaml or deepspeed.yaml of examples/accelerate, or start with torchrun"
_OFF = ("", "none")


class Launch:
    """This process's place among its peers, and how a network is laid out over them.

    Args:
        device: "cpu", or "cuda" with this process's index.
        may_cut: whether this training knows networks in parts; else every process holds a copy.

    Raises:
        BadUsage: accelerate is set to something that this training does not know.
    """

    def __init__(self, device: torch.device, may_cut: bool = True) -> None:
        if may_cut:
            _check_settings()
        self.device = device
        self.processes: Processes = join_processes(device.type)
        may_cut = may_cut and self.processes.count > 1
        self.shards = may_cut and _is_set("ACCELERATE_USE_FSDP")
        self.zero = may_cut and _is_set("ACCELERATE_USE_DEEPSPEED")

    @property
    def cuts(self) -> bool:
        """Whether each process holds a part of the network."""
        return self.shards or self.zero

    def placed(self, network: nn.Module, blocks: Iterable[nn.Module] = ()) -> nn.Module:
        """The network on the device: all of it, or this process's part.

        Args:
            network: on the CPU.
            blocks: what is gathered at once where parts are needed whole; then the rest of it.
        """
        if self.zero:
            from pipelines.training.zero import cut

            return cut(network, self.device)
        if self.shards:
            from torch.distributed.device_mesh import init_device_mesh
            from torch.distributed.fsdp import fully_shard

            mesh = init_device_mesh(self.device.type, (self.processes.count,))
            for block in blocks:
                fully_shard(block, mesh=mesh)
            fully_shard(network, mesh=mesh)
        return network.to(self.device)

    def learner(
        self,
        network: nn.Module,
        make_optimizer: MakeOptimizer,
        ema_decay: float | None,
        grad_clip: float,
        accumulate: int,
    ) -> Learns:
        """What learns of a network that `placed` returned."""
        if not self.zero:
            return Learner(network, make_optimizer, ema_decay)
        from pipelines.training.zero import ZeroLearner

        return ZeroLearner(
            network, make_optimizer, grad_clip, accumulate, self.processes, self.device
        )

    def check_average(self, ema_decay: float | None) -> None:
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
