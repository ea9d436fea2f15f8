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
