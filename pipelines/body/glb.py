"""A dancing body as a binary glTF 2.0 file: skinned mesh, skeleton, one animation.

Opens in Blender, three.js and whatever else reads glTF.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.gltf import GltfBuffer, joint_animation, joint_nodes, refuse_empty, write_glb
from pipelines.body.mesh import BodyMesh, joint_positions
from pipelines.body.skeleton import JOINT_NAMES

Array = NDArray[np.floating[Any]]

_VERTICES, _INDICES = 34962, 34963


def save_glb(
    path: Path,
    mesh: BodyMesh,
    rotations_TJ33: Array,
    trans_T3: Array,
    fps: float,
    *,
    with_skin: bool = True,
) -> None:
    """Write a skinned, animated body.

    Args:
        path: the .glb to write, atomically.
        mesh: the body; its four strongest skin weights per vertex are kept.
        rotations_TJ33: (T, 24, 3, 3) local rotations, z-up world.
        trans_T3: (T, 3) pelvis, metres.
        fps: key frames per second.
        with_skin: else only the moving skeleton, for a body that lies in another file.

    Raises:
        UnsuitableInput: no frames, or values that are not finite.
    """
    refuse_empty(path, rotations_TJ33, trans_T3)
    buffer = GltfBuffer()
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "macedance"},
        "scene": 0,
        "scenes": [{"name": "dance", "nodes": [0]}],
        "nodes": joint_nodes(JOINT_NAMES, mesh.offsets),
    }
    if with_skin:
        _dress(document, buffer, mesh)
    document["animations"] = [joint_animation(buffer, rotations_TJ33, trans_T3, fps)]
    write_glb(path, document, buffer)


def _dress(document: dict[str, Any], buffer: GltfBuffer, mesh: BodyMesh) -> None:
    document["scenes"][0]["nodes"].append(len(JOINT_NAMES))
    document["nodes"].append({"name": "dancer", "mesh": 0, "skin": 0})
    document["materials"] = [{
        "name": "body", "doubleSided": False,
        "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.85},
    }]  # fmt: skip
    document["meshes"] = [{"name": "body", "primitives": [_primitive(buffer, mesh)]}]
    document["skins"] = [_skin(buffer, mesh)]


def _primitive(buffer: GltfBuffer, mesh: BodyMesh) -> dict[str, Any]:
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


def _skin(buffer: GltfBuffer, mesh: BodyMesh) -> dict[str, Any]:
    inverse = np.tile(np.eye(4), (24, 1, 1))
    inverse[:, :3, 3] = -joint_positions(mesh.offsets)
    # glTF stores matrices column by column.
    columns = np.ascontiguousarray(inverse.transpose(0, 2, 1).reshape(24, 16), dtype="<f4")
    return {"inverseBindMatrices": buffer.add(columns), "skeleton": 0, "joints": list(range(24))}
