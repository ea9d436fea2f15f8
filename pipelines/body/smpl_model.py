"""SMPL, SMPL-H and SMPL-X bodies from the files that users have licensed, posed through smplx.

The files are read without running what is in their pickles: arrays, scipy's sparse matrices and
chumpy's wrapped arrays are taken over as data, anything else is refused. Shapes: T frames,
V vertices, K joints of the model, J = 24 joints of ours, B betas.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.mesh import BodyMesh
from pipelines.body.outfit import Outfit
from pipelines.body.rasterizer import vertex_normals
from pipelines.body.skeleton import JOINT_NAMES, PARENTS
from pipelines.support.archives import refuse_bomb
from pipelines.support.errors import UnsuitableInput
from pipelines.support.safe_unpickle import ArraysOnly, refuse_overgrown

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float32]

_NEEDED = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
_SHARED_JOINTS = 22
_BETAS = 10
_CHUNK = 32


@dataclass(frozen=True)
class SmplBody:
    """A body of the SMPL family; it has `mesh.Body`'s attributes.

    Attributes:
        name: "SMPL", "SMPL-H" or "SMPL-X".
        faces: (F, 3).
        colours: (V, 3) in [0, 255], painted by the joint that moves each vertex most.
        offsets: (24, 3) rest offsets; hands of SMPL-H and SMPL-X end at the wrist.
    """

    name: str
    faces: NDArray[np.int32]
    colours: Floats
    offsets: NDArray[np.float64]
    _tensors: dict[str, Any]

    def pose(self, rotations_TJ33: Array, trans_T3: Array) -> Iterator[tuple[Floats, Floats]]:
        """Vertices (V, 3) and normals (V, 3) per frame, the pelvis at trans; hands are flat."""
        import torch
        from smplx.lbs import lbs

        kept = 24 if self.name == "SMPL" else _SHARED_JOINTS
        tensors = self._tensors
        pelvis = tensors["J_regressor"][0] @ tensors["v_template"]
        for start in range(0, len(trans_T3), _CHUNK):
            given = torch.as_tensor(
                np.ascontiguousarray(rotations_TJ33[start : start + _CHUNK]), dtype=torch.float32
            )
            turns = torch.eye(3).repeat(len(given), len(tensors["parents"]), 1, 1)
            turns[:, :kept] = given[:, :kept]
            with torch.no_grad():
                posed, _ = lbs(
                    betas=torch.zeros(len(given), 1), pose=turns, pose2rot=False, **tensors
                )
            moved = (
                posed
                - pelvis
                + torch.as_tensor(
                    np.asarray(trans_T3[start : start + _CHUNK, None]), dtype=torch.float32
                )
            )
            for vertices in moved.numpy():
                yield vertices, vertex_normals(vertices, self.faces)

    def skinned(self) -> BodyMesh:
        """The same body with skin weights alone, on our 24 joints, for files that know no more.

        Pose correctives are lost; fingers move with the wrist, jaw and eyes with the head.
        """
        tensors = self._tensors
        template = tensors["v_template"].numpy()
        pelvis = (tensors["J_regressor"][0] @ tensors["v_template"]).numpy()
        given = tensors["lbs_weights"].numpy()
        parents = tensors["parents"].numpy()
        weights = np.zeros((len(template), 24), dtype=np.float32)
        for joint in range(given.shape[1]):
            weights[:, _our_joint(joint, parents)] += given[:, joint]
        placed = (template - pelvis).astype(np.float32)
        return BodyMesh(
            template=placed,
            normals=vertex_normals(placed, self.faces),
            faces=self.faces,
            weights=weights,
            offsets=self.offsets,
            colours=self.colours,
        )


def load_smpl(path: Path, betas: Array | None = None, outfit: Outfit | None = None) -> SmplBody:
    """A body from a model file (.pkl or .npz) of SMPL, SMPL-H or SMPL-X.

    Args:
        path: the model file.
        betas: up to 10 shape coefficients.
        outfit: the colours of its clothes; default: `Outfit()`.

    Raises:
        UnsuitableInput: missing, damaged, no such model, or a pickle that holds other things.
    """
    import torch

    data = _read(path)
    missing = [key for key in _NEEDED if key not in data]
    if missing:
        raise UnsuitableInput(f"{path}: not an SMPL model (it lacks {', '.join(missing)})")
    try:
        arrays = {key: _plain(data[key]) for key in _NEEDED}
        count = len(arrays["v_template"])
        parents = arrays["kintree_table"][0].astype(np.int64)
        parents[0] = -1
        name = {24: "SMPL", 52: "SMPL-H", 55: "SMPL-X"}[len(parents)]
        shapedirs = arrays["shapedirs"][:, :, :_BETAS].astype(np.float32)
        coefficients = np.zeros(shapedirs.shape[2])
        coefficients[: len(betas) if betas is not None else 0] = betas if betas is not None else 0
        template = arrays["v_template"] + shapedirs @ coefficients
        joints = np.asarray(arrays["J_regressor"] @ template, dtype=np.float64)
        posedirs = arrays["posedirs"].reshape(count * 3, -1).T
        tensors = {
            "shapedirs": torch.zeros(count, 3, 1),
            "v_template": torch.as_tensor(template, dtype=torch.float32),
            "posedirs": torch.as_tensor(posedirs, dtype=torch.float32),
            "J_regressor": torch.as_tensor(arrays["J_regressor"], dtype=torch.float32),
            "parents": torch.as_tensor(parents),
            "lbs_weights": torch.as_tensor(arrays["weights"], dtype=torch.float32),
        }
        if tensors["lbs_weights"].shape != (count, len(parents)):
            raise ValueError(f"weights are {tuple(tensors['lbs_weights'].shape)}")
        faces = arrays["f"].astype(np.int32)
    except (KeyError, ValueError, IndexError, TypeError, RuntimeError) as error:
        raise UnsuitableInput(f"{path}: not an SMPL model that fits together ({error})") from error
    colours = _painted(arrays["weights"], parents, outfit or Outfit())
    return SmplBody(name, faces, colours, _offsets(joints, len(parents)), tensors)


def _offsets(joints: Array, count: int) -> NDArray[np.float64]:
    kept = 24 if count == 24 else _SHARED_JOINTS
    offsets = np.zeros((24, 3))
    for joint in range(1, kept):
        offsets[joint] = joints[joint] - joints[PARENTS[joint]]
    return offsets


def _our_joint(joint: int, parents: NDArray[np.int64]) -> int:
    """Which of our 24 joints moves what a joint of the model moves."""
    if len(parents) == 24:
        return joint
    while joint >= _SHARED_JOINTS:
        joint = int(parents[joint])
    return joint


def _painted(weights: Array, parents: NDArray[np.int64], outfit: Outfit) -> Floats:
    """Clothes by joint: the arm's skin begins at the elbow, hands and face are skin."""
    colours = np.tile(np.asarray(outfit.skin, dtype=np.float32), (len(parents), 1))
    for index, name in enumerate(JOINT_NAMES[:_SHARED_JOINTS]):
        if any(part in name for part in ("spine", "collar", "shoulder")):
            colours[index] = outfit.shirt
        elif any(part in name for part in ("pelvis", "hip", "knee")):
            colours[index] = outfit.trousers
        elif name in ("left_ankle", "right_ankle", "left_foot", "right_foot"):
            colours[index] = outfit.shoes
    return np.asarray(colours[np.asarray(weights).argmax(1)])


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file", "give a model file with --body-model")
    try:
        if path.suffix == ".npz":
            refuse_bomb(path)
            with np.load(path, allow_pickle=False) as archive:
                return {key: archive[key] for key in _NEEDED if key in archive.files}
        with path.open("rb") as stream:
            data = _ModelUnpickler(stream, encoding="latin1").load()
        refuse_overgrown(data)
    except Exception as error:  # a damaged pickle or archive raises whatever it happens to hit
        raise UnsuitableInput(f"{path}: cannot be read as a body model ({error})") from error
    if not isinstance(data, dict):
        raise UnsuitableInput(f"{path}: not an SMPL model (it holds no dictionary)")
    return data


class _Remains:
    """Stands in for a class that is not loaded: keeps the state that was pickled."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {}


class _ModelUnpickler(ArraysOnly):
    """Turns sparse matrices and chumpy arrays into their bare state as well."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "chumpy" or module.startswith("scipy.sparse"):
            return _Remains
        if (module, name) == ("copy_reg", "_reconstructor"):
            return _remains
        if (module, name) == ("__builtin__", "object"):
            return object
        return super().find_class(module, name)


def _remains(kind: Any, base: Any, state: Any) -> _Remains:
    """Python 2's way of making an object of a class."""
    if kind is not _Remains:
        raise pickle.UnpicklingError("it makes an object of no class that is known here")
    return _Remains()


def _plain(value: Any) -> NDArray[Any]:
    if not isinstance(value, _Remains):
        return np.asarray(value)
    state = value.state
    if "x" in state:
        return np.asarray(state["x"])
    if {"data", "indices", "indptr"} <= state.keys():
        from scipy.sparse import csc_matrix

        shape = state.get("_shape") or state.get("shape")
        parts = (state["data"], state["indices"], state["indptr"])
        return np.asarray(csc_matrix(parts, shape=shape).toarray())
    raise ValueError("it holds chumpy expressions; save it once with plain arrays")
