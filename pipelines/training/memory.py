"""Running out of memory: noticed, and answered with what would have fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from pipelines.support.errors import OutOfResources, is_out_of_memory

_HALVINGS = 11


@contextmanager
def explained(explain: Callable[[], OutOfResources]) -> Iterator[None]:
    """Raise what `explain` finds out in place of whatever says that memory ran out."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise explain() from error


def largest_fit(
    size: int, attempt: Callable[[int], None], forget: Callable[[], None], device: torch.device
) -> int | None:
    """The first of size / 2, size / 4, … items for which there is memory; None: not even for one.

    Args:
        size: items for which there was not.
        attempt: computes with so many items, there and back.
        forget: drops the gradients that an attempt leaves.
        device: where.
    """
    halves = (size // 2**k for k in range(1, _HALVINGS + 1))
    return next((part for part in halves if part and _fits(part, attempt, forget, device)), None)


def equal_parts(size: int, fits: int) -> int:
    """Into how many equal parts to cut `size` items so that each has no more than `fits`."""
    return next(n for n in range(1, size + 1) if size % n == 0 and size // n <= fits)


def _fits(
    part: int, attempt: Callable[[int], None], forget: Callable[[], None], device: torch.device
) -> bool:
    forget()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    try:
        attempt(part)
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            return False
        raise
    return True
