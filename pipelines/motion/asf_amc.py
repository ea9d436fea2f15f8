"""Acclaim skeletons (ASF) and motions (AMC), as the CMU motion-capture library ships them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.motion.source import SourceMotion
from pipelines.support.errors import UnsuitableInput

CMU_FPS = 120.0
"""AMC files carry no frame rate; CMU's are 120 fps."""


@dataclass
class _Bone:
    vector: NDArray[np.float64]
    axis: NDArray[np.float64]
    dof: list[str] = field(default_factory=list)
    parent: str = ""


def read_amc(path: Path, skeleton: Path | None = None, fps: float = CMU_FPS) -> SourceMotion:
    """Read an AMC file with its skeleton.

    A joint here stands where the bone of the same name starts; leaf bones get a "_end" joint.

    Args:
        path: the .amc file.
        skeleton: the .asf file; by default the one in the same folder that shares the longest
            beginning of its name, or the only one there.
        fps: the file does not say; 120 at CMU.

    Raises:
        UnsuitableInput: no skeleton, or a malformed file.
    """
    asf = skeleton or _find_skeleton(path)
    try:
        bones, order = _read_asf(asf)
        names, parents, offsets = _as_joints(bones)
        frames = _read_amc(path)
        values = _columns(frames, bones, order)
    except (ValueError, IndexError, KeyError) as error:
        raise UnsuitableInput(f"{path}: broken ASF/AMC pair with {asf.name} ({error})") from error
    rotations = np.tile(np.eye(3), (len(frames), len(names), 1, 1))
    for joint, name in enumerate(names):
        if name in bones and bones[name].dof:
            rotations[:, joint] = _bone_rotation(bones[name], values[name])
    places = [order.index(axis) for axis in ("tx", "ty", "tz")]
    turns = [k for k, channel in enumerate(order) if channel.startswith("r")]
    sequence = "".join(order[k][1] for k in turns)
    rotations[:, 0] = Rotation.from_euler(
        sequence, values["root"][:, turns], degrees=True
    ).as_matrix()
    return SourceMotion(
        names=tuple(names),
        parents=tuple(parents),
        offsets=offsets,
        rotations=rotations,
        root=values["root"][:, places],
        fps=fps,
        path=str(path),
    ).validate()


def _find_skeleton(path: Path) -> Path:
    candidates = sorted(path.parent.glob("*.asf")) + sorted(path.parent.glob("*.ASF"))
    named = [asf for asf in candidates if path.stem.startswith(asf.stem)]
    if named:
        return max(named, key=lambda asf: len(asf.stem))
    if len(candidates) == 1:
        return candidates[0]
    raise UnsuitableInput(
        f"{path}: {len(candidates)} .asf skeletons beside it, none of them named like it",
        "put the .asf of the same subject into the same folder",
    )


def _read_asf(path: Path) -> tuple[dict[str, _Bone], list[str]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            current = sections.setdefault(words[0][1:].lower(), [])
            words = words[1:]
        if words:
            current.append(" ".join(words))
    order = next(row for row in sections["root"] if row.lower().startswith("order"))
    bones = {"root": _Bone(np.zeros(3), np.eye(3))}
    entry: dict[str, list[str]] = {}
    for row in sections["bonedata"]:
        key, *rest = row.split()
        if key == "begin":
            entry = {}
        elif key == "end":
            bones[entry["name"][0]] = _bone(entry)
        else:
            entry[key] = rest
    for row in sections["hierarchy"]:
        parent, *children = row.split()
        for child in children if parent not in ("begin", "end") else []:
            bones[child].parent = parent
    return bones, order.lower().split()[1:]


def _bone(entry: dict[str, list[str]]) -> _Bone:
    *angles, sequence = entry["axis"]
    axis = Rotation.from_euler(sequence.lower(), np.array(angles, dtype=np.float64), degrees=True)
    return _Bone(
        vector=np.array(entry["direction"], dtype=np.float64) * float(entry["length"][0]),
        axis=axis.as_matrix(),
        dof=[word.lower() for word in entry.get("dof", []) if word.lower().startswith("r")],
    )


def _as_joints(bones: dict[str, _Bone]) -> tuple[list[str], list[int], NDArray[np.float64]]:
    names, parents, offsets = ["root"], [-1], [np.zeros(3)]
    position = 0
    while position < len(names):
        name = names[position]
        children = [child for child, bone in bones.items() if bone.parent == name]
        if name in bones and not children:
            children = [f"{name}_end"]
        for child in children:
            if len(names) > 2 * len(bones):
                raise ValueError("the bone hierarchy runs in a circle")
            names.append(child)
            parents.append(position)
            offsets.append(bones[name].vector)
        position += 1
    return names, parents, np.array(offsets)


def _read_amc(path: Path) -> list[dict[str, list[str]]]:
    frames: list[dict[str, list[str]]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1 and words[0].isdigit():
            frames.append({})
        elif frames:
            frames[-1][words[0]] = words[1:]
        else:
            raise ValueError(f"unexpected line {line[:40]!r}")
    if not frames:
        raise UnsuitableInput(f"{path}: holds no frames")
    return frames


def _columns(
    frames: list[dict[str, list[str]]], bones: dict[str, _Bone], order: list[str]
) -> dict[str, NDArray[np.float64]]:
    values = {}
    for name, bone in bones.items():
        width = len(order) if name == "root" else len(bone.dof)
        if width:
            columns = np.array([frame[name] for frame in frames], dtype=np.float64)
            if columns.shape[1] != width:
                raise ValueError(f"{name} has {columns.shape[1]} numbers, expected {width}")
            values[name] = columns
    return values


def _bone_rotation(bone: _Bone, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    sequence = "".join(channel[1] for channel in bone.dof)
    turns = Rotation.from_euler(sequence, angles, degrees=True).as_matrix().reshape(-1, 3, 3)
    rotated: NDArray[np.float64] = bone.axis @ turns @ bone.axis.T
    return rotated
