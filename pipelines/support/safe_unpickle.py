"""Reading other people's pickles without running what is in them.

A pickle is a program. This reader lets it build numpy arrays and plain Python values; anything else
it names is refused before it is called, and so is what would grow far beyond the file.
"""

from __future__ import annotations

import importlib
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.support.errors import UnsuitableInput
from pipelines.support.pickled_arrays import PickledType, from_buffer, reconstruct, scalar

_ALLOWED = frozenset(
    {("collections", "OrderedDict")}
    | {
        ("builtins", name)
        for name in ("dict", "list", "tuple", "set", "frozenset", "int", "float", "complex",
                     "bool", "str")
    }
)  # fmt: skip
_OLD_NAMES = {
    "__builtin__": "builtins", "numpy.core.multiarray": "numpy._core.multiarray",
    "numpy.core.numeric": "numpy._core.numeric",
}  # fmt: skip
_MOST_VALUES = 50_000_000
"""Values in lists within lists, as many times as they are named: an hour of a dance has fewer."""


class ArraysOnly(pickle.Unpickler):
    """Builds numpy arrays and plain values; names what it refuses in an UnpicklingError."""

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle calls `module.name`, if it may have it."""
        module = _OLD_NAMES.get(module, module)
        if (module, name) in _OURS:
            return _OURS[module, name]
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
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
        content = ArraysOnly(stream, encoding="latin1").load()
        refuse_overgrown(content)
        return content
    except pickle.UnpicklingError as error:
        raise UnsuitableInput(
            f"{path}: refused, this pickle holds more than arrays and plain values ({error})",
            "convert it to .npz with the tool that wrote it",
        ) from error
    except Exception as error:  # a broken pickle raises whatever its broken program hits
        raise UnsuitableInput(f"{path}: broken pickle ({type(error).__name__}: {error})") from error


def refuse_overgrown(content: Any) -> None:
    """Raise UnpicklingError for lists that hold each other so often that arrays of them burst.

    Thirty lists of ten times the one before are a few hundred bytes, and 10^30 numbers.
    """
    if _values(content, {}, ()) > _MOST_VALUES:
        raise pickle.UnpicklingError(f"it unfolds to more than {_MOST_VALUES:,} values")


def _values(content: Any, known: dict[int, int], above: tuple[int, ...]) -> int:
    if not isinstance(content, (list, tuple, dict, set, frozenset)):
        return int(content.size) if isinstance(content, np.ndarray) else 1
    if id(content) in above:
        raise pickle.UnpicklingError("it holds itself")
    if id(content) not in known:
        inner = content.values() if isinstance(content, dict) else content
        path = (*above, id(content))
        known[id(content)] = sum(_values(value, known, path) for value in inner)
    return known[id(content)]


class _NamedArray:
    """What a pickle knows of numpy.ndarray: its name. Called, it could ask for any memory."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise pickle.UnpicklingError("it calls numpy.ndarray")


def _encode(text: str, encoding: str) -> bytes:
    """Bytes as Python 3 gives them to Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the encoding {str(encoding)[:40]}")
    return text.encode("latin1")


def _bytes(*given: Any) -> bytes:
    return bytes(*_not_a_length(given))


def _bytearray(*given: Any) -> bytearray:
    return bytearray(*_not_a_length(given))


def _not_a_length(given: tuple[Any, ...]) -> tuple[Any, ...]:
    if given and isinstance(given[0], int):
        raise pickle.UnpicklingError("it asks for bytes by their number")
    return given


_OURS = {
    ("builtins", "bytes"): _bytes, ("builtins", "bytearray"): _bytearray,
    ("_codecs", "encode"): _encode, ("numpy", "ndarray"): _NamedArray,
    ("numpy", "dtype"): PickledType, ("numpy._core.multiarray", "_reconstruct"): reconstruct,
    ("numpy._core.multiarray", "scalar"): scalar,
    ("numpy._core.numeric", "_frombuffer"): from_buffer,
}  # fmt: skip
"""What a pickle gets under these names: nothing that believes what it is given."""


def _skip_npy_header(stream: io.BytesIO) -> None:
    """Leave the stream at the data of an .npy: 6 bytes of magic, version, length, header."""
    major = stream.read(8)[6]
    width = 2 if major == 1 else 4
    stream.seek(int.from_bytes(stream.read(width), "little"), io.SEEK_CUR)
