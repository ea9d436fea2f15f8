"""The prepared library on disk: one safetensors file and one JSON beside it.

`library.json` says for each take who danced what, where it comes from, and where its frames,
contacts and pulses lie in the arrays of `library.safetensors`:

    packed     (N,) uint8     rotations and root of all takes, see `pack`
    contacts   (F,) uint8     bits 0 to 3: left ankle, right ankle, left toes, right toes stand
    curves     (F, 4) float16 foot speed and body speed m/s, pelvis and head height m
    pulses     (P,) float32   seconds from each take's first frame, reading after reading

F is the number of frames of all takes, one after the other. Rotation vectors are kept in steps of
2e-4 rad and places in steps of 0.2 mm, as second differences, which deflate well: 55 minutes
of dance take about 8 MB.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.header import (
    CONFIG_FILE,
    FORMAT,
    TENSORS_FILE,
    VERSION,
    expect_files,
    read_card,
)
from pipelines.rhythm.pulses import Pulses
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path, sha256_file

FPS = MOTION_FPS
JOINTS_KEPT: tuple[int, ...] = tuple(j for j in range(24) if j not in (10, 11, 22, 23))
"""Toes and hands of no capture in the library move."""
RADIANS, METRES = 2e-4, 2e-4
"""What one step of the stored whole numbers means."""
_CHANNELS = 3 * len(JOINTS_KEPT) + 3

Whole = NDArray[np.int32]


@dataclass(frozen=True)
class Reading:
    """A way to count a take: `count` pulses from number `first` of the library's pulses on."""

    first: int
    count: int
    confidence: float
    known: bool


@dataclass(frozen=True)
class TakeEntry:
    """What the library knows of a take.

    Attributes:
        name, genre, dancer, choreography, group, collection, licence, couple, root_estimated: as
            in `pipelines.datasets.dance_take`.
        first, frames: its frames among the library's.
        readings: the most trusted first.
        grid: for takes on a known grid, how firmly the feet keep it (R) and at which phase.
    """

    name: str
    genre: str
    dancer: str
    choreography: str
    group: str
    collection: str
    licence: str
    couple: bool
    root_estimated: bool
    first: int
    frames: int
    readings: tuple[Reading, ...]
    grid: tuple[float, float] | None = None


