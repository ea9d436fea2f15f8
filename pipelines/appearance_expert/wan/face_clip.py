"""The face of a filmed clip, frame by frame, for Wan-Animate's face branch.

The clip is played back and forth for as long as the dance lasts, at its own speed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.wan.segments import back_and_forth
from pipelines.keypoints.face_crop import box_around, cropped
from pipelines.keypoints.person import FACE_NAMES
from pipelines.keypoints.skeletons import BLAZEPOSE
from pipelines.keypoints.video_pose import follow
from pipelines.media.video import probe_video, read_frames
from pipelines.support.errors import UnsuitableInput

Frame = NDArray[np.uint8]
Box = tuple[int, int, int, int]

_LANDMARKS = {name: BLAZEPOSE[name] for name in FACE_NAMES}
_VISIBLE = 0.5
_FINDING_SIDE = 512
_HINT = "film one face from the front, head and shoulders in view"


@dataclass(frozen=True)
class Faces:
    """What the face branch sees, as PNGs: minutes of it stay small.

    Attributes:
        pictures: encoded RGB squares, one or more.
        fps: of the pictures; of no account for a single one.
    """

    pictures: tuple[bytes, ...]
    fps: float = 1.0

    @classmethod
    def still(cls, picture: Frame) -> Faces:
        """The same (S, S, 3) picture all the time."""
        return cls((_encoded(picture),))

    def at(self, seconds: float) -> Frame:
        """The picture (S, S, 3) shown at a time of the dance."""
        frame = back_and_forth(round(seconds * self.fps), len(self.pictures))
        data = np.frombuffer(self.pictures[frame], dtype=np.uint8)
        return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))

    def digest(self) -> str:
        """Of all pictures and their rate."""
        hashed = hashlib.sha256(f"{self.fps!r}".encode())
        for picture in self.pictures:
            hashed.update(hashlib.sha256(picture).digest())
        return hashed.hexdigest()


def faces_of_clip(path: Path, size: int) -> Faces:
    """The most prominent face of a video, cropped as Wan crops it and brought to (size, size).

    Where it is lost, the box stays where it last was; before it is first found, where it will be.

    Raises UnsuitableInput for what is no video, or shows no face in any frame.
    """
    info = probe_video(path)
    boxes = _held(_boxes(path, info.width, info.height))
    if not boxes:
        raise UnsuitableInput(f"{path}: no face is found in any frame", _HINT)
    pictures = [
        _encoded(cropped(frame, box, size))
        for frame, box in zip(read_frames(path), boxes, strict=False)
    ]
    return Faces(tuple(pictures), float(info.fps))


def _boxes(path: Path, width: int, height: int) -> list[Box | None]:
    scale = min(1.0, _FINDING_SIDE / max(width, height))
    small = (max(2, round(width * scale)), max(2, round(height * scale)))
    marks = follow(read_frames(path, size=small))
    return [_box(frame, width, height) for frame in marks]


def _box(marks_33x3: NDArray[np.float64], width: int, height: int) -> Box | None:
    seen = {
        name: marks_33x3[index, :2] * [width, height]
        for name, index in _LANDMARKS.items()
        if marks_33x3[index, 2] >= _VISIBLE
    }
    return box_around(seen, width, height)


def _held(boxes: list[Box | None]) -> list[Box]:
    """Gaps filled with the box before them, the first with the one after it; empty without any."""
    last = next((box for box in boxes if box is not None), None)
    if last is None:
        return []
    held = []
    for box in boxes:
        last = box or last
        held.append(last)
    return held


def _encoded(picture: Frame) -> bytes:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, png = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return png.tobytes()
