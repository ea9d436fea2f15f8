"""Adan, the optimizer of EDGE and MACE (Xie et al. 2022).

Its formulas: docs/reference/motion-expert.md#optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Adan(torch.optim.Optimizer):
    """Adaptive Nesterov momentum with three moments.

    As published with EDGE: the betas weigh the *new* value (0.02, not 0.98); the very first step
    only remembers the gradient and decays the weights, its moments being zero; the bias correction
    counts that step nevertheless; weight decay divides by 1 + decay · lr after the update.

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: weights of the new gradient, gradient difference and squared gradient.
        eps: added to the root of the squared-gradient moment.
        weight_decay: strength of the decay.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 4e-4,
        betas: tuple[float, float, float] = (0.02, 0.08, 0.01),
        eps: float = 1e-8,
        weight_decay: float = 0.02,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update every parameter that has a gradient; returns what `closure` returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            by_age: dict[int, list[Tensor]] = {}
            for parameter in parameters:
                by_age.setdefault(self._age(parameter), []).append(parameter)
            for age, peers in by_age.items():
                self._update(peers, age, group)
        return loss

    def _age(self, parameter: Tensor) -> int:
        state = self.state[parameter]
        if not state:
            state["step"] = 0
            for name in ("previous", "m", "v", "n"):
                state[name] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
        return int(state["step"])

    def _update(self, parameters: list[Tensor], age: int, group: dict[str, Any]) -> None:
        """One step for parameters that have all seen `age` steps so far."""
        lr, (beta1, beta2, beta3) = group["lr"], group["betas"]
        gradients = [p.grad for p in parameters if p.grad is not None]
        previous, m, v, n = (
            [self.state[p][name] for p in parameters] for name in ("previous", "m", "v", "n")
        )
        if age > 0:
            difference = torch._foreach_sub(gradients, previous)
            torch._foreach_lerp_(m, gradients, beta1)
            torch._foreach_lerp_(v, difference, beta2)
            torch._foreach_mul_(difference, 1 - beta2)
            torch._foreach_add_(difference, gradients)
            torch._foreach_mul_(n, 1 - beta3)
            torch._foreach_addcmul_(n, difference, difference, value=beta3)
            count = age + 1
            correct_m, correct_v, correct_n = (
                1 - (1 - beta) ** count for beta in (beta1, beta2, beta3)
            )
            scale = torch._foreach_div(n, correct_n)
            torch._foreach_sqrt_(scale)
            torch._foreach_add_(scale, group["eps"])
            direction = torch._foreach_div(m, correct_m)
            torch._foreach_add_(direction, v, alpha=(1 - beta2) / correct_v)
            torch._foreach_addcdiv_(parameters, direction, scale, value=-lr)
        torch._foreach_div_(parameters, 1 + group["weight_decay"] * lr)
        torch._foreach_copy_(previous, gradients)
        for parameter in parameters:
            self.state[parameter]["step"] = age + 1
