"""What goes into Wan-Animate and what comes out: sizes, times, the reference, stored segments."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.pose_drawing import draw_pose
from pipelines.keypoints.staged import StagedDance
from pipelines.support.files import atomic_path

Frames = NDArray[np.uint8]
Float = NDArray[np.float64]

MULTIPLE = 16


def model_size(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The nearest size that the model can make: multiples of 16, at most `max_pixels`."""
    shrink = min(1.0, (max_pixels / (width * height)) ** 0.5)
    sides = [max(MULTIPLE, round(side * shrink / MULTIPLE) * MULTIPLE) for side in (width, height)]
    while sides[0] * sides[1] > max_pixels:
        longer = int(sides[1] > sides[0])
        sides[longer] -= MULTIPLE
    return sides[0], sides[1]


@dataclass(frozen=True)
class Controls:
    """A staged dance at the model's size and rate.

    Attributes:
        xy: (M, 29, 2) pixels of the model's frame; visibility: (M, 29).
        reference: (height, width, 3) the reference picture, laid where the dancer will be.
        width, height: of the model's frame; canvas: of the output frame.
        rate: the model's frames per output frame.
        fps: of the model's frames.
    """

    xy: Float
    visibility: Float
    reference: Frames
    width: int
    height: int
    canvas: tuple[int, int]
    rate: float
    fps: float

    @classmethod
    def of(
        cls, person: ReferencePerson, dance: StagedDance, fps: float, max_pixels: int
    ) -> Controls:
        """Resample a dance in time to `fps` and in space to a size that the model can make."""
        width, height = model_size(dance.width, dance.height, max_pixels)
        scale = np.array([width / dance.width, height / dance.height])
        rate = fps / dance.fps
        count = len(dance.xy)
        at = np.minimum(np.arange(round((count - 1) * rate) + 1) / rate, count - 1)
        return cls(
            xy=_sampled(dance.xy, at) * scale,
            visibility=_sampled(dance.visibility, at),
            reference=_reference(person, dance.reference_to_canvas, scale, width, height),
            width=width,
            height=height,
            canvas=(dance.width, dance.height),
            rate=rate,
            fps=fps,
        )

    @property
    def frames(self) -> int:
        """Number of frames M that the model has to make."""
        return len(self.xy)

    def pose(self, frame: int) -> Frames:
        """The skeleton picture of one of the model's frames."""
        return draw_pose(self.xy[frame], self.visibility[frame], self.width, self.height)

    def seconds(self, frame: int) -> float:
        """When one of the model's frames is shown."""
        return frame / self.fps

    def source_of(self, frame: int) -> int:
        """The model's frame that is shown as this output frame: the nearest in time."""
        return min(round(frame * self.rate), self.frames - 1)

    def to_canvas(self, frame: Frames) -> Frames:
        """One of the model's frames at the size of the output."""
        if self.canvas == (self.width, self.height):
            return frame
        return np.asarray(cv2.resize(frame, self.canvas, interpolation=cv2.INTER_CUBIC), np.uint8)


def _sampled(values_TKx: Float, at_M: Float) -> Float:
    """Linear interpolation along the first axis at fractional frames."""
    low = np.floor(at_M).astype(int)
    high = np.minimum(low + 1, len(values_TKx) - 1)
    weight = (at_M - low).reshape(-1, *([1] * (values_TKx.ndim - 1)))
    mixed: Float = values_TKx[low] * (1 - weight) + values_TKx[high] * weight
    return mixed


def _reference(
    person: ReferencePerson, to_canvas_23: Float, scale: Float, width: int, height: int
) -> Frames:
    """The picture as it lies on the canvas; beyond its edge the edge's colours go on.

    Wan letterboxes the picture with black bars. Laid where the dance is staged, it agrees with the
    skeletons in size and place, and no bars are there to be copied into the video.
    """
    matrix = np.diag(scale) @ np.asarray(to_canvas_23, dtype=np.float64)
    zoom = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    image = person.image
    if zoom < 1:
        # warpAffine reads single pixels; blurring first keeps a large photo from aliasing.
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.5 / zoom), dtype=np.uint8)
    warped = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, dtype=np.uint8)


def save_frames(path: Path, frames_THW3: Frames, entry: dict[str, Any]) -> None:
    """Keep a finished segment without loss: a zip of PNGs and entry.json, whole or not at all."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr("entry.json", json.dumps(entry))
        for index, frame in enumerate(frames_THW3):
            bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
            _, png = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            archive.writestr(f"{index:05d}.png", png.tobytes())


def load_frames(path: Path) -> tuple[Frames, dict[str, Any]]:
    """Read what `save_frames` kept."""
    frames = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".png"):
                data = np.frombuffer(archive.read(name), dtype=np.uint8)
                frames.append(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
        entry = json.loads(archive.read("entry.json"))
    return np.asarray(frames, dtype=np.uint8), entry
