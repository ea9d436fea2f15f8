"""The parameters that learn, where DeepSpeed cuts the network into parts (ZeRO-3).

Each process keeps a part of every frozen weight, of what learns in float32, of its gradients and of
AdamW's state. All of it is gathered for the files, which are the same as of any other run.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import torch
from torch import Tensor, nn

from pipelines.support.errors import MissingAsset
from pipelines.training.learner import MASTER, check_state
from pipelines.training.optimizers import MakeOptimizer
from pipelines.training.processes import Processes

MOMENTS = ("exp_avg", "exp_avg_sq")
"""What AdamW keeps of every parameter, beside the number of updates ("step")."""

_CUT = {"zero_optimization": {"stage": 3}, "train_micro_batch_size_per_gpu": 1}
"""What DeepSpeed is told; batches are cut by the engine, and a count of items says nothing here."""


def deepspeed_on(device: torch.device) -> Any:
    """The package, set to that kind of device; it tells what it does on stderr."""
    os.environ["DS_ACCELERATOR"] = device.type
    try:
        with redirect_stdout(sys.stderr):
            import deepspeed
    except ImportError as error:
        raise MissingAsset(
            f"accelerate is set to DeepSpeed, which does not load here ({error})",
            "pip install 'macedance[deepspeed]', or take examples/accelerate/fsdp.yaml",
        ) from error
    return deepspeed


def cut(network: nn.Module, device: torch.device) -> nn.Module:
    """The network with this process's part of every weight on the device, and no more of it."""
    with redirect_stdout(sys.stderr):
        deepspeed_on(device).zero.Init(module=network, config_dict_or_path=_CUT)
    return network.to(device)  # what is left: buffers


class ZeroLearner:
    """AdamW over the parameters of a network that `cut` made; as `Learner`, without an average.

    Args:
        network: what `cut` made.
        make_optimizer: makes an AdamW; DeepSpeed cuts the state of no other here.
        grad_clip: greatest gradient norm; 0: any.
        accumulate: backward passes per update.
        processes: this process's place among its peers.
        device: where the network is.
    """

    def __init__(
        self, network: nn.Module, make_optimizer: MakeOptimizer, grad_clip: float,
        accumulate: int, processes: Processes, device: torch.device,
    ) -> None:  # fmt: skip
        self._deepspeed = deepspeed_on(device)
        self._processes, self._device = processes, device
        self._accumulate, self._passes = accumulate, 0
        self.parameters: dict[str, Any] = {
            name: p for name, p in network.named_parameters() if p.requires_grad
        }
        optimizer = make_optimizer(self.parameters)
        config = {
            **_CUT,
            "gradient_accumulation_steps": accumulate,
            "gradient_clipping": grad_clip,
            "zero_allow_untested_optimizer": True,
            "steps_per_print": sys.maxsize,
        }
        with redirect_stdout(sys.stderr):
            self.called, self._zero, *_ = self._deepspeed.initialize(
                model=network, optimizer=optimizer, config=config, dist_init_required=False
            )
        self.updates = 0

    @property
    def order(self) -> list[str]:
        """Names of what learns, as the optimizer was given them."""
        return list(self.parameters)

    def backward(self, loss: Tensor) -> None:
        """Add up the gradients of a slice; the last slice's are averaged over the processes."""
        self._passes += 1
        self.called.set_gradient_accumulation_boundary(self._passes % self._accumulate == 0)
        self.called.backward(loss, scale_wrt_gas=False)

    def collect_gradients(self, averaging: Processes | None) -> None:
        """Nothing: `backward` has done it."""

    def gradient_norm(self, limit: float) -> float:
        """The norm of the gradients; `step` scales them down."""
        parts = (self._deepspeed.utils.safe_get_local_grad(p) for p in self.parameters.values())
        own = sum(float(part.float().square().sum()) for part in parts)
        return math.sqrt(self._processes.sum([own], self._device)[0])

    def step(self, lr: float) -> None:
        """One update; the gradients are gone afterwards."""
        for group in self._zero.param_groups:
            group["lr"] = lr
        self.called.step()
        self.updates += 1

    def forget_gradients(self) -> None:
        """Drop the gradients of an update that is not made."""
        self.called.zero_grad()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """No average is kept: the network computes as it is."""
        yield

    # Files ---------------------------------------------------------------------------------------

    def learned(self) -> dict[str, Tensor]:
        """What to use: float32, whole, on the CPU. Every process has to call this."""
        whole = self._deepspeed.utils.safe_get_full_fp32_param
        return {name: whole(p).cpu().clone() for name, p in self.parameters.items()}

    def state(self) -> dict[str, Tensor]:
        """Everything that going on needs. Every process has to call this."""
        tensors = {MASTER + name: value for name, value in self.learned().items()}
        inner = self._zero.optimizer.state
        if inner:
            whole = self._deepspeed.utils.safe_get_full_optimizer_state
            updates = next(iter(inner.values()))["step"]
            for name, parameter in self.parameters.items():
                tensors[f"step.{name}"] = updates.cpu().clone()
                for part in MOMENTS:
                    tensors[f"{part}.{name}"] = whole(parameter, part).cpu().clone()
        return tensors

    @torch.no_grad()
    def load(self, state: dict[str, Tensor], updates: int) -> None:
        """Go on from `state`, or raise ValueError where it belongs to other parameters."""
        check_state(state, {name: p.ds_shape for name, p in self.parameters.items()})
        own = list(self.parameters.values())
        with self._deepspeed.zero.GatheredParameters(own, modifier_rank=0):
            for name, parameter in self.parameters.items():
                parameter.copy_(state[MASTER + name])
        counts = [value for name, value in state.items() if name.startswith("step.")]
        if counts:  # DeepSpeed would make it in its first step
            for flat in self._zero.fp32_partitioned_groups_flat:
                moments = {part: torch.zeros_like(flat) for part in MOMENTS}
                self._zero.optimizer.state[flat] = {"step": counts[0].clone(), **moments}
        for name, parameter in self.parameters.items():
            part_of = self._own_part(state[MASTER + name], parameter)
            self._deepspeed.utils.safe_set_local_fp32_param(parameter, part_of)
            for part in MOMENTS if counts else ():
                part_of = self._own_part(state[f"{part}.{name}"], parameter)
                self._deepspeed.utils.safe_set_local_optimizer_state(parameter, part_of, part)
        self.updates = updates

    def _own_part(self, value: Tensor, parameter: Any) -> Tensor:
        """This process's part of a whole tensor, filled up with zeros as DeepSpeed does."""
        size = parameter.ds_tensor.numel()
        missing = size * self._processes.count - value.numel()
        flat = torch.nn.functional.pad(value.flatten(), (0, missing))
        return flat[self._processes.rank * size :][:size].to(self._device)
