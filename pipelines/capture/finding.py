"""The embedded pose finder over a whole video: landmarks of the one dancer, frame by frame.

Also what the picture does around the dancer: whether the camera moves, and where it cuts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.capture.clothes import trunk_colour
from pipelines.capture.landmarks import COUNT, Landmarks
from pipelines.keypoints.blazepose import quiet_stderr
from pipelines.media.wild_video import WildVideo, examine_video, grid_frames
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import MissingAsset, UnsuitableInput

FINDER = "mediapipe-pose-3d-2"
"""Part of what found landmarks are named by; changes with the finder or its settings."""

_SIDE, _SMALL = 640, 160
_TINY = (32, 18)
_FLOWS_PER_SECOND = 6.0
_CORNERS, _FEWEST_CORNERS = 80, 8

Grey = NDArray[np.uint8]


def find_landmarks(path: Path) -> Landmarks:
    """The landmarks of the most prominent person, at most about 30 frames a second.

    Raises:
        UnsuitableInput: not a video, or it cannot be decoded to its end.
        MissingAsset: mediapipe is not installed.
    """
    video = examine_video(path)
    step = max(1, round(float(video.fps) / MOTION_FPS))
    size = video.fitted(_SIDE)
    watcher = _Watcher(float(video.fps) / step)
    rows: list[NDArray[np.float64]] = []
    with quiet_stderr(), open_tracker() as tracker:
        for frame in _every(video, size, step):
            rows.append(row_of(tracker.process(frame)))
            watcher.see(frame, rows[-1])
    if not rows:
        raise UnsuitableInput(f"{path}: the video has no frames")
    found = np.array(rows)
    return Landmarks(
        image=found[..., :2] * [video.width, video.height],
        visibility=np.nan_to_num(found[..., 2]),
        world=found[..., 3:],
        fps=float(video.fps) / step,
        width=video.width,
        height=video.height,
        camera=np.array(watcher.camera),
        changed=np.array(watcher.changed),
        clothes=np.array(watcher.clothes),
    )


def _every(video: WildVideo, size: tuple[int, int], step: int) -> Iterator[NDArray[np.uint8]]:
    frames: Any = grid_frames(video, size)
    with closing(frames):
        for number, frame in enumerate(frames):
            if number % step == 0:
                yield np.ascontiguousarray(frame)


def row_of(seen: Any) -> NDArray[np.float64]:
    """(33, 6) x, y as shares of the picture, visibility, x, y, z in metres; NaN: nobody."""
    if seen.pose_landmarks is None or seen.pose_world_landmarks is None:
        return np.full((COUNT, 6), np.nan)
    pairs = zip(seen.pose_landmarks.landmark, seen.pose_world_landmarks.landmark, strict=True)
    return np.array([[a.x, a.y, a.visibility, b.x, b.y, b.z] for a, b in pairs])


def open_tracker() -> Any:
    """MediaPipe's pose tracker for one video, without its smoothing; a context manager.

    Raises:
        MissingAsset: mediapipe is not installed.
    """
    try:
        import mediapipe
    except ImportError as error:
        raise MissingAsset(
            f"the pose detector cannot be loaded ({error})", "install mediapipe==0.10.21"
        ) from None
    # Its smoothing lags; the fit smooths without.
    return mediapipe.solutions.pose.Pose(
        static_image_mode=False, model_complexity=1, smooth_landmarks=False,
        min_detection_confidence=0.5,
    )  # fmt: skip


class _Watcher:
    """What the picture does from frame to frame: Landmarks' camera, changed and clothes."""

    def __init__(self, fps: float) -> None:
        self.camera: list[float] = []
        self.changed: list[float] = []
        self.clothes: list[NDArray[np.float64]] = []
        self._step = max(1, round(fps / _FLOWS_PER_SECOND))
        self._tiny: Grey | None = None
        self._before: Grey | None = None
        self._moved = 0.0

    def see(self, frame: NDArray[np.uint8], row: NDArray[np.float64]) -> None:
        """Take in the next frame."""
        tiny = cv2.cvtColor(
            cv2.resize(frame, _TINY, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        last = self._tiny
        change = 0.0 if last is None else float(cv2.absdiff(tiny, last).mean()) / 255
        self.changed.append(change)
        self.clothes.append(trunk_colour(frame, row[:, :2]))
        self._tiny = np.asarray(tiny, np.uint8)
        if len(self.camera) % self._step == 0:
            scale = _SMALL / frame.shape[1]
            small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
            if self._before is not None:
                self._moved = background_shift(self._before, grey, row[:, :2]) / self._step
            self._before = grey
        self.camera.append(self._moved)


def background_shift(before: Grey, after: Grey, person: NDArray[np.float64]) -> float:
    """How far the picture moves outside the dancer, as a share of its width.

    Args:
        before, after: (H, W) grey pictures.
        person: (P, 2) points of the dancer as shares of the picture; NaN: nobody.
    """
    height, width = before.shape
    mask = np.full(before.shape, 255, np.uint8)
    if np.isfinite(person).all():
        low, high = person.min(0), person.max(0)
        margin = 0.15 * (high - low)
        left, top = np.maximum(low - margin, 0) * [width, height]
        right, bottom = np.minimum(high + margin, 1) * [width, height]
        mask[int(top) : int(bottom) + 1, int(left) : int(right) + 1] = 0
    corners = cv2.goodFeaturesToTrack(before, _CORNERS, 0.02, 5, mask=mask)
    if corners is None or len(corners) < _FEWEST_CORNERS:
        return 0.0
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, np.zeros_like(corners))
    steps = (moved - corners)[found.ravel() == 1].reshape(-1, 2)
    if len(steps) < _FEWEST_CORNERS:
        return 0.0
    return float(np.linalg.norm(np.median(steps, axis=0))) / width
