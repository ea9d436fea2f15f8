"""Readers by suffix: each looks at the content and hands it to the one who knows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipelines.motion.asf_amc import read_amc
from pipelines.motion.bvh import read_bvh
from pipelines.motion.bvh_export import own_motion
from pipelines.motion.datasets import (
    from_finedance,
    from_smpl_dict,
    from_smplx_fit,
    is_smplx_fit,
)
from pipelines.motion.estimators import estimator_arrays, estimator_dance, refuse_tram
from pipelines.motion.motion import Motion
from pipelines.motion.npz import from_arrays
from pipelines.motion.quaternions import is_isaac_motion, read_isaac_motion
from pipelines.motion.retarget import retarget
from pipelines.support.archives import read_npy as read_npy_array
from pipelines.support.archives import read_npz as read_npz_arrays
from pipelines.support.errors import UnsuitableInput
from pipelines.support.safe_joblib import is_joblib, load_joblib
from pipelines.support.safe_unpickle import load_pickle


def read_bvh_dance(path: Path) -> Motion:
    """BVH: ours comes back as it was, any other skeleton is retargeted."""
    source = read_bvh(path)
    return own_motion(source) or retarget(source)


def read_amc_dance(path: Path) -> Motion:
    """AMC, with its ASF beside it, retargeted."""
    return retarget(read_amc(path))


def read_npz(path: Path) -> Motion:
    """Ours, AMASS, fits of body models, or a skeleton with quaternions."""
    arrays = read_npz_arrays(path, ("poses", "trans"))
    estimated = estimator_arrays(arrays, path)
    if estimated is not None:
        return estimated
    if is_smplx_fit(arrays):
        return from_smplx_fit(arrays, str(path))
    return from_arrays(arrays, path)


def read_npy(path: Path) -> Motion:
    """FineDance; or a pickle under the name of an array."""
    array = read_npy_array(path)
    return read_pickle(path) if array is None else from_finedance(array, str(path))


def read_pickle(path: Path) -> Motion:
    """AIST++, MEGADance, estimators', fits of bodies, Isaac Gym, FineDance: by what it holds."""
    if path.suffix.lower() != ".npy" and is_joblib(path.read_bytes()):
        content = load_joblib(path)
    else:
        try:
            content = load_pickle(path)
        except UnsuitableInput as error:
            raise refuse_tram(path, error) from error
    if isinstance(content, np.ndarray) and content.dtype == object and content.size == 1:
        content = content.item()
    estimated = estimator_dance(content, path)
    if estimated is not None:
        return estimated
    if is_isaac_motion(content):
        return retarget(read_isaac_motion(content, str(path)))
    if isinstance(content, np.ndarray):
        return from_finedance(content, str(path))
    if not isinstance(content, Mapping):
        raise UnsuitableInput(f"{path}: holds a {type(content).__name__}, expected a dictionary")
    if is_smplx_fit(content):
        return from_smplx_fit(content, str(path))
    return from_smpl_dict(content, str(path))
