"""Compiles the few loops that numpy is too slow for, cached on disk where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Function], Function]:
    """A decorator: numba without the interpreter lock, with numba's further `options`.

    In a read-only installation numba refuses to cache; then every process compiles anew.
    """

    def compile_one(function: Function) -> Function:
        try:
            return numba.njit(cache=True, nogil=True, **options)(function)  # type: ignore[no-any-return]
        except RuntimeError:
            return numba.njit(nogil=True, **options)(function)  # type: ignore[no-any-return]

    return compile_one


def use_threads(count: int = 0) -> int:
    """Let torch and compiled loops use `count` threads (0: as many as torch would), and return it.

    numba, when its first parallel loop runs, sets the number that OpenMP uses, and with it torch's.
    Results would then depend on how much had run before; so numba goes first here, torch second.
    """
    import torch

    count = count or torch.get_num_threads()
    numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
    torch.set_num_threads(count)
    return count
