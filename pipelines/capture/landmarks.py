"""What a pose finder says of the one dancer of a video: 33 landmarks, in the picture and in metres.

BlazePose's: docs/reference/capture.md#landmarks. Shapes: T frames, M = 33 landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.support.archives import read_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

Floats = NDArray[np.float64]

COUNT = 33
OTHER_SIDE: tuple[int, ...] = (
    0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9,
    *(number + (1 if number % 2 else -1) for number in range(11, COUNT)),
)  # fmt: skip
"""For each landmark, the one on the other side of the body."""

_PER_FRAME = ("image", "visibility", "world", "camera", "changed", "clothes")


@dataclass(frozen=True)
class Landmarks:
    """One dancer over time.

    Attributes:
        image: (T, 33, 2) pixels of the picture; NaN in frames where nobody is found.
        visibility: (T, 33) in [0, 1]; 0 where nobody is found.
        world: (T, 33, 3) metres, x right, y down, z away from the camera, origin between the
            hips; NaN where nobody is found.
        fps: frame t is seen at t / fps seconds.
        width, height: of the picture, pixels.
        camera: (T,) how far the background has moved since the frame before, as a share of the
            picture's width; 0 where that is not known.
        changed: (T,) mean change of the picture since the frame before, in [0, 1].
        clothes: (T, 3) colour of the trunk (`clothes.trunk_colour`); NaN where it is not known.
    """

    image: Floats
    visibility: Floats
    world: Floats
    fps: float
    width: int
    height: int
    camera: Floats
    changed: Floats
    clothes: Floats

    @property
    def frames(self) -> int:
        """How many."""
        return len(self.image)

    @property
    def found(self) -> NDArray[np.bool_]:
        """(T,) whether somebody is."""
        return np.asarray(np.isfinite(self.world).all((1, 2)))

    def sliced(self, start: int, stop: int) -> Landmarks:
        """Frames start (inclusive) to stop (exclusive)."""
        return replace(self, **{name: getattr(self, name)[start:stop] for name in _PER_FRAME})

    def validate(self) -> Landmarks:
        """Return self, or raise UnsuitableInput on shapes that do not fit each other."""
        frames = len(self.image)
        shapes = {
            "image": (frames, COUNT, 2), "visibility": (frames, COUNT),
            "world": (frames, COUNT, 3), "camera": (frames,), "changed": (frames,),
            "clothes": (frames, 3),
        }  # fmt: skip
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise UnsuitableInput(
                    f"landmarks: {name} is {getattr(self, name).shape}, expected {shape}"
                )
        if not (0 < self.fps <= 1000 and self.width > 0 and self.height > 0):
            raise UnsuitableInput(
                f"landmarks: {self.fps} frames per second of {self.width}x{self.height} pixels"
            )
        return self


def save_landmarks(path: Path, found: Landmarks) -> None:
    """Write as npz, atomically; float32 for all that is per frame."""
    arrays: dict[str, Any] = {}
    for one in fields(found):
        value = getattr(found, one.name)
        arrays[one.name] = value.astype(np.float32) if isinstance(value, np.ndarray) else value
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def load_landmarks(path: Path) -> Landmarks:
    """Read a file of `save_landmarks`.

    Raises:
        UnsuitableInput: not such a file.
    """
    try:
        data = read_npz(path)
        return Landmarks(
            **{name: data[name].astype(np.float64) for name in _PER_FRAME},
            fps=float(data["fps"]),
            width=int(data["width"]),
            height=int(data["height"]),
        ).validate()
    except (KeyError, ValueError, TypeError) as error:
        raise UnsuitableInput(f"{path}: no landmarks of macedance ({error})") from None
