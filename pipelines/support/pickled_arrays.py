"""numpy's arrays as pickles hold them, built only from what fits together.

numpy believes the state that a pickle gives it: a type of another size than its data has, or a type
in the place of a shape, can end the process with a memory fault.
"""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KINDS = "biufcSUO"
"""numpy's letters for truth, numbers, text and Python objects."""


class PickledType:
    """What a pickle knows as numpy.dtype: a plain type, without fields."""

    def __init__(self, name: Any, align: Any = False, copy: Any = False) -> None:
        self.type = np.dtype(name) if isinstance(name, str) else np.dtype("V")
        if self.type.kind not in _KINDS:
            raise pickle.UnpicklingError(f"it holds an array of {str(name)[:40]}")

    def __setstate__(self, state: Any) -> None:
        _, order, *fields = state
        if any(part is not None for part in fields[:3]):
            raise pickle.UnpicklingError("it holds an array with fields")
        self.type = self.type.newbyteorder(order)


class _Pickled(np.ndarray[Any, Any]):
    """An array that takes up no state but one that fits together."""

    def __setstate__(self, state: Any, /) -> None:
        _, shape, kind, fortran, data = state
        fitting, content = _fitting(shape, kind, data)
        super().__setstate__((1, shape, fitting, bool(fortran), content))


def reconstruct(*_: Any) -> NDArray[Any]:
    """numpy's _reconstruct: an array that gets its shape and content later, as its state."""
    return np.empty((0,), dtype="b").view(_Pickled)


def scalar(kind: Any, data: Any = b"") -> Any:
    """numpy's scalar: a single value from its bytes."""
    fitting, content = _fitting((), kind, data)
    return np.ndarray((), fitting, content)[()]


def from_buffer(data: Any, kind: Any, shape: Any, order: Any) -> NDArray[Any]:
    """numpy's _frombuffer: an array from its bytes."""
    fitting, content = _fitting(shape, kind, data)
    return np.ndarray(shape, fitting, content, order=order).copy(order)


def _fitting(shape: Any, kind: Any, data: Any) -> tuple[np.dtype[Any], Any]:
    """The type and the content, or UnpicklingError where they do not fit each other."""
    sizes = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not sizes or not isinstance(kind, PickledType):
        raise pickle.UnpicklingError("it holds an array without shape or type")
    if isinstance(data, str):  # as Python 2 pickled it, read as latin1
        data = data.encode("latin1")
    objects = kind.type.hasobject
    whole = isinstance(data, list) if objects else isinstance(data, (bytes, bytearray))
    if not whole or len(data) != math.prod(shape) * (1 if objects else kind.type.itemsize):
        raise pickle.UnpicklingError("it holds an array whose content does not fill its shape")
    return kind.type, data
