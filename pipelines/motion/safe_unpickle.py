"""Reading other people's pickles without running what is in them.

A pickle is a program. This reader lets it build numpy arrays and plain Python values; anything else
it names is refused before it is called.
"""

from __future__ import annotations

import importlib
import io
import pickle
from pathlib import Path
from typing import Any

from pipelines.support.errors import UnsuitableInput

_NUMPY_CORE = ("numpy.core", "numpy._core")
_ALLOWED = frozenset(
    {("numpy", "ndarray"), ("numpy", "dtype")}
    | {("collections", "OrderedDict"), ("_codecs", "encode")}
    | {(f"{core}.multiarray", name) for core in _NUMPY_CORE for name in ("_reconstruct", "scalar")}
    | {(f"{core}.numeric", "_frombuffer") for core in _NUMPY_CORE}
    | {
        ("builtins", name)
        for name in ("dict", "list", "tuple", "set", "frozenset", "int", "float", "complex",
                     "bool", "str", "bytes", "bytearray", "slice", "range")
    }
    | {("__builtin__", name) for name in ("dict", "list", "tuple", "set", "int", "float", "str")}
)  # fmt: skip


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        if module.startswith("numpy._core"):
            module = module.replace("numpy._core", "numpy.core")
        module = "builtins" if module == "__builtin__" else module
        return getattr(importlib.import_module(module), name)


def load_pickle(path: Path) -> Any:
    """The contents of a pickle or of an object .npy: arrays and plain Python values only.

    Raises:
        UnsuitableInput: it is broken, or it holds anything else; nothing of it is executed.
    """
    data = path.read_bytes()
    stream = io.BytesIO(data)
    try:
        if data.startswith(b"\x93NUMPY"):
            _skip_npy_header(stream)
        return _ArraysOnly(stream, encoding="latin1").load()
    except pickle.UnpicklingError as error:
        raise UnsuitableInput(
            f"{path}: refused, this pickle holds more than arrays and plain values ({error})",
            "convert it to .npz with the tool that wrote it",
        ) from error
    except Exception as error:  # a broken pickle raises whatever its broken program hits
        raise UnsuitableInput(f"{path}: broken pickle ({type(error).__name__}: {error})") from error


def _skip_npy_header(stream: io.BytesIO) -> None:
    """Leave the stream at the data of an .npy: 6 bytes of magic, version, length, header."""
    major = stream.read(8)[6]
    width = 2 if major == 1 else 4
    stream.seek(int.from_bytes(stream.read(width), "little"), io.SEEK_CUR)
