"""Dances as SMPL-X parameters in the layout of AMASS's `_stageii.npz` files.

55 joints, of which ours are the first 22; jaw and eyes rest and hands are flat. The body is the
neutral one without shape: our betas are not SMPL-X's. Axes and origin:
docs/reference/body.md#smpl-x-neutral-skeleton.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.body.feet import floor_height
from pipelines.body.smplx_skeleton import SMPLX_NEUTRAL_REST, smplx_offsets
from pipelines.motion.motion import Motion
from pipelines.support.files import atomic_path

_BODY, _JOINTS, _BETAS = 22, 55, 16


def save_smplx(motion: Motion, path: Path) -> None:
    """Write the dance as AMASS would, at its own frame rate; whole or not at all.

    The pelvis goes our dancer's way over the floor, its height such that the neutral body's feet,
    whose legs are 2 cm shorter, find the same floor.
    """
    motion.validate()
    poses = np.zeros((motion.frames, _JOINTS, 3))
    poses[:, :_BODY] = motion.poses[:, :_BODY]
    theirs = floor_height(motion.joints(smplx_offsets()), motion.fps)
    lower = np.array([0, 0, theirs - floor_height(motion.joints(), motion.fps)])
    flat = poses.reshape(motion.frames, -1)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            gender=np.str_("neutral"),
            surface_model_type=np.str_("smplx"),
            mocap_frame_rate=np.float64(motion.fps),
            mocap_time_length=np.float64(motion.seconds),
            trans=motion.trans - SMPLX_NEUTRAL_REST[0] - lower,
            poses=flat,
            betas=np.zeros(_BETAS),
            num_betas=np.int64(_BETAS),
            root_orient=flat[:, :3],
            pose_body=flat[:, 3:66],
            pose_jaw=flat[:, 66:69],
            pose_eye=flat[:, 69:75],
            pose_hand=flat[:, 75:],
        )
