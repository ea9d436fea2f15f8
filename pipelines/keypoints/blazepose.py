"""MediaPipe's BlazePose on still pictures: 33 landmarks and a coarse matte, without network.

The detector's landmarks become our 29 points; its metric landmarks tell how far limbs lean out
of the picture's plane.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.anatomy import Points, complete
from pipelines.keypoints.skeletons import (
    BLAZEPOSE,
    BLAZEPOSE_COUNT,
    BLAZEPOSE_KNUCKLES,
    BLAZEPOSE_TOES,
    TO_TOE_JOINT,
)
from pipelines.support.errors import MissingAsset

Image = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels; right and bottom are exclusive."""

NOSE = BLAZEPOSE["nose"]
SHOULDERS, HIPS = (
    [BLAZEPOSE[f"{side}_{name}"] for side in ("left", "right")] for name in ("shoulder", "hip")
)
_WHOLE_BODY = [NOSE, *SHOULDERS, *HIPS] + [
    BLAZEPOSE[f"{side}_{name}"] for name in ("knee", "ankle") for side in ("left", "right")
]

# Bone by bone outward from the pelvis (-1: the middle of the hips), for depth along the chains.
_CHAINS: tuple[tuple[int, int], ...] = (
    (-1, 23), (-1, 24), (-1, -2), (-2, 11), (-2, 12), (11, 13), (12, 14), (13, 15), (14, 16),
    (15, 17), (15, 19), (16, 18), (16, 20), (23, 25), (24, 26), (25, 27), (26, 28),
    (27, 31), (28, 32), (-2, 0), (-2, 2), (-2, 5), (-2, 7), (-2, 8),
)  # fmt: skip

_WORKING_SIDE = 1024
_SMALLEST_SIDE = 256


@dataclass(frozen=True)
class Sighting:
    """One person that the detector saw.

    Attributes:
        landmarks: (33, 2) pixels of the whole picture.
        visibility: (33,) in [0, 1]; near 0 for what the picture cuts off.
        metric: (33, 3) metres, x right, y down, z away, origin between the hips.
        mask: (H, W) float32 coarse matte of the whole picture.
    """

    landmarks: NDArray[np.float64]
    visibility: NDArray[np.float64]
    metric: NDArray[np.float64]
    mask: NDArray[np.float32]

    @property
    def torso(self) -> float:
        """Size in pixels: the longer of torso length and shoulder width."""
        shoulders, hips = self.landmarks[SHOULDERS], self.landmarks[HIPS]
        length = np.linalg.norm(shoulders.mean(0) - hips.mean(0))
        return float(max(length, np.linalg.norm(shoulders[0] - shoulders[1])))

    @property
    def whole(self) -> bool:
        """Whether the detector is sure of the whole body, down to the ankles."""
        return bool(self.visibility[_WHOLE_BODY].min() > 0.8)

    @property
    def centre(self) -> NDArray[np.float64]:
        """(2,) middle of the shoulders."""
        middle: NDArray[np.float64] = self.landmarks[SHOULDERS].mean(0)
        return middle


class BlazePose:
    """The detector, kept open for several looks at one picture. Use as a context manager.

    While it is open, file descriptor 2 leads nowhere: its threads log there at any time.
    """

    def __init__(self, confidence: float = 0.5) -> None:
        self._confidence = confidence
        self._open = ExitStack()
        self._pose: Any = None

    def __enter__(self) -> BlazePose:
        self._open.enter_context(quiet_stderr())
        try:
            import mediapipe

            self._pose = mediapipe.solutions.pose.Pose(
                static_image_mode=True,
                model_complexity=1,
                enable_segmentation=True,
                min_detection_confidence=self._confidence,
            )
        except ImportError as error:
            self._open.close()
            raise MissingAsset(
                f"the pose detector cannot be loaded ({error})",
                "install mediapipe==0.10.21, or give --ref-keypoints and --ref-mask",
            ) from None
        except BaseException:
            self._open.close()
            raise
        self._open.callback(self._pose.close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def look(self, picture: Image, box: Box | None = None) -> Sighting | None:
        """The most prominent person in (a box of) an RGB picture, or None."""
        height, width = picture.shape[:2]
        left, top, right, bottom = box or (0, 0, width, height)
        crop = picture[top:bottom, left:right]
        side = max(crop.shape[:2])
        scale = min(1.0, _WORKING_SIDE / side)
        if side < _SMALLEST_SIDE:
            scale = _SMALLEST_SIDE / side
        if scale != 1.0:
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=method)
        found = self._pose.process(np.ascontiguousarray(crop))
        if found.pose_landmarks is None or found.segmentation_mask is None:
            return None
        marks = found.pose_landmarks.landmark
        size = np.array([right - left, bottom - top])
        mask = np.zeros((height, width), np.float32)
        mask[top:bottom, left:right] = cv2.resize(
            found.segmentation_mask, tuple(size.tolist()), interpolation=cv2.INTER_LINEAR
        )
        return Sighting(
            landmarks=np.array([[mark.x, mark.y] for mark in marks]) * size + (left, top),
            visibility=np.array([mark.visibility for mark in marks]),
            metric=np.array([[m.x, m.y, m.z] for m in found.pose_world_landmarks.landmark]),
            mask=mask,
        )


def points_of(sighting: Sighting, width: int, height: int, least: float = 0.3) -> Points:
    """Our 29 points of a sighting; those less visible than `least` or outside get confidence 0."""
    depth = _depth(sighting)
    seen = sighting.visibility.copy()
    inside = (sighting.landmarks >= 0).all(1) & (sighting.landmarks < (width, height)).all(1)
    seen[~inside | (seen < least)] = 0.0
    points = Points()

    def at(*indices: int) -> NDArray[np.float64]:
        chosen = list(indices)
        return np.array([*sighting.landmarks[chosen].mean(0), depth[chosen].mean()])

    for name, index in BLAZEPOSE.items():
        points.set(name, at(index), float(seen[index]))
    for name, pair in BLAZEPOSE_KNUCKLES.items():
        points.set(name, at(*pair), float(seen[list(pair)].min()))
    for name, (ankle, toes) in BLAZEPOSE_TOES.items():
        place = at(ankle) + TO_TOE_JOINT * (at(toes) - at(ankle))
        points.set(name, place, float(seen[[ankle, toes]].min()))
    return complete(points)


def _depth(sighting: Sighting) -> NDArray[np.float64]:
    """Pixels (33,) behind the hips: each bone's metric slope times its length in the picture."""
    flat, metric = sighting.landmarks, sighting.metric

    def place(index: int, of: NDArray[np.float64]) -> NDArray[np.float64]:
        middle = {-1: HIPS, -2: SHOULDERS}.get(index)
        chosen: NDArray[np.float64] = of[index] if middle is None else of[middle].mean(0)
        return chosen

    depth = {-1: 0.0}
    for start, end in _CHAINS:
        bone = place(end, metric) - place(start, metric)
        pixels = float(np.linalg.norm(place(end, flat) - place(start, flat)))
        across = max(float(np.linalg.norm(bone[:2])), 0.4 * float(np.linalg.norm(bone)), 1e-6)
        depth[end] = depth[start] + float(bone[2]) / across * pixels
    return np.array([depth.get(index, 0.0) for index in range(BLAZEPOSE_COUNT)])


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send what C libraries write to file descriptor 2 nowhere while the block runs."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
