"""Ahead-of-use compilation of the few loops that numpy is too slow for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile with numba, without the interpreter lock; cached on disk where that is possible."""
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    except RuntimeError:  # numba found no place that it may write a cache to
        return numba.njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
