"""OpenCV without the libraries of its windows.

MediaPipe asks for the wheel of OpenCV that can open windows. It is linked to libGL and GLib, which
no wheel brings, so that a machine without them could not import it, though macedance opens no
window. Where one is missing, an empty library of its name stands in, and the functions that would
come from it are looked for only if they are called (lazy binding), which is never.
"""

from __future__ import annotations

# Now, not when it is needed: Python holds its lock on imports while it asks a finder, and one that
# imports then waits for ever for a thread that is importing the same.
import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

LIBRARIES = ("libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
"""What the windows of OpenCV's wheel need of the system."""


class _BeforeOpenCV(MetaPathFinder):
    """Sees to the libraries when OpenCV is first imported, and finds nothing itself.

    It stays among the finders: where one leaves, a thread that is asking them skips another.
    """

    def __init__(self) -> None:
        self._asked = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "cv2" and not self._asked:
            self._asked = True
            load_without_windows()
        return None


def prepare() -> None:
    """See to it that OpenCV can be imported from now on. Only Linux needs it."""
    known = any(isinstance(finder, _BeforeOpenCV) for finder in sys.meta_path)
    if sys.platform == "linux" and "cv2" not in sys.modules and not known:
        sys.meta_path.insert(0, _BeforeOpenCV())


def lacking() -> list[str]:
    """Those of LIBRARIES that this machine cannot load."""
    found = []
    for name in LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            found.append(name)
    return found


def load_without_windows() -> None:
    """Load OpenCV's library where LIBRARIES are lacking; if it fails, importing says why."""
    missing = lacking()
    package = PathFinder.find_spec("cv2") if missing else None
    if package is None or package.origin is None:
        return
    places = []
    try:
        for name in missing:
            places.append(os.memfd_create(name))
            os.write(places[-1], empty_library(name))
            ctypes.CDLL(f"/proc/self/fd/{places[-1]}", os.RTLD_LAZY | os.RTLD_GLOBAL)
        for library in Path(package.origin).parent.glob("cv2*.so"):
            ctypes.CDLL(str(library), os.RTLD_LAZY)
    except OSError:
        return
    finally:
        # Not one by one: the loader takes a path that it has seen for the library it was.
        for place in places:
            os.close(place)


def empty_library(name: str) -> bytes:
    """A shared library for this processor that is called `name` and holds nothing: 64-bit ELF.

    The layout is that of the System V ABI's generic part: header, two program headers (one segment
    with everything, one that points to the dynamic section), hash table, symbols (the null symbol),
    strings, dynamic section.
    """
    endings = {"little": ("<", 1), "big": (">", 2)}
    order, encoding = endings[sys.byteorder]
    machine = Path("/proc/self/exe").read_bytes()[18:20]
    strings = b"\0" + name.encode() + b"\0"
    at_hash = 64 + 2 * 56
    at_symbols = at_hash + 16
    at_strings = at_symbols + 24
    at_dynamic = -(-(at_strings + len(strings)) // 8) * 8
    # DT_SONAME, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_NULL
    entries = ((14, 1), (4, at_hash), (5, at_strings), (6, at_symbols), (10, len(strings)),
               (11, 24), (0, 0))  # fmt: skip
    dynamic = b"".join(struct.pack(order + "qQ", *entry) for entry in entries)
    size = at_dynamic + len(dynamic)
    header = b"\x7fELF" + bytes([2, encoding, 1]) + bytes(9) + struct.pack(order + "H", 3) + machine
    header += struct.pack(order + "IQQQIHHHHHH", 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load, writable = 1, 6
    header += struct.pack(order + "IIQQQQQQ", load, writable, 0, 0, 0, size, size, 1 << 16)
    header += struct.pack(
        order + "IIQQQQQQ", 2, writable, *(at_dynamic,) * 3, *(len(dynamic),) * 2, 8
    )
    body = struct.pack(order + "4I", 1, 1, 0, 0) + bytes(24) + strings
    return (header + body).ljust(at_dynamic, b"\0") + dynamic
