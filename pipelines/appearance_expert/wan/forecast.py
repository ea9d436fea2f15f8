"""Forecasting every other sampling step of the middle instead of computing it.

The transformer's answer changes slowly between the first steps, which lay out the picture, and the
last, which draw its detail. There every second answer is continued in a straight line, over the
noise level, from the two computed before it; 20 steps then cost 14.

Whole answers are forecast, not blocks: Wan-Animate adds the face between its blocks, so caches
that skip single blocks (FirstBlockCache, MagCache) go wrong, diffusers' TaylorSeer finds no layer
of this model by its default names, and all of them disturb layers that are fetched ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

FIRST, LAST = 6, 2
"""Steps at the beginning and at the end that are always computed."""
LEAST_STEPS = FIRST + LAST + 2


def computed_steps(steps: int, forecast: bool) -> list[bool]:
    """For each sampling step, whether the transformer is asked."""
    if not forecast:
        return [True] * steps
    middle = range(FIRST, steps - LAST)
    return [step not in middle or (step - FIRST) % 2 == 1 for step in range(steps)]


@contextmanager
def forecasting(transformer: torch.nn.Module, computed: list[bool]) -> Iterator[None]:
    """Within the block, the transformer's next len(computed) calls are computed or forecast.

    Args:
        transformer: called as diffusers' pipeline does, once per step: with `timestep` (B,) and
            `return_dict=False`.
        computed: per step; the first two must be.
    """
    if all(computed):
        yield
        return
    step = 0
    known: list[tuple[float, torch.Tensor]] = []
    original = transformer.forward

    def forward(*arguments: Any, **named: Any) -> tuple[torch.Tensor, ...]:
        nonlocal step
        now = float(named["timestep"].flatten()[0])
        ask, step = computed[step], step + 1
        if ask:
            (answer,) = original(*arguments, **named)
            known[:] = [*known[-1:], (now, answer)]
            return (answer,)
        (before, first), (last, second) = known
        slope = (now - last) / (last - before)
        forecast = second.float() + slope * (second.float() - first.float())
        return (forecast.to(second.dtype),)

    own = transformer.__dict__.get("forward")  # hooks of offloading live here
    transformer.forward = forward
    try:
        yield
    finally:
        del transformer.forward
        if own is not None:
            transformer.forward = own
