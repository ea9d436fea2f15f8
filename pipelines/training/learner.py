"""The parameters that learn: float32 copies, their optimizer, their average, and their state.

A network computes in its own number format (bfloat16 on a GPU), exactly as it will when it is used.
Updates of 1e-5 would vanish in that format, so they are added up in float32. Why a running average
is kept: docs/reference/motion-expert.md#averaged-weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from pipelines.training.optimizers import MakeOptimizer
from pipelines.training.processes import Processes

MASTER, AVERAGE, BUFFER = "master.", "average.", "buffer."
"""What the state's names begin with; those of the optimizer, with what it calls them."""


class Learns(Protocol):
    """What the engine asks of what learns, wherever its parts lie; every process asks alike.

    Attributes:
        called: the network, to be called for a loss.
        updates: done so far.
    """

    called: Any
    updates: int

    @property
    def order(self) -> list[str]:
        """Names of what learns, as the optimizer counts them."""
        ...

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a slice to those of the slices before."""
        ...

    def collect_gradients(self, averaging: Processes | None) -> None:
        """Make the gradients of an update ready, averaged over those processes."""
        ...

    def gradient_norm(self, limit: float) -> float:
        """The norm of the gradients; they are scaled down to a norm of `limit` (0: any)."""
        ...

    def step(self, lr: float) -> None:
        """One update; the gradients are gone afterwards."""
        ...

    def forget_gradients(self) -> None:
        """Drop the gradients of an update that is not made."""
        ...

    def averaged(self) -> AbstractContextManager[None]:
        """Let the network compute with the average, if one is kept."""
        ...

    def learned(self) -> dict[str, Tensor]:
        """What to use: whole, float32, on the CPU."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Everything that going on needs: whole, on the CPU."""
        ...

    def load(self, state: dict[str, Tensor], updates: int) -> None:
        """Go on from `state`, or raise ValueError where it belongs to other parameters."""
        ...


