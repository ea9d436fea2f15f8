"""Binary glTF 2.0 as far as a dance needs it: the container, joints as nodes, their animation.

glTF is y up, metres, facing +z, which is the rest pose of our bodies; only the root moves from
the z-up world into it. Shapes: T frames, J joints, of which a file may hold the first K.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import PARENTS, TO_Z_UP
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

Array = NDArray[np.floating[Any]]

_FLOAT, _BYTE, _INTEGER = 5126, 5121, 5125
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_CODES = {"f": _FLOAT, "B": _BYTE, "I": _INTEGER}


@dataclass
class GltfBuffer:
    """The binary chunk, with the views and accessors that describe it."""

    data: bytearray = field(default_factory=bytearray)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, values: NDArray[Any], *, target: int | None = None, **extra: Any) -> int:
        """Append (N, C) or (N,) values; returns the number of their accessor."""
        columns = values.shape[1] if values.ndim == 2 else 1
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes}
        if target is not None:
            view["target"] = target
        self.views.append(view)
        self.data += values.tobytes()
        self.data += b"\0" * (-len(self.data) % 4)
        accessor = {
            "bufferView": len(self.views) - 1, "componentType": _CODES[values.dtype.char],
            "count": len(values), "type": _KINDS[columns], **extra,
        }  # fmt: skip
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def write_glb(path: Path, document: dict[str, Any], buffer: GltfBuffer) -> None:
    """Write a document and the buffer that it names as a .glb file, whole or not at all."""
    document["bufferViews"] = buffer.views
    document["accessors"] = buffer.accessors
    document["buffers"] = [{"byteLength": len(buffer.data)}]
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(buffer.data)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        stream.write(struct.pack("<4sII", b"glTF", 2, total))
        stream.write(struct.pack("<I4s", len(text), b"JSON") + text)
        stream.write(struct.pack("<I4s", len(buffer.data), b"BIN\0") + bytes(buffer.data))


def refuse_empty(path: Path, rotations: Array, trans: Array) -> None:
    """Raise UnsuitableInput for a dance without frames, or with values that are not finite."""
    if len(trans) == 0 or not (np.isfinite(rotations).all() and np.isfinite(trans).all()):
        raise UnsuitableInput(f"{path}: a dance without frames, or with NaN, cannot be exported")


def joint_nodes(names: Sequence[str], offsets: Array) -> list[dict[str, Any]]:
    """The first K joints as nodes that do not turn at rest, named, each with its children.

    Args:
        names: K names in the order of SMPL's joints.
        offsets: (J, 3) rest offsets; node 0 lies at the first.
    """
    nodes: list[dict[str, Any]] = []
    for joint, name in enumerate(names):
        node: dict[str, Any] = {"name": name, "translation": offsets[joint].tolist()}
        children = [child for child in range(len(names)) if PARENTS[child] == joint]
        if children:
            node["children"] = children
        nodes.append(node)
    return nodes


def joint_animation(
    buffer: GltfBuffer, rotations_TK33: Array, trans_T3: Array, fps: float
) -> dict[str, Any]:
    """One animation: node 0 moves, nodes 0 to K - 1 turn.

    Args:
        buffer: where the numbers go.
        rotations_TK33: (T, K, 3, 3) local rotations, the root's in the z-up world.
        trans_T3: (T, 3) pelvis, metres, z up.
        fps: key frames per second.
    """
    frames, joints = rotations_TK33.shape[:2]
    turns = np.array(rotations_TK33, dtype=np.float64)
    turns[:, 0] = TO_Z_UP.T @ turns[:, 0]
    seconds = (np.arange(frames) / fps).astype("<f4")
    times = buffer.add(seconds, min=[float(seconds[0])], max=[float(seconds[-1])])
    quaternions = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_quat().reshape(frames, joints, 4)
    outputs = [buffer.add((trans_T3 @ TO_Z_UP).astype("<f4"))]
    paths = [(0, "translation")]
    for joint in range(joints):
        outputs.append(buffer.add(continuous(quaternions[:, joint]).astype("<f4")))
        paths.append((joint, "rotation"))
    return {
        "name": "dance",
        "samplers": [
            {"input": times, "output": output, "interpolation": "LINEAR"} for output in outputs
        ],
        "channels": [
            {"sampler": number, "target": {"node": node, "path": path}}
            for number, (node, path) in enumerate(paths)
        ],
    }


def continuous(quaternions_T4: Array) -> Array:
    """Signs chosen so that neighbours lie on the same side: interpolation takes the short way."""
    flips = np.sign((quaternions_T4[1:] * quaternions_T4[:-1]).sum(1))
    flips[flips == 0] = 1
    signs = np.concatenate([[1.0], np.cumprod(flips)])
    return np.asarray(quaternions_T4 * signs[:, None])
