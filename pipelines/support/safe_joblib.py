"""Reading what joblib dumped without running what is in it: a pickle with arrays in between.

Plain or zlib-compressed, as WHAM and PHALP write them. The rules are those of `safe_unpickle`.
"""

from __future__ import annotations

import io
import math
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.support.errors import UnsuitableInput
from pipelines.support.pickled_arrays import PickledType
from pipelines.support.safe_unpickle import ArraysOnly, refuse_overgrown

_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
_LARGEST = 1 << 30
_BEGINNING = 1 << 16


def is_joblib(data: bytes) -> bool:
    """Whether these bytes are joblib's, and no plain pickle."""
    return data[:1] == b"\x78" or _WRAPPER[0].encode() in data[:_BEGINNING]


def load_joblib(path: Path) -> Any:
    """Arrays and plain Python values of a file of joblib.dump.

    Raises:
        UnsuitableInput: it is broken, or it holds anything else; nothing of it is executed.
    """
    data = path.read_bytes()
    try:
        if data[:1] == b"\x78":
            opened = zlib.decompressobj()
            data = opened.decompress(data, _LARGEST)
            if opened.unconsumed_tail:
                raise pickle.UnpicklingError(f"it unfolds to more than {_LARGEST:,} bytes")
        content = _reader(data).load()
        refuse_overgrown(content)
        return content
    except pickle.UnpicklingError as error:
        raise UnsuitableInput(
            f"{path}: refused, it holds more than arrays and plain values ({error})",
            "convert it to .npz with the tool that wrote it",
        ) from error
    except Exception as error:  # broken bytes raise whatever their broken program hits
        raise UnsuitableInput(f"{path}: broken ({type(error).__name__}: {error})") from error


def _reader(data: bytes) -> Any:
    from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

    names = ArraysOnly(io.BytesIO())

    class OnlyArrays(NumpyArrayWrapper):  # type: ignore[misc]
        """An array whose bytes follow in the stream, and nothing else."""

        dtype: Any

        def read(self, unpickler: Any, *how: Any) -> Any:
            sizes = isinstance(self.shape, tuple) and all(
                type(side) is int and side >= 0 for side in self.shape
            )
            if not sizes or not isinstance(self.dtype, PickledType):
                raise pickle.UnpicklingError("it holds an array without shape or type")
            kind = self.dtype.type
            if kind.hasobject or math.prod(self.shape) * kind.itemsize > len(data):
                raise pickle.UnpicklingError("it holds arrays of objects, or larger than itself")
            self.dtype, self.subclass, self.allow_mmap = kind, np.ndarray, False
            return self.read_array(unpickler, *how)

    class Reader(NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == _WRAPPER:
                return OnlyArrays
            return names.find_class(module, name)

    stream = io.BytesIO(data)
    try:
        return Reader("", stream, ensure_native_byte_order=False)
    except TypeError:  # joblib before 1.5
        return Reader("", stream)
