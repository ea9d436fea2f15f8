"""Landmarks as a pose finder would give them of a known dance, exact or spoilt."""

from __future__ import annotations

import numpy as np

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import OFFSETS
from pipelines.capture.chain import Build, posed
from pipelines.capture.landmarks import COUNT, Landmarks
from pipelines.capture.markers import HIPS, MARKS
from pipelines.capture.upright import to_world
from pipelines.motion.motion import Motion

WIDTH, HEIGHT = 640, 480
FOCAL = 1.2 * WIDTH
DISTANCE = 4.0


def known_dance(frames: int = 120, fps: float = 30.0) -> Motion:
    """A dancer who faces the camera, swings arms and legs, turns a little and sways."""
    t = np.arange(frames) / fps
    swing = np.sin(2 * np.pi * 0.8 * t)
    poses = np.zeros((frames, 24, 3))
    turn = axis_angle_to_matrix(np.stack([0 * t, 0 * t, 0.5 * np.sin(2 * np.pi * 0.3 * t)], -1))
    stand = axis_angle_to_matrix(np.array([np.pi / 2, 0, 0]))
    from pipelines.body.rotations import matrix_to_axis_angle

    poses[:, 0] = matrix_to_axis_angle(turn @ stand)
    poses[:, 1, 0] = -0.4 - 0.3 * swing  # left hip
    poses[:, 4, 0] = 0.7 + 0.4 * swing  # left knee
    poses[:, 2, 0] = -0.3
    poses[:, 5, 0] = 0.5
    poses[:, 16, 2] = -0.9 + 0.5 * swing
    poses[:, 17, 2] = 0.9 + 0.4 * np.cos(2 * np.pi * 0.6 * t)
    poses[:, 18, 1] = -0.9 - 0.5 * swing
    poses[:, 19, 1] = 0.8 - 0.4 * swing
    trans = np.stack([0.25 * np.sin(2 * np.pi * 0.4 * t), 0 * t, 0.9 + 0 * t], -1)
    return Motion(poses.astype(np.float32), trans.astype(np.float32), fps)


def landmarks_of(
    motion: Motion, *, tilt: float = 0.0, noise: float = 0.0, size: float = 1.0, seed: int = 0
) -> Landmarks:
    """What a camera 1 m over the floor and 4 m before the origin, tilted down, shows of a dance.

    Args:
        tilt: radians. noise: metres in the world landmarks, and as much in the picture.
        size: of the dancer against our skeleton.
    """
    random = np.random.default_rng(seed)
    build = Build.of(OFFSETS * size, size)
    marks = posed(motion.rotations(), motion.trans * size, build).marks
    camera = np.array([0.0, -DISTANCE, 1.0])
    local = (marks - camera) @ to_world(tilt)
    local += noise * random.normal(size=local.shape)
    world, image = np.zeros((2, motion.frames, COUNT, 3))
    world[:, list(MARKS)] = local - local[:, list(HIPS)].mean(1, keepdims=True)
    seen = local + 0.3 * noise * random.normal(size=local.shape)
    image[:, list(MARKS), :2] = seen[..., :2] / seen[..., 2:] * FOCAL + [WIDTH / 2, HEIGHT / 2]
    visibility = np.zeros((motion.frames, COUNT))
    visibility[:, list(MARKS)] = 0.98
    nothing = np.zeros(motion.frames)
    return Landmarks(
        image[..., :2], visibility, world, motion.fps, WIDTH, HEIGHT, nothing, nothing,
        np.zeros((motion.frames, 3)),
    ).validate()  # fmt: skip


def lost(found: Landmarks, start: int, stop: int) -> Landmarks:
    """Nobody is found in frames start to stop."""
    from dataclasses import replace

    image, world, seen = found.image.copy(), found.world.copy(), found.visibility.copy()
    image[start:stop], world[start:stop], seen[start:stop] = np.nan, np.nan, 0.0
    return replace(found, image=image, world=world, visibility=seen)


def joint_error(motion: Motion, truth: Motion) -> float:
    """Mean distance of joints about the pelvis, metres; toes and hands left out."""
    judged = [j for j in range(24) if j not in (10, 11, 22, 23)]
    one, other = motion.joints(), truth.joints()
    off = (one - one[:, :1]) - (other - other[:, :1])
    return float(np.linalg.norm(off[:, judged], axis=-1).mean())