class Learner:
    """The parameters of `network` that require gradients, its buffers, and their optimizer.

    Args:
        network: on its device, cut already if it will be.
        make_optimizer: of the float32 copies.
        ema_decay: of the running average; None keeps none.
    """

    def __init__(
        self, network: nn.Module, make_optimizer: MakeOptimizer, ema_decay: float | None = None
    ) -> None:
        self.called = network
        self.parameters = {name: p for name, p in network.named_parameters() if p.requires_grad}
        self.masters: dict[str, Tensor] = {
            name: p if p.dtype == torch.float32 else p.detach().float().requires_grad_(True)
            for name, p in self.parameters.items()
        }
        self.optimizer = make_optimizer(self.masters)
        self._decay, self.updates = ema_decay or 0.0, 0
        self.average = (
            None
            if ema_decay is None
            else {name: m.detach().clone() for name, m in self.masters.items()}
        )

    @property
    def order(self) -> list[str]:
        """Names of what learns, as the optimizer counts them."""
        names = {id(master): name for name, master in self.masters.items()}
        return [names[id(p)] for group in self.optimizer.param_groups for p in group["params"]]

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a slice to those of the slices before."""
        loss.backward()

    def collect_gradients(self, averaging: Processes | None = None) -> None:
        """Take the network's gradients over to the float32 copies, averaged over processes.

        Args:
            averaging: processes that hold a copy each; None: this one is alone, or FSDP averages.
        """
        for name, parameter in self.parameters.items():
            master = self.masters[name]
            if master is not parameter:
                master.grad = None if parameter.grad is None else parameter.grad.float()
                parameter.grad = None
        if averaging is not None:
            averaging.average_gradients(self.masters.values())

    def gradient_norm(self, limit: float) -> float:
        """Scale the gradients down to a norm of `limit` (0: any); the norm that they had."""
        norm = torch.nn.utils.clip_grad_norm_(self.masters.values(), limit or float("inf"))
        return float(whole(norm))

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """One update; the gradients are gone afterwards."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._hand_over(self.masters)
        if self.average is not None:
            # torch's AveragedModel would hold a second network, begin with the weights after the
            # first update and keep one decay: no former run would go on bit by bit. Its update is
            # used, with a decay that warms up: short runs would else be made of their start.
            decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
            values = [master.detach() for master in self.masters.values()]
            get_ema_multi_avg_fn(decay)(list(self.average.values()), values, self.updates)
        self.updates += 1

    def forget_gradients(self) -> None:
        """Drop the gradients of an update that is not made."""
        self.called.zero_grad(set_to_none=True)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Let the network compute with the average, if one is kept."""
        if self.average is None:
            yield
            return
        own = {name: p.detach().clone() for name, p in self.parameters.items()}
        with torch.no_grad():
            self._hand_over(self.average)
        try:
            yield
        finally:
            with torch.no_grad():
                self._hand_over(own)

    def _hand_over(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self.parameters.items():
            if values[name] is not parameter:
                parameter.copy_(values[name])

    # Files ---------------------------------------------------------------------------------------

    def learned(self) -> dict[str, Tensor]:
        """What to use: the average if one is kept, else the copies; whole, float32, on the CPU.

        Every process has to call this.
        """
        source = self.masters if self.average is None else self.average
        return {name: whole(value.detach()).cpu().clone() for name, value in source.items()}

    def state(self) -> dict[str, Tensor]:
        """Everything that going on needs. Every process has to call this."""
        tensors = {MASTER + n: m.detach() for n, m in self.masters.items()}
        tensors |= {AVERAGE + n: a for n, a in (self.average or {}).items()}
        tensors |= {BUFFER + n: b for n, b in self._buffers().items()}
        for name, master in self.masters.items():
            for part, value in self.optimizer.state.get(master, {}).items():
                tensors[f"{part}.{name}"] = torch.as_tensor(value)
        return {name: whole(value).cpu().contiguous().clone() for name, value in tensors.items()}

    @torch.no_grad()
    def load(self, state: dict[str, Tensor], updates: int) -> None:
        """Go on from `state`.

        Raises:
            ValueError: it belongs to other parameters; says which.
        """
        check_state(state, {name: master.shape for name, master in self.masters.items()})
        for name, master in self.masters.items():
            stored = state[MASTER + name]
            master.copy_(_spread(stored, master))
            if self.average is not None:
                self.average[name].copy_(_spread(state.get(AVERAGE + name, stored), master))
        for name, buffer in self._buffers().items():
            if BUFFER + name in state:
                buffer.copy_(state[BUFFER + name])
        self.optimizer.load_state_dict(
            {"state": self._moments(state),
             "param_groups": self.optimizer.state_dict()["param_groups"]}
        )  # fmt: skip
        self._hand_over(self.masters)
        self.updates = updates

    def _moments(self, state: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
        numbers = {name: number for number, name in enumerate(self.order)}
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in state.items():
            part, name = key.split(".", 1)
            if f"{part}." not in (MASTER, AVERAGE, BUFFER):
                kept = value if value.ndim == 0 else _spread(value, self.masters[name])
                moments.setdefault(numbers[name], {})[part] = kept
        return moments

    def _buffers(self) -> dict[str, Tensor]:
        """Those that belong to the network's state, such as what was fitted before training."""
        parameters = {n for n, _ in self.called.named_parameters(remove_duplicate=False)}
        return {n: v for n, v in self.called.state_dict().items() if n not in parameters}


def check_state(state: dict[str, Tensor], shapes: Mapping[str, torch.Size]) -> None:
    """Raise ValueError, naming the first, where a state belongs to parameters of other shapes."""
    known = {k.removeprefix(MASTER) for k in state if k.startswith(MASTER)}
    if known != set(shapes):
        odd = sorted(known ^ set(shapes))[0]
        raise ValueError(f"{odd} learns in only one of the two")
    for name, shape in shapes.items():
        stored = state[MASTER + name].shape
        if stored != shape:
            raise ValueError(f"{name} is {tuple(stored)}, not {tuple(shape)}")


def whole(value: Tensor) -> Tensor:
    """A tensor with all its parts, where processes hold a part each (FSDP)."""
    full: Any = getattr(value, "full_tensor", None)
    return value if full is None else full()


def _spread(value: Tensor, like: Tensor) -> Tensor:
    """A whole tensor laid out over devices and processes like another one."""
    mesh: Any = getattr(like, "device_mesh", None)
    if mesh is None:
        return value.to(like.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value.to(mesh.device_type), mesh, like.placements)  # type: ignore[attr-defined]
