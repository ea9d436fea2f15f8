"""The draft Appearance Expert: seconds until its first frame, frames per second from then on.

python benchmarks/puppet.py [--size 540x960] [--frames 120] [--picture PICTURE]

Finding the person is timed apart: it happens once per picture, before the puppet is made.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from measure import EXAMPLES, headline, table

from pipelines.appearance_expert.puppet.puppet import Puppet
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT
from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.staging import stage_dance
from pipelines.media.image import load_picture
from pipelines.media.shape import parse_size


def swaying(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A dance of arms, knees and hips at 30 frames a second."""
    phase = 2 * np.pi * np.arange(frames) / 30
    poses = np.zeros((frames, 24, 3))
    poses[:, 0, 0] = np.pi / 2
    for side, sign in (("left", -1), ("right", 1)):
        poses[:, JOINT[f"{side}_shoulder"], 2] = sign * (0.8 + 0.5 * np.sin(phase))
        poses[:, JOINT[f"{side}_hip"], 0] = -0.3 - 0.3 * sign * np.sin(phase)
        poses[:, JOINT[f"{side}_knee"], 0] = 0.5 + 0.5 * sign * np.sin(phase)
    trans = np.stack([0.1 * np.sin(phase / 2), 0 * phase, 0.9 + 0 * phase], axis=-1)
    return axis_angle_to_matrix(poses), trans


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="540x960")
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--picture", type=Path, default=EXAMPLES / "dancer.png")
    asked = parser.parse_args()
    headline()
    width, height = parse_size(asked.size)
    assert width is not None, "--size WIDTHxHEIGHT"
    rows = []
    for attempt in ("first", "again"):
        begin = time.perf_counter()
        person = detect_person(load_picture(asked.picture))
        found = time.perf_counter()
        dance = stage_dance(*swaying(asked.frames), 30.0, person, width, height)
        frames = Puppet().frames(person, dance, seed=0)
        next(frames)
        ready = time.perf_counter()
        rest = sum(1 for _ in frames)
        rate = rest / (time.perf_counter() - ready)
        rows.append((attempt, found - begin, ready - found, f"{rate:.1f}"))
    table((asked.size, "s to find the person", "s to set up", "frames/s"), rows)


if __name__ == "__main__":
    main()
