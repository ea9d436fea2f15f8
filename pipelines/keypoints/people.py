"""Everybody in a video's frames through one interface, whoever the detector is.

The embedded detector is MediaPipe's BlazePose, which finds one person at a time: found, painted
over, looked for again. Those who have the weights of ViTPose and of a person detector use them.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.blazepose import BlazePose, Box, Sighting
from pipelines.keypoints.search import people_in
from pipelines.support.errors import BadUsage

Image = NDArray[np.uint8]

# BlazePose's landmark of each of COCO's 17 points.
_COCO_OF_BLAZEPOSE = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]


@dataclass(frozen=True)
class Person:
    """One person in a frame.

    Attributes:
        box: (4,) left, top, right, bottom in pixels.
        confidence: in [0, 1].
        points: (17, 3) x, y in pixels and confidence, in COCO's order (files.COCO_17).
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

    def find(self, rgb: Image, near: Person | None = None) -> list[Person]:
        """The people of an RGB frame (H, W, 3); `near` is who was there a moment ago."""
        ...


class EmbeddedFinder:
    """BlazePose, which comes with the package. While it is open, stderr of C code is silenced."""

    name = "blazepose"

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> EmbeddedFinder:
        self._detector = self._open.enter_context(BlazePose())
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def find(self, rgb: Image, near: Person | None = None) -> list[Person]:
        """See PeopleFinder."""
        height, width = rgb.shape[:2]
        window = None if near is None else _around(near, width, height)
        people = people_in(rgb, self._detector, window)
        return [_person(sighting, width, height) for sighting in people]


def check_models(person_detector: str | None, pose_model: str | None) -> None:
    """Raise BadUsage unless both models are named, or neither."""
    if (person_detector is None) != (pose_model is None):
        raise BadUsage("--person-detector and --pose-model go together", "give both, or neither")


def finder_name(person_detector: str | None, pose_model: str | None) -> str:
    """Who looks for people; what one has found does not serve for another."""
    if person_detector is None:
        return EmbeddedFinder.name
    return f"{person_detector} + {pose_model}"


def finder_for(person_detector: str | None, pose_model: str | None, device: str) -> PeopleFinder:
    """ViTPose with a detector where models are named, else the embedded finder; not yet open.

    Args:
        person_detector, pose_model: folders or ids for transformers.
        device: "auto", "cpu" or "cuda".
    """
    if person_detector is None or pose_model is None:
        return EmbeddedFinder()
    from pipelines.keypoints.vitpose import VitPoseFinder

    if device == "auto":
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
    return VitPoseFinder(person_detector, pose_model, device)


def _person(sighting: Sighting, width: int, height: int) -> Person:
    points = sighting.landmarks[_COCO_OF_BLAZEPOSE]
    seen = sighting.visibility[_COCO_OF_BLAZEPOSE].copy()
    seen[~((points >= 0).all(1) & (points < (width, height)).all(1))] = 0.0
    inside = points[seen > 0.3]
    rows, columns = np.nonzero(sighting.mask > 0.5)
    if len(rows):
        inside = np.concatenate([inside, np.stack([columns, rows], 1)])
    corners = [inside.min(0), inside.max(0) + 1] if len(inside) else [[0, 0], [0, 0]]
    shoulders = float(sighting.visibility[[11, 12]].min())
    box = np.asarray(corners, np.float64).reshape(4)
    return Person(box, shoulders, np.column_stack([points, seen]))


def _around(person: Person, width: int, height: int) -> Box | None:
    """A square three fifths larger than somebody; None where that is most of the picture."""
    centre = (person.box[:2] + person.box[2:]) / 2
    side = 0.8 * float(np.max(person.box[2:] - person.box[:2]))
    if 2 * side > 0.8 * min(width, height) or side < 8:
        return None
    left, top = np.maximum(0, centre - side).astype(int)
    right, bottom = np.minimum((width, height), centre + side).astype(int)
    return int(left), int(top), int(right), int(bottom)
