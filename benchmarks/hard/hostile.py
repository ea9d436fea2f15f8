"""Files that are made to do harm: small ones that unfold to gigabytes, pickles that run code.

Each is read as `generate`, `render` or `evaluate` would, in bounded time and memory. What runs code
would leave a file outside the folder that a reader may touch; that, and any call of another
program, counts as a fault.
"""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import random
import shutil
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hard.counts import Counts
from hard.mutations import BATCH, read_batch
from hard.seeds import readers, seeds_of

MEGABYTES = 64
HARM: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    *((module, "system", ("touch {}",)) for module in ("os", "posix")),
    *((module, name, ("open('{}', 'w')",)) for module in ("builtins", "__builtin__")
      for name in ("eval", "exec")),
    *((module, name, ("{}", "w")) for module, name in (("builtins", "open"), ("io", "open"),
                                                       ("codecs", "open"))),
    ("os", "mkdir", ("{}",)), ("os", "popen", ("touch {}",)), ("os", "mknod", ("{}",)),
    ("subprocess", "getoutput", ("touch {}",)), ("subprocess", "call", (["touch", "{}"],)),
    ("subprocess", "check_output", (["touch", "{}"],)), ("subprocess", "Popen", (["touch", "{}"],)),
    ("shutil", "copyfile", ("/etc/passwd", "{}")), ("logging", "FileHandler", ("{}",)),
    ("timeit", "timeit", ("open('{}', 'w')", "pass", None, 1)), ("os", "symlink", ("/", "{}")),
    ("numpy", "savetxt", ("{}", [1.0])), ("numpy", "memmap", ("{}", "u1", "w+", 0, (4,))),
    ("numpy.testing._private.utils", "runstring", ("open('{}', 'w')", {})),
    ("sqlite3", "connect", ("{}",)), ("zipfile", "ZipFile", ("{}", "w")),
    ("profile", "run", ("open('{}', 'w')",)), ("cProfile", "run", ("open('{}', 'w')",)),
)  # fmt: skip
"""Calls that leave a trace, {} in their arguments, as pickles can name them."""


def attack(
    folder: Path, counts: Counts, wanted: int, seed: int, only: str = "", tell: bool = True
) -> None:
    """Batches of every kind until so many of each are read."""
    scratch = folder / "hostile"
    scratch.mkdir(parents=True, exist_ok=True)
    (folder / "seeds").mkdir(exist_ok=True)
    tempfile.tempdir = str(scratch)
    warnings.simplefilter("ignore")
    import_readers(folder / "seeds")
    for kind, (make, read) in KINDS.items():
        while only in kind and (done := counts.of("hostile", kind, "files")) < wanted:
            chance = random.Random(f"{seed} {kind} {done}")
            size = min(BATCH, wanted - done)
            paths = [make(chance, scratch / str(number)) for number in range(size)]
            read_batch("hostile", kind, paths, read, scratch, counts, tell)
    shutil.rmtree(scratch, ignore_errors=True)


def import_readers(folder: Path) -> None:
    """Read right files once, so that nothing is imported or compiled when it counts."""
    import torch

    from pipelines.evaluation.weights_of_others import load_state

    for kind in ("png", "npz", "pkl", "keypoint JSON"):
        for file in seeds_of(kind, folder):
            readers()[kind](file)
    held = io.BytesIO()
    torch.save({"a": torch.zeros(1)}, held)
    with tempfile.NamedTemporaryFile(suffix=".pth") as file:
        file.write(held.getvalue())
        file.flush()
        load_state(Path(file.name))


