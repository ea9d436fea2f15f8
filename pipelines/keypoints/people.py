"""People in a video's frames, whoever finds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Person:
    """One person in a frame.

    Attributes:
        box: (4,) left, top, right, bottom in pixels.
        confidence: in [0, 1].
        points: (17, 3) x, y in pixels and confidence, in COCO's order (skeletons.COCO_17).
    """

    box: NDArray[np.float64]
    confidence: float
    points: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Of the box, in square pixels."""
        return float(np.prod(np.maximum(0, self.box[2:] - self.box[:2])))


class PeopleFinder(Protocol):
    """Finds the people of frames; opened and closed as a context manager."""

    @property
    def name(self) -> str:
        """Who finds: kept with what was found."""
        ...

    def __enter__(self) -> PeopleFinder: ...

    def __exit__(self, *_: object) -> None: ...

    def find(self, rgb: Image, near: Person | None = None, several: bool = False) -> list[Person]:
        """The people of an RGB frame (H, W, 3).

        Args:
            near: who was there a moment ago. several: whether others were there too.
        """
        ...
