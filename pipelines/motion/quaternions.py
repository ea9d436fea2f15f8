"""Skeleton animations stored as arrays: local quaternions or transforms, with joint names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.motion.source import SourceMotion
from pipelines.support.errors import UnsuitableInput

Arrays = Mapping[str, NDArray[Any]]


def is_quaternion_npz(arrays: Arrays) -> bool:
    """Whether the file holds names, parents, local_quat_xyzw and local_trans of a skeleton."""
    return {"names", "parents", "local_quat_xyzw", "local_trans", "fps"} <= set(arrays)


def read_quaternion_npz(arrays: Arrays, path: str) -> SourceMotion:
    """The CMU FBX conversions: quaternions (T, J, 4) xyzw, local_trans (T, J, 3) in the parent."""
    translations = np.asarray(arrays["local_trans"], dtype=np.float64)
    return _source(
        arrays["names"], arrays["parents"], translations,
        arrays["local_quat_xyzw"], float(arrays["fps"]), path,
    )  # fmt: skip


def is_soma_npz(arrays: Arrays) -> bool:
    """Whether the file is a SOMA retargeting result with the human's own skeleton."""
    return {"human_joint_names", "human_parent_indices", "human_local_transforms", "fps"} <= set(
        arrays
    )


def read_soma_npz(arrays: Arrays, path: str) -> SourceMotion:
    """SOMA's human skeleton: local transforms (T, J, 7) = place and quaternion xyzw, y up.

    The file's own up axis (z) is that of the robot beside it, so it is not read.
    """
    transforms = np.asarray(arrays["human_local_transforms"], dtype=np.float64)
    return _source(
        arrays["human_joint_names"], arrays["human_parent_indices"], transforms[..., :3],
        transforms[..., 3:], float(arrays["fps"]), path,
    )  # fmt: skip


def is_isaac_motion(content: Any) -> bool:
    """Whether an unpickled .npy is an Isaac Gym SkeletonMotion."""
    return isinstance(content, Mapping) and {"skeleton_tree", "rotation"} <= set(content)


def read_isaac_motion(content: Mapping[str, Any], path: str) -> SourceMotion:
    """Isaac Gym's SkeletonMotion dictionary: quaternions (T, J, 4) xyzw, local or global."""
    if not content.get("is_local", True):
        raise UnsuitableInput(f"{path}: holds global rotations; local ones are needed")
    tree = content["skeleton_tree"]
    quaternions = np.asarray(content["rotation"]["arr"], dtype=np.float64)
    translations = np.tile(
        np.asarray(tree["local_translation"]["arr"], dtype=np.float64), (len(quaternions), 1, 1)
    )
    translations[:, 0] = content["root_translation"]["arr"]
    return _source(
        np.asarray(tree["node_names"]), tree["parent_indices"]["arr"], translations,
        quaternions, float(content["fps"]), path,
    )  # fmt: skip


def _source(
    names: NDArray[Any],
    parents: NDArray[Any],
    translations: NDArray[np.float64],
    quaternions_xyzw: NDArray[Any],
    fps: float,
    path: str,
) -> SourceMotion:
    turns = Rotation.from_quat(np.asarray(quaternions_xyzw, dtype=np.float64).reshape(-1, 4))
    offsets = np.median(translations, axis=0)
    offsets[0] = 0
    return SourceMotion(
        names=tuple(str(name) for name in names),
        parents=tuple(int(parent) for parent in parents),
        offsets=offsets,
        rotations=turns.as_matrix().reshape(*translations.shape, 3),
        root=translations[:, 0],
        fps=fps,
        path=path,
        translations=translations,
    ).validate()