def _picture(chance: random.Random, path: Path) -> Path:
    """A PNG, BMP or JPEG of up to 65 535 pixels a side in a few kilobytes."""
    wide, tall = (chance.choice((9_000, 20_000, 40_000, 65_535)) for _ in range(2))
    kind = chance.choice(("png", "png", "bmp", "jpg"))
    path = path.with_suffix(f".{kind}")
    if kind == "png":
        depth, colour = chance.choice(((1, 0), (8, 2), (16, 6), (8, 3)))
        header = struct.pack(">IIBBBBB", wide, tall, depth, colour, 0, 0, chance.randrange(2))
        rows = _deflated(chance.randint(1, 50), raw=False)
        chunks = ((b"IHDR", header), (b"PLTE", bytes(3)), (b"IDAT", rows), (b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks))
    elif kind == "bmp":
        head = struct.pack("<2sIHHI", b"BM", 54 + 3 * wide * tall & 0xFFFFFFFF, 0, 0, 54)
        path.write_bytes(head + struct.pack("<IiiHHIIiiII", 40, wide, tall, 1, 24, *[0] * 6))
    else:
        from PIL import Image

        held = io.BytesIO()
        Image.new("RGB", (64, 64)).save(held, "JPEG")
        data = bytearray(held.getvalue())
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = struct.pack(">HH", tall, wide)
        path.write_bytes(data)
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (struct.pack(">I", len(content)) + kind + content
            + struct.pack(">I", zlib.crc32(kind + content)))  # fmt: skip


@cache
def _blocks(raw: bool) -> tuple[bytes, bytes, bytes]:
    """64 MB of zeros packed, the same again, and the end."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15 if raw else 15)
    zeros = bytes(1 << 20)
    first, more = (
        b"".join(packer.compress(zeros) for _ in range(MEGABYTES)) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(2)
    )
    return first, more, packer.flush()


def _deflated(times: int, raw: bool) -> bytes:
    """So many times 64 MB of zeros."""
    first, more, end = _blocks(raw)
    return first + more * (times - 1) + end


def _archive(chance: random.Random, path: Path) -> Path:
    """An .npz of 64 MB to 5 GB that is a thousandth as large, and may lie about it."""
    path = path.with_suffix(".npz")
    blocks = chance.choice((1, 20, 40))
    rows = (blocks * MEGABYTES << 20) // 576
    head = io.BytesIO()
    shape = (chance.choice((rows, rows, 10**15)), 72)
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(head.getvalue()) + packer.flush(zlib.Z_FULL_FLUSH)
    packed += _deflated(blocks, raw=True)
    whole = len(head.getvalue()) + (blocks * MEGABYTES << 20)
    told = chance.choice((whole, whole, 5000, 2**32 - 1)) & 0xFFFFFFFF
    local, central, place = b"", b"", 0
    for name in (b"poses.npy", b"trans.npy", b"xy.npy", b"v_template.npy")[: chance.randint(1, 4)]:
        fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, 0, len(packed), told)
        central += b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack(
            "<HHHHHII", len(name), 0, 0, 0, 0, 0, place) + name  # fmt: skip
        local += b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name + packed
        place = len(local)
    count = central.count(b"PK\x01\x02")
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(central), place, 0)
    path.write_bytes(local + central + end)
    return path


class Called:
    """Pickled as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def _unfolding(chance: random.Random, path: Path) -> Path:
    """A pickle that asks for up to 10^15 bytes or values."""
    many = 10 ** chance.randint(9, 15)
    inner: Any = [1.0] * 10
    for _ in range(chance.randint(8, 40)):
        inner = [inner] * chance.randint(2, 12)
    made: Any = chance.choice((
        inner, Called(bytes, many), Called(bytearray, many), Called(range, many),
        Called(list, Called(range, many)), Called(np.ndarray, (many,)), Called(np.zeros, many),
        Called(np.core.multiarray._reconstruct, np.ndarray, (many,), b"d"),
        Called(np.core.multiarray.scalar, np.dtype(f"V{min(many, 2**31 - 1)}")),
    ))  # fmt: skip
    held = {chance.choice(("smpl_poses", "poses", "v_template")): made, "smpl_trans": inner}
    path = path.with_suffix(".pkl")
    path.write_bytes(pickle.dumps(chance.choice((made, held, [held])), chance.randint(2, 5)))
    return path


