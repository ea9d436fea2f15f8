"""numpy's files from outside: what a reader beneath raises on damaged bytes becomes a refusal."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.support.errors import UnsuitableInput, refused

Arrays = dict[str, NDArray[Any]]

LARGEST = 1 << 30
"""Bytes that an .npz may unfold to; an hour of 133 keypoints at 30 a second takes a third."""
_OBJECTS = "Object arrays"
"""What numpy says where it would have to unpickle, which it is never allowed here."""


def read_npz(path: Path, needed: Collection[str] = ()) -> Arrays:
    """All arrays of an .npz by name; those of Python objects are left out, never unpickled.

    Raises:
        UnsuitableInput: it is no .npz, is damaged, would unfold to gigabytes, holds nothing but
            Python objects, or one of `needed` is such.
    """
    refuse_bomb(path)
    held: Arrays = {}
    objects: set[str] = set()
    with refused(path, "broken .npz"), np.load(path, allow_pickle=False) as archive:
        for key in archive.files:
            try:
                value = archive[key]
            except ValueError as error:
                if _OBJECTS not in str(error):
                    raise
                objects.add(key)
                continue
            # numpy hands out a member that is no array as bytes.
            if isinstance(value, np.ndarray):
                _check_text(value)
                held[key] = value
    if objects and (not held or not objects.isdisjoint(needed)):
        raise UnsuitableInput(f"{path}: it holds Python objects")
    return held


def refuse_bomb(path: Path, limit: int = LARGEST) -> None:
    """Raise UnsuitableInput for an .npz whose members take more than `limit` bytes together.

    No more is unpacked of a member than it says of itself.
    """
    with refused(path, "broken .npz"), zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > limit:
        raise UnsuitableInput(f"{path}: unfolds to {size / 1e6:,.0f} MB, far more than it should")


def _check_text(value: NDArray[Any]) -> None:
    """Raise ValueError for characters that there are none of, over which numpy breaks later."""
    if value.dtype.kind == "U" and value.size:
        codes = np.frombuffer(value.astype(value.dtype.newbyteorder("=")).tobytes(), np.uint32)
        if codes.size and codes.max() > sys.maxunicode:
            raise ValueError("no text")


def read_npy(path: Path) -> NDArray[Any] | None:
    """The array of an .npy, or None where it is a pickle, which numpy may not open here.

    Raises UnsuitableInput where it is neither, or damaged.
    """
    with refused(path, "broken .npy"):
        try:
            loaded = np.load(path, allow_pickle=False)
        except ValueError as error:
            if "allow_pickle" in str(error) or _OBJECTS in str(error):
                return None
            raise
    if isinstance(loaded, np.ndarray):
        return loaded
    loaded.close()
    raise UnsuitableInput(f"{path}: an .npz under the name of an .npy", "rename it")
