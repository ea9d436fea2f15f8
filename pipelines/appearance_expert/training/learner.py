"""The parameters that learn: float32 copies, AdamW on them, their average, and their state.

The network computes in its own number format (bfloat16 on a GPU), exactly as it will when it makes
videos. Updates of 1e-5 would vanish in that format, so they are added up in float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipelines.training.processes import Processes

MOMENTS = ("exp_avg", "exp_avg_sq")
"""What AdamW keeps of every parameter, beside the number of updates ("step")."""


class Learns(Protocol):
    """What the engine asks of what learns, wherever its parts lie; every process asks alike.

    Attributes:
        called: the network, to be called for a loss.
        updates: done so far.
    """

    called: Any
    updates: int

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
    """AdamW over the parameters of `model` that require gradients.

    Args:
        model: on its device, cut already if it will be.
        lr, weight_decay: as AdamW takes them.
        ema_decay: of the running average; 0 keeps none.
    """

    def __init__(
        self, model: nn.Module, lr: float, weight_decay: float, ema_decay: float = 0.0
    ) -> None:
        self.called = model
        self.parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.masters = {
            name: p if p.dtype == torch.float32 else p.detach().float().requires_grad_(True)
            for name, p in self.parameters.items()
        }
        self.optimizer = torch.optim.AdamW(self.masters.values(), lr=lr, weight_decay=weight_decay)
        self._decay, self.updates = ema_decay, 0
        self.average = (
            {name: m.detach().clone() for name, m in self.masters.items()} if ema_decay else None
        )

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
            # Warms up as (1 + n) / (10 + n): short runs would else be made of their start.
            decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
            for name, average in self.average.items():
                average.lerp_(self.masters[name].detach(), 1 - decay)
        self.updates += 1

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

    def _hand_over(self, values: dict[str, Any]) -> None:
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
        tensors = {f"master.{n}": m.detach() for n, m in self.masters.items()}
        tensors |= {f"average.{n}": a for n, a in (self.average or {}).items()}
        for name, master in self.masters.items():
            for part, value in self.optimizer.state.get(master, {}).items():
                tensors[f"{part}.{name}"] = value
        return {name: whole(value).cpu().contiguous().clone() for name, value in tensors.items()}

    @torch.no_grad()
    def load(self, state: dict[str, Tensor], updates: int) -> None:
        """Go on from `state`.

        Raises:
            ValueError: it belongs to other parameters; says which.
        """
        check_state(state, {name: master.shape for name, master in self.masters.items()})
        for name, master in self.masters.items():
            stored = state[f"master.{name}"]
            master.copy_(_spread(stored, master))
            if self.average is not None:
                kept = state.get(f"average.{name}", stored)
                self.average[name].copy_(_spread(kept, master))
            moments = {
                part: state[f"{part}.{name}"]
                for part in ("step", *MOMENTS)
                if f"{part}.{name}" in state
            }
            if moments:
                self.optimizer.state[master] = {
                    part: value if part == "step" else _spread(value, master).clone()
                    for part, value in moments.items()
                }
        self._hand_over(self.masters)
        self.updates = updates


def check_state(state: dict[str, Tensor], shapes: Mapping[str, torch.Size]) -> None:
    """Raise ValueError, naming the first, where a state belongs to parameters of other shapes."""
    known = {k.removeprefix("master.") for k in state if k.startswith("master.")}
    if known != set(shapes):
        odd = sorted(known ^ set(shapes))[0]
        raise ValueError(f"{odd} learns in only one of the two")
    for name, shape in shapes.items():
        stored = state[f"master.{name}"].shape
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
