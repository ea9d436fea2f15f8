"""From a clip to what the encoders take: pictures at the model's size, skeletons and faces.

A clip of another shape is cut, once for all its frames, so that the dancer stays in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.training.clips import TrainingClip
from pipelines.keypoints.anatomy import Points, complete
from pipelines.keypoints.face_crop import face_box
from pipelines.keypoints.files import Keypoints, load_keypoints
from pipelines.keypoints.person import FACE_NAMES, POINT, POINT_NAMES, ReferencePerson
from pipelines.keypoints.pose_drawing import draw_pose
from pipelines.keypoints.video_pose import track_video
from pipelines.media.video import probe_video

Frames = NDArray[np.uint8]
Float = NDArray[np.float64]

_DENSE = 0.9
"""Keypoints in fewer frames than this share are found anew: limbs move too far in between."""
_FACES = [POINT[name] for name in FACE_NAMES]


@dataclass(frozen=True)
class Window:
    """The part of the source's picture that the model sees, and its size there.

    Attributes:
        left, top, width, height: pixels of the source.
        to_width, to_height: the model's frame.
    """

    left: int
    top: int
    width: int
    height: int
    to_width: int
    to_height: int

    def cut(self, frame: Frames) -> Frames:
        """The window of a source frame, at the model's size."""
        part = frame[self.top : self.top + self.height, self.left : self.left + self.width]
        shrinks = self.width > self.to_width
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        size = (self.to_width, self.to_height)
        return np.asarray(cv2.resize(part, size, interpolation=interpolation), np.uint8)

    def place(self, xy: Float) -> Float:
        """Pixels of the source as pixels of the model's frame."""
        scale = np.array([self.to_width / self.width, self.to_height / self.height])
        placed: Float = (xy - [self.left, self.top]) * scale
        return placed


def window_for(width: int, height: int, size: tuple[int, int], centre: Float) -> Window:
    """The largest window of the model's shape, as near to `centre` (2,) as the picture allows."""
    scale = min(width / size[0], height / size[1])
    cut = min(width, round(size[0] * scale)), min(height, round(size[1] * scale))
    left = int(np.clip(round(centre[0] - cut[0] / 2), 0, width - cut[0]))
    top = int(np.clip(round(centre[1] - cut[1] / 2), 0, height - cut[1]))
    return Window(left, top, *cut, *size)


@dataclass(frozen=True)
class Dancer:
    """Points of the dancer in every frame of a clip.

    Attributes:
        xy: (T, 29, 2) pixels of the source, POINT_NAMES order; visibility: (T, 29).
    """

    xy: Float
    visibility: Float

    def centre(self) -> Float:
        """(2,) the middle of where the dancer is seen in the clip."""
        seen = self.xy[(self.visibility > 0) & np.isfinite(self.xy).all(-1)]
        middle: Float = (np.percentile(seen, 2, axis=0) + np.percentile(seen, 98, axis=0)) / 2
        return middle


def find_dancer(clip: TrainingClip) -> Dancer:
    """The dancer's points, one set per frame of the video.

    Raises:
        UnsuitableInput: the file of keypoints is damaged, or nobody is found.
    """
    assert clip.keypoints is not None
    info, known = probe_video(clip.video), load_keypoints(clip.keypoints)
    if len(known.xy) >= _DENSE * info.frames and known.skeleton == POINT_NAMES:
        return _exact(known, info.frames)
    track = track_video(clip.video)
    return _completed(track.names, track.xy, track.confidence)


def _exact(known: Keypoints, frames: int) -> Dancer:
    """Points of `render`; a limb behind the body is drawn, as it is when a dance is generated."""
    at = np.minimum(np.arange(frames), len(known.xy) - 1)
    visibility = np.ones(known.visibility.shape)
    visibility[:, _FACES] = known.visibility[:, _FACES]
    visibility[known.depth <= 0] = 0
    # OpenCV counts from pixel centres.
    return Dancer(known.xy[at] - 0.5, visibility[at])


def _completed(names: tuple[str, ...], xy_TKx: Float, confidence_TK: Float) -> Dancer:
    xy = np.zeros((len(xy_TKx), len(POINT_NAMES), 2))
    visibility = np.zeros(xy.shape[:2])
    for frame in range(len(xy)):
        points = Points()
        for index, name in enumerate(names):
            if name in POINT and confidence_TK[frame, index] > 0:
                points.set(name, xy_TKx[frame, index], float(confidence_TK[frame, index]))
        if points.has("left_shoulder", "right_shoulder"):
            complete(points)
        xy[frame], visibility[frame] = points.xy, points.confidence
    return Dancer(xy, visibility)


def source_frames(
    count: int, start: int, fps: float, source_fps: float, frames: int
) -> NDArray[np.int64]:
    """Numbers of the source's frames that `count` frames at `fps` from frame `start` show.

    Of a source of `frames` frames. The nearest one is shown; in the second half of the last one
    that would be one that there is not.
    """
    at = (start + np.arange(count)) * source_fps / fps
    nearest = np.asarray(np.floor(at + 0.5), dtype=np.int64)
    return np.where(at < frames, np.minimum(nearest, frames - 1), nearest)


def draw_skeleton(dancer: Dancer, frame: int, window: Window) -> Frames:
    """The pose picture of one frame in the model's frame."""
    xy = window.place(dancer.xy[frame])
    return draw_pose(xy, dancer.visibility[frame], window.to_width, window.to_height)


class FaceCrops:
    """Face pictures (size, size, 3) frame by frame; the last good box holds while none is seen."""

    def __init__(self, dancer: Dancer, size: int) -> None:
        self._dancer, self._size = dancer, size
        self._box: tuple[int, int, int, int] | None = None

    def of(self, image: Frames, frame: int) -> Frames:
        """The face in a source frame; black before any has been seen."""
        xy, visibility = self._dancer.xy[frame], self._dancer.visibility[frame]
        person = ReferencePerson(
            image, np.zeros((1, 1), np.float32), xy, visibility, "full", "file"
        )
        self._box = face_box(person) or self._box
        if self._box is None:
            return np.zeros((self._size, self._size, 3), np.uint8)
        left, top, right, bottom = self._box
        crop: Any = image[top:bottom, left:right]
        method = cv2.INTER_AREA if min(crop.shape[:2]) > self._size else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(crop, (self._size,) * 2, interpolation=method), np.uint8)