def _text(chance: random.Random, path: Path) -> Path:
    """Keypoints of absurd depth, length or numbers."""
    depth, many = 10 ** chance.randint(2, 6), 10 ** chance.randint(6, 40)
    rows = [{"image_id": number, "keypoints": [1] * 51} for number in (0, many)]
    made = (
        "[" * depth + "]" * depth, '{"keypoints":' * min(depth, 10**5) + "1", "9" * depth,
        json.dumps({"fps": 30, "annotations": rows}),
        json.dumps({"fps": many, "annotations": rows}),
        '{"fps": 30, "keypoints": [' + "[[1e999,NaN,1]]," * (depth // 10) + "[]]}",
        '{"points": {"nose": [' + "1," * depth + "1]}}", '"' + "\\u0000" * depth + '"',
    )  # fmt: skip
    path = path.with_suffix(".json")
    path.write_text(chance.choice(made))
    return path


def _code(chance: random.Random, path: Path) -> Path:
    """A pickle, object array or weight file with a call of something that it must not have."""
    module, name, given = chance.choice(HARM)
    trace = str(path.parent.parent / "was-run")
    arguments = tuple(_pushed(_told(one, trace)) for one in given)
    named = chance.choice((
        f"c{module}\n{name}\n".encode(), _pushed(module) + _pushed(name) + b"\x93",
    ))  # fmt: skip
    call = chance.choice((
        named + b"(" + b"".join(arguments) + b"tR", b"(" + named + b"".join(arguments) + b"o",
        b"(" + b"".join(arguments) + f"i{module}\n{name}\n".encode(),
    ))  # fmt: skip
    held = {"smpl_poses": np.zeros((4, 72)), "smpl_trans": np.zeros((4, 3))}
    plain = pickle.dumps(held, 2)[2:-1]
    place = b"\x80\x04" + chance.choice((
        call, b"}" + _pushed("smpl_poses") + call + b"s", plain + b"0" + call, call + b"0" + plain,
        b"]" + call + b"a", plain + call + b"0", plain + _pushed("x") + call + b"s",
    )) + b"."  # fmt: skip
    kind = chance.choice((".pkl", ".pkl", ".npy", ".pth"))
    path = path.with_suffix(kind)
    if kind == ".npy":
        head = io.BytesIO()
        header = {"descr": "|O", "fortran_order": False, "shape": ()}
        np.lib.format.write_array_header_1_0(head, header)
        place = head.getvalue() + place
    if kind == ".pth" and chance.random() < 0.5:
        held_zip = io.BytesIO()
        with zipfile.ZipFile(held_zip, "w") as archive:
            archive.writestr("archive/data.pkl", place)
            archive.writestr("archive/version", "3\n")
        place = held_zip.getvalue()
    path.write_bytes(place)
    return path


def _pushed(value: Any) -> bytes:
    """The opcodes that put a value on a pickle's stack, without numbers to remember it by."""
    return pickletools.optimize(pickle.dumps(value, 2))[2:-1]


def _told(value: Any, trace: str) -> Any:
    if isinstance(value, list):
        return [_told(one, trace) for one in value]
    return value.replace("{}", trace) if isinstance(value, str) else value


def _run(path: Path) -> None:
    """Read as a dance, as a body and as weights; whatever ran must not have left its file."""
    from pipelines.evaluation.weights_of_others import load_state
    from pipelines.support.errors import MacedanceError

    trace = path.parent.parent / "was-run"
    reads = [load_state] if path.suffix == ".pth" else [readers()["pkl"]]
    try:
        for read in reads:
            read(path)
    except MacedanceError:
        assert not trace.exists(), "it ran"
        raise
    assert not trace.exists(), "it ran"


KINDS: dict[str, tuple[Callable[[random.Random, Path], Path], Callable[[Path], Any]]] = {
    "pictures that unfold": (_picture, lambda path: readers()["png"](path)),
    "archives that unfold": (_archive, lambda path: readers()["npz"](path)),
    "pickles that unfold": (_unfolding, lambda path: readers()["pkl"](path)),
    "keypoints that unfold": (_text, lambda path: readers()["keypoint JSON"](path)),
    "pickles that run code": (_code, _run),
}