@dataclass(frozen=True)
class Library:
    """A prepared library in memory.

    Attributes:
        takes: in order of their frames.
        steps: (F, 63) whole numbers: 20 rotation vectors and the root's place.
        contacts: (F, 4). curves: (F, 4) float32. pulses: (P,) float64 seconds.
        left_out: takes that were read and not taken, with the reason.
    """

    takes: tuple[TakeEntry, ...]
    steps: Whole
    contacts: NDArray[np.float32]
    curves: NDArray[np.float32]
    pulses: NDArray[np.float64]
    left_out: tuple[str, ...] = ()

    def poses(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Rotation vectors (..., 24, 3) of frames, continuous in time."""
        result = np.zeros((*rows.shape, 24, 3))
        kept = self.steps[rows, : _CHANNELS - 3].reshape(*rows.shape, len(JOINTS_KEPT), 3)
        result[..., JOINTS_KEPT, :] = kept * RADIANS
        return result

    def places(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Root places (..., 3) of frames, metres."""
        return np.asarray(self.steps[rows, _CHANNELS - 3 :] * METRES)

    def recorded(self, take: TakeEntry) -> Motion:
        """A take as it was prepared."""
        rows = np.arange(take.first, take.first + take.frames)
        return Motion(
            self.poses(rows).astype(np.float32), self.places(rows).astype(np.float32), FPS,
            take.genre, take.name,
        )  # fmt: skip

    def counts(self, take: TakeEntry) -> tuple[Pulses, ...]:
        """How it can be counted, the most trusted reading first."""
        return tuple(
            Pulses(self.pulses[r.first : r.first + r.count], r.confidence, r.known)
            for r in take.readings
        )


def steps_of(poses_T243: NDArray[np.floating[Any]], trans_T3: NDArray[np.floating[Any]]) -> Whole:
    """A take as whole numbers (T, 63); rotation vectors go on beyond pi where they must."""
    vectors = _continuous(np.asarray(poses_T243, dtype=np.float64)[:, JOINTS_KEPT])
    flat = np.concatenate([vectors.reshape(len(vectors), -1) / RADIANS, trans_T3 / METRES], axis=1)
    return np.asarray(np.round(flat).astype(np.int32))


def _continuous(vectors_TK3: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same rotations as vectors without jumps: v and v (1 - 2 pi / |v|) turn alike."""
    result = vectors_TK3.copy()
    for frame in range(1, len(result)):
        here, before = result[frame], result[frame - 1]
        angle = np.linalg.norm(here, axis=-1, keepdims=True)
        axis = here / np.maximum(angle, 1e-9)
        along = (before * axis).sum(-1, keepdims=True)
        turns = np.where(angle > 1e-6, np.round((along - angle) / (2 * np.pi)), 0)
        result[frame] = axis * (angle + 2 * np.pi * turns)
    return result


def pack(takes: Sequence[Whole]) -> NDArray[np.uint8]:
    """Second differences in time of each take, channel by channel, low bytes before high bytes."""
    second = [np.diff(t, n=2, axis=0, prepend=np.zeros((2, t.shape[1]), t.dtype)) for t in takes]
    values = np.concatenate(second).T
    zigzag = ((values << 1) ^ (values >> 31)).astype(np.uint32)
    planes = [((zigzag >> shift) & 255).astype(np.uint8).tobytes() for shift in (0, 8, 16)]
    return np.frombuffer(zlib.compress(b"".join(planes), 9), dtype=np.uint8)


def unpack(packed: NDArray[np.uint8], lengths: Sequence[int]) -> Whole:
    """The inverse of `pack`: (F, 63) of all takes.

    Raises:
        UnsuitableInput: the bytes are damaged.
    """
    frames = sum(lengths)
    try:
        raw = np.frombuffer(zlib.decompress(packed.tobytes()), dtype=np.uint8)
        planes = raw.reshape(3, _CHANNELS, frames)
    except (zlib.error, ValueError) as error:
        raise UnsuitableInput(f"the dance library is damaged ({error})") from error
    zigzag = planes[0] | planes[1].astype(np.int32) << 8
    if planes[2].any():
        zigzag |= planes[2].astype(np.int32) << 16
    values = (zigzag >> 1) ^ -(zigzag & 1)
    steps = np.empty((frames, _CHANNELS), np.int32)
    first = 0
    for length in lengths:
        part = values[:, first : first + length].cumsum(1, dtype=np.int32)
        steps[first : first + length] = part.cumsum(1, dtype=np.int32).T
        first += length
    return steps


def save_library(library: Library, folder: Path) -> None:
    """Write a library; the same library gives the same bytes.

    Each file is whole or not there, and the JSON, the later one, has the digest of the other: a
    stop in between leaves two that do not go together, and `load_library` says so.
    """
    from safetensors.numpy import save

    takes = [library.steps[t.first : t.first + t.frames] for t in library.takes]
    arrays = {
        "packed": pack(takes),
        "contacts": (library.contacts > 0.5) @ np.array([1, 2, 4, 8], dtype=np.uint8),
        "curves": library.curves.astype(np.float16),
        "pulses": library.pulses.astype(np.float32),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / TENSORS_FILE) as temporary:
        temporary.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))
    rows = ",\n".join(f"  {json.dumps(asdict(take))}" for take in library.takes)
    head = {
        "format": FORMAT, "version": VERSION, "sha256": sha256_file(folder / TENSORS_FILE),
        "left_out": list(library.left_out),
    }  # fmt: skip
    text = json.dumps(head)[:-1] + f', "takes": [\n{rows}\n]}}\n'
    with atomic_path(folder / CONFIG_FILE) as temporary:
        temporary.write_text(text, encoding="utf-8")


def load_library(folder: Path) -> Library:
    """Read what `save_library` wrote.

    Raises:
        MissingAsset: one of the two files is not there.
        UnsuitableInput: damaged, or of another version (both are named).
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    expect_files(folder)
    card = read_card(folder)
    if "sha256" in card and sha256_file(folder / TENSORS_FILE) != card["sha256"]:
        raise UnsuitableInput(
            f"{folder}: {TENSORS_FILE} is damaged or not the one that {CONFIG_FILE} was written "
            "for", "prepare it again",
        )  # fmt: skip
    try:
        arrays = load_file(folder / TENSORS_FILE)
        takes = tuple(_entry(row) for row in card["takes"])
        bits = arrays["contacts"][:, None] >> np.arange(4, dtype=np.uint8) & 1
        library = Library(
            takes,
            unpack(arrays["packed"], [take.frames for take in takes]),
            bits.astype(np.float32),
            arrays["curves"].astype(np.float32),
            arrays["pulses"].astype(np.float64),
            tuple(card.get("left_out", ())),
        )
    except (SafetensorError, LookupError, TypeError, ValueError, AttributeError, OSError) as error:
        raise UnsuitableInput(f"{folder}: damaged dance library ({error})") from error
    if not takes or len(library.curves) != len(library.steps):
        raise UnsuitableInput(f"{folder}: holds no dance")
    return library


def _entry(row: Mapping[str, Any]) -> TakeEntry:
    readings = tuple(Reading(**reading) for reading in row["readings"])
    grid = row.get("grid")
    known = {**row, "readings": readings, "grid": tuple(grid) if grid else None}
    return TakeEntry(**known)
