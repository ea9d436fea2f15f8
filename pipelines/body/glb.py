"""A dancing body as a binary glTF 2.0 file: skinned mesh, skeleton, one animation.

glTF is y up, metres, facing +z, which is the rest pose of our bodies; only the root moves from
the z-up world into it. Opens in Blender, three.js and whatever else reads glTF.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.mesh import BodyMesh, joint_positions
from pipelines.body.skeleton import JOINT_NAMES, PARENTS, TO_Z_UP
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

Array = NDArray[np.floating[Any]]

_FLOAT, _BYTE, _INTEGER = 5126, 5121, 5125
_VERTICES, _INDICES = 34962, 34963
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_CODES = {"f": _FLOAT, "B": _BYTE, "I": _INTEGER}


@dataclass
class _Buffer:
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


def save_glb(
    path: Path, mesh: BodyMesh, rotations_TJ33: Array, trans_T3: Array, fps: float
) -> None:
    """Write a skinned, animated body.

    Args:
        path: the .glb to write, atomically.
        mesh: the body; its four strongest skin weights per vertex are kept.
        rotations_TJ33: (T, 24, 3, 3) local rotations, z-up world.
        trans_T3: (T, 3) pelvis, metres.
        fps: key frames per second.

    Raises:
        UnsuitableInput: no frames, or values that are not finite.
    """
    if len(trans_T3) == 0 or not (
        np.isfinite(rotations_TJ33).all() and np.isfinite(trans_T3).all()
    ):
        raise UnsuitableInput(f"{path}: a dance without frames, or with NaN, cannot be exported")
    buffer = _Buffer()
    document = {
        "asset": {"version": "2.0", "generator": "macedance"},
        "scene": 0,
        "scenes": [{"name": "dance", "nodes": [0, len(JOINT_NAMES)]}],
        "nodes": [*_joint_nodes(mesh), {"name": "dancer", "mesh": 0, "skin": 0}],
        "materials": [{
            "name": "body", "doubleSided": False,
            "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.85},
        }],
        "meshes": [{"name": "body", "primitives": [_primitive(buffer, mesh)]}],
        "skins": [_skin(buffer, mesh)],
        "animations": [_animation(buffer, rotations_TJ33, trans_T3, fps)],
    }  # fmt: skip
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


def _joint_nodes(mesh: BodyMesh) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for joint, name in enumerate(JOINT_NAMES):
        node: dict[str, Any] = {"name": name, "translation": mesh.offsets[joint].tolist()}
        children = [child for child, parent in enumerate(PARENTS) if parent == joint]
        if children:
            node["children"] = children
        nodes.append(node)
    return nodes


def _primitive(buffer: _Buffer, mesh: BodyMesh) -> dict[str, Any]:
    strongest = np.argsort(-mesh.weights, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(mesh.weights, strongest, 1)
    weights = weights / weights.sum(1, keepdims=True)
    # Joints of no weight must be 0: validators count anything else as a mistake.
    joints = np.where(weights > 0, strongest, 0).astype(np.uint8)
    positions = mesh.template.astype("<f4")
    bounds = {"min": positions.min(0).tolist(), "max": positions.max(0).tolist()}
    attributes = {
        "POSITION": buffer.add(positions, target=_VERTICES, **bounds),
        "NORMAL": buffer.add(_unit(mesh.normals), target=_VERTICES),
        "COLOR_0": buffer.add(_linear(mesh.colours), target=_VERTICES),
        "JOINTS_0": buffer.add(joints, target=_VERTICES),
        "WEIGHTS_0": buffer.add(weights.astype("<f4"), target=_VERTICES),
    }
    indices = buffer.add(mesh.faces.reshape(-1).astype("<u4"), target=_INDICES)
    return {"attributes": attributes, "indices": indices, "material": 0, "mode": 4}


def _unit(normals: Array) -> NDArray[np.float32]:
    """Normals of length one, as glTF wants them; those of no length point up."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0])
    return np.where(length > 1e-9, normals / np.maximum(length, 1e-9), up).astype("<f4")


def _linear(colours: Array) -> NDArray[np.float32]:
    """RGBA in linear light, which glTF's vertex colours are, from sRGB in [0, 255]."""
    share = np.clip(colours / 255, 0, 1)
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.column_stack([linear, np.ones(len(linear))]).astype("<f4")


def _skin(buffer: _Buffer, mesh: BodyMesh) -> dict[str, Any]:
    inverse = np.tile(np.eye(4), (24, 1, 1))
    inverse[:, :3, 3] = -joint_positions(mesh.offsets)
    # glTF stores matrices column by column.
    columns = np.ascontiguousarray(inverse.transpose(0, 2, 1).reshape(24, 16), dtype="<f4")
    return {"inverseBindMatrices": buffer.add(columns), "skeleton": 0, "joints": list(range(24))}


def _animation(
    buffer: _Buffer, rotations_TJ33: Array, trans_T3: Array, fps: float
) -> dict[str, Any]:
    frames = len(trans_T3)
    turns = np.array(rotations_TJ33, dtype=np.float64)
    turns[:, 0] = TO_Z_UP.T @ turns[:, 0]
    seconds = (np.arange(frames) / fps).astype("<f4")
    times = buffer.add(seconds, min=[float(seconds[0])], max=[float(seconds[-1])])
    quaternions = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_quat().reshape(frames, 24, 4)
    outputs = [buffer.add((trans_T3 @ TO_Z_UP).astype("<f4"))]
    paths = [(0, "translation")]
    for joint in range(24):
        outputs.append(buffer.add(_continuous(quaternions[:, joint]).astype("<f4")))
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


def _continuous(quaternions_T4: Array) -> Array:
    """Signs chosen so that neighbours lie on the same side: interpolation takes the short way."""
    flips = np.sign((quaternions_T4[1:] * quaternions_T4[:-1]).sum(1))
    flips[flips == 0] = 1
    signs = np.concatenate([[1.0], np.cumprod(flips)])
    return np.asarray(quaternions_T4 * signs[:, None])
