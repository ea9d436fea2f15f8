"""The fitted skeleton over the frames that it was read off, to judge a capture by eye."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT_NAMES, PARENTS
from pipelines.capture.fit import Captured
from pipelines.media.wild_video import examine_video, grid_frames
from pipelines.support.conventions import MOTION_FPS

Picture = NDArray[np.uint8]

_LEFT, _RIGHT, _MIDDLE = (80, 220, 120), (240, 110, 90), (250, 220, 90)


def drawn_over(picture: Picture, joints_J2: NDArray[np.float64]) -> Picture:
    """An RGB picture with bones drawn in: left ones green, right ones red, the trunk yellow."""
    canvas = np.ascontiguousarray(picture)
    thick = max(1, round(min(picture.shape[:2]) / 160))
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        name = JOINT_NAMES[joint]
        colour = _LEFT if "left" in name else _RIGHT if "right" in name else _MIDDLE
        ends = [
            tuple(int(v) for v in np.clip(joints_J2[at], -9999, 9999)) for at in (parent, joint)
        ]
        cv2.line(canvas, ends[0], ends[1], colour, thick, cv2.LINE_AA)
    return canvas


def overlay_strip(path: Path, captured: Captured, count: int, height: int) -> Picture:
    """`count` frames of the video, evenly over what was captured, side by side, (height, W, 3)."""
    video = examine_video(path)
    step = max(1, round(float(video.fps) / MOTION_FPS))
    size = video.fitted(max(64, round(height * max(1.0, video.width / video.height))))
    numbers = np.linspace(0, len(captured.drawn) - 1, count).round().astype(int)
    wanted = {int((captured.first + number) * step): int(number) for number in numbers}
    scale = np.array(size) / [video.width, video.height]
    pictures = []
    for frame, picture in enumerate(grid_frames(video, size)):
        if frame in wanted:
            pictures.append(drawn_over(picture, captured.drawn[wanted[frame]] * scale))
        if len(pictures) == len(wanted):
            break
    return np.concatenate(pictures, axis=1)
