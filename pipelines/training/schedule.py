"""How the learning rate goes: up over the warm-up, then as one of some shapes."""

from __future__ import annotations

import math
from collections.abc import Callable

SCHEDULES: dict[str, Callable[[float, float], float]] = {
    "constant": lambda since, whole: 1.0,
    "cosine": lambda since, whole: 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, since))),
    "late": lambda since, whole: min(1.0, max(0.05, (1 - whole) / 0.3)),
}
"""Factor of the rate, given how much of the steps is done since the warm-up, and of all steps.

cosine falls to 1 % at the end; late falls to a twentieth in a straight line over the last 30 %.
"""


def rate_factor(step: int, steps: int, warmup: int, schedule: str) -> float:
    """Factor of the learning rate in an update after so many of so many."""
    if step < warmup:
        return (step + 1) / warmup
    since = (step - warmup) / max(1, steps - warmup)
    return SCHEDULES[schedule](since, step / steps)
