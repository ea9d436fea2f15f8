"""Biovision BVH files: reading any skeleton; `save_bvh` writes ours."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.motion.bvh_export import save_bvh
from pipelines.motion.source import SourceMotion
from pipelines.support.errors import Doubtful, UnsuitableInput

__all__ = ["read_bvh", "save_bvh"]

_AXES = {"xrotation": "X", "yrotation": "Y", "zrotation": "Z"}
_PLACES = {"xposition": 0, "yposition": 1, "zposition": 2}


@dataclass
class _Hierarchy:
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[list[float]] = field(default_factory=list)
    channels: list[list[str]] = field(default_factory=list)


def read_bvh(path: Path) -> SourceMotion:
    """Read a BVH file; an End Site becomes a joint named after its parent plus "_end".

    Any channel order is read, and position channels of any joint.

    Raises:
        UnsuitableInput: the file is cut off, malformed or holds no motion.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        head, *found = re.split(r"^[ \t]*motion[ \t]*$", text, maxsplit=1, flags=re.I | re.M)
        if not found or "HIERARCHY" not in head.upper():
            raise UnsuitableInput(f"{path}: not a BVH file (no HIERARCHY or no MOTION)")
        (body,) = found
        # Some writers put no space before a brace.
        hierarchy = _read_hierarchy(re.sub(r"([{}])", r" \1 ", head).split())
        fps, values = _read_frames(body, sum(map(len, hierarchy.channels)), path)
        rotations, translations = _apply_channels(hierarchy, values)
    except (ValueError, IndexError) as error:
        raise UnsuitableInput(f"{path}: broken BVH file ({error})") from error
    travels = any(np.ptp(translations[:, 1:], axis=0).ravel() > 0)
    return SourceMotion(
        names=tuple(hierarchy.names),
        parents=tuple(hierarchy.parents),
        offsets=np.array(hierarchy.offsets),
        rotations=rotations,
        root=translations[:, 0],
        fps=fps,
        path=str(path),
        translations=translations if travels else None,
    ).validate()


def _read_hierarchy(tokens: list[str]) -> _Hierarchy:
    result = _Hierarchy()
    stack: list[int] = []
    position = 1
    while position < len(tokens):
        word = tokens[position].upper()
        if word in ("ROOT", "JOINT", "END"):
            parent = stack[-1] if stack else -1
            name = f"{result.names[parent]}_end" if word == "END" else tokens[position + 1]
            result.names.append(name)
            result.parents.append(parent)
            result.offsets.append([0.0, 0.0, 0.0])
            result.channels.append([])
            stack.append(len(result.names) - 1)
            position += tokens[position:].index("{") + 1
        elif word == "OFFSET":
            result.offsets[stack[-1]] = [float(x) for x in tokens[position + 1 : position + 4]]
            position += 4
        elif word == "CHANNELS":
            count = int(tokens[position + 1])
            result.channels[stack[-1]] = [
                name.lower() for name in tokens[position + 2 : position + 2 + count]
            ]
            position += 2 + count
        elif word == "}":
            stack.pop()
            position += 1
        else:
            raise ValueError(f"unexpected word {tokens[position][:40]!r} in the hierarchy")
    if stack or not result.names or result.parents.count(-1) != 1:
        raise ValueError("the hierarchy is not one closed tree")
    return result


def _read_frames(body: str, columns: int, path: Path) -> tuple[float, NDArray[np.float64]]:
    header = re.match(r"\s*frames\s*:\s*(\S+)\s+frame\s+time\s*:\s*(\S+)", body, re.I)
    if header is None:
        raise ValueError("MOTION does not begin with Frames: and Frame Time:")
    promised, seconds = int(header[1]), float(header[2])
    if not 0 < seconds < math.inf:
        raise ValueError(f"frame time {seconds}")
    values = np.array(body[header.end() :].split(), dtype=np.float64)
    if promised == 0 or values.size == 0:
        raise UnsuitableInput(f"{path}: holds no frames")
    count, rest = divmod(values.size, columns)
    # Some writers count one frame too many or too few; a file that was cut off lacks more.
    if rest or abs(count - promised) > 1:
        raise ValueError(f"{values.size} numbers, expected {promised} frames of {columns}")
    if count != promised:
        warnings.warn(Doubtful(f"{path}: says {promised} frames and has {count}"), stacklevel=2)
    fps = 1 / seconds
    # Frame times are written with few digits: 0.008333 means 120, not 120.0048.
    return round(fps) if abs(fps - round(fps)) < 1e-3 * fps else fps, values.reshape(count, columns)


def _apply_channels(
    hierarchy: _Hierarchy, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frames, joints = len(values), len(hierarchy.names)
    rotations = np.tile(np.eye(3), (frames, joints, 1, 1))
    translations = np.tile(np.array(hierarchy.offsets), (frames, 1, 1))
    column = 0
    for joint, channels in enumerate(hierarchy.channels):
        order, angles = "", []
        for channel in channels:
            if channel in _AXES:
                order += _AXES[channel]
                angles.append(values[:, column])
            elif channel in _PLACES:
                translations[:, joint, _PLACES[channel]] = values[:, column]
            else:
                raise ValueError(f"unknown channel {channel[:40]!r}")
            column += 1
        if order:
            turns = Rotation.from_euler(order, np.stack(angles, -1), degrees=True)
            rotations[:, joint] = turns.as_matrix()
    return rotations, translations
