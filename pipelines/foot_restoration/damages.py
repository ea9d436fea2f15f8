"""What goes wrong with root and legs, done on purpose to clean dances.

Each takes a `Motion` of T frames and gives one of as many.
docs/reference/foot-restoration.md#damages.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.foot_restoration import columns
from pipelines.motion.motion import Motion
from pipelines.motion.smoothing import nearest_rotations

Floats = NDArray[np.float64]

_LEGS = list(columns.TURNED)
_BODY = [joint for joint in range(1, columns.JOINTS) if joint not in columns.TURNED]


def wander(rng: np.random.Generator, frames: int, size: int, slowness: float) -> Floats:
    """Noise (frames, size) of deviation 1 that is even over some `slowness` frames."""
    margin = int(4 * slowness) + 1
    white = rng.standard_normal((frames + 2 * margin, size))
    even = gaussian_filter1d(white, slowness, axis=0)[margin : margin + frames]
    # The filter leaves this much of white noise; dividing by what a short piece happens to have
    # would make slow noise as strong as fast noise.
    return np.asarray(even * np.sqrt(2 * np.sqrt(np.pi) * slowness))


def root_noise(motion: Motion, rng: np.random.Generator, metres: float, slowness: float) -> Motion:
    """The pelvis shakes, as an estimate from video does, and takes the feet with it."""
    way = metres * wander(rng, motion.frames, 3, slowness)
    return replace(motion, trans=(motion.trans + way).astype(np.float32))


def foot_jitter(
    motion: Motion, rng: np.random.Generator, degrees: float, slowness: float
) -> Motion:
    """Hips, knees and ankles tremble, as behind a physics simulation."""
    return _shaken(motion, rng, _LEGS, degrees, slowness)


def body_tremble(
    motion: Motion, rng: np.random.Generator, degrees: float, slowness: float
) -> Motion:
    """All else trembles, the pelvis apart: not to be repaired, and not to be relied upon."""
    return _shaken(motion, rng, _BODY, degrees, slowness)


def sliding(motion: Motion, rng: np.random.Generator, speed: float, slowness: float) -> Motion:
    """The body glides to and fro over the floor, planted feet with it.

    Args:
        motion: any frame rate.
        rng: for the way.
        speed: metres per second along either axis, as a deviation.
        slowness: frames over which it is even; the longer, the farther it goes.
    """
    metres = speed / motion.fps * np.sqrt(2) * slowness
    way = metres * wander(rng, motion.frames, 2, slowness)
    return replace(motion, trans=(motion.trans + np.pad(way, ((0, 0), (0, 1)))).astype(np.float32))


def raised(motion: Motion, metres: float) -> Motion:
    """The body floats, or with a negative height sinks into the floor."""
    return replace(motion, trans=motion.trans + np.array([0, 0, metres], dtype=np.float32))


def blurred(motion: Motion, slowness: float) -> Motion:
    """Root and legs are evened over so many frames, as networks and filters do: steps glide."""
    turns = axis_angle_to_matrix(motion.poses[:, _LEGS])
    legs = nearest_rotations(gaussian_filter1d(turns, slowness, axis=0, mode="nearest"))
    trans = gaussian_filter1d(motion.trans, slowness, axis=0, mode="nearest")
    return replace(_turned(motion, _LEGS, legs), trans=trans)


def somehow_damaged(motion: Motion, rng: np.random.Generator) -> Motion:
    """Some of these, each as strong as chance will have it; one motion in ten stays as it is."""
    if rng.random() < 0.1:
        return motion
    if rng.random() < 0.4:
        motion = blurred(motion, rng.uniform(0.5, 4))
    if rng.random() < 0.5:
        motion = root_noise(motion, rng, rng.uniform(0, 0.025), np.exp(rng.uniform(0, 2.3)))
    if rng.random() < 0.5:
        motion = foot_jitter(motion, rng, rng.uniform(0, 5), np.exp(rng.uniform(-0.7, 2)))
    if rng.random() < 0.4:
        motion = body_tremble(motion, rng, rng.uniform(0, 4), np.exp(rng.uniform(-0.7, 2)))
    if rng.random() < 0.5:
        motion = sliding(motion, rng, rng.uniform(0, 0.4), rng.uniform(10, 60))
    if rng.random() < 0.5:
        motion = raised(motion, rng.uniform(-0.08, 0.08))
    return motion


def _shaken(
    motion: Motion, rng: np.random.Generator, joints: list[int], degrees: float, slowness: float
) -> Motion:
    turn = np.radians(degrees) * wander(rng, motion.frames, 3 * len(joints), slowness)
    shake = axis_angle_to_matrix(turn.reshape(-1, len(joints), 3))
    return _turned(motion, joints, axis_angle_to_matrix(motion.poses[:, joints]) @ shake)


def _turned(motion: Motion, joints: list[int], matrices_TL33: Floats) -> Motion:
    poses = motion.poses.copy()
    poses[:, joints] = matrix_to_axis_angle(matrices_TL33)
    return replace(motion, poses=poses)
