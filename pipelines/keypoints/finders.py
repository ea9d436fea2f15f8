"""Who finds the people of a video's frames.

The embedded detector is MediaPipe's BlazePose, which finds one person at a time; others are those
whom its first half suspects besides. Those who have the weights of ViTPose and of a person detector
use them.
"""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np

from pipelines.keypoints.blazepose import SHOULDERS, BlazePose, Box, Sighting
from pipelines.keypoints.people import Image, PeopleFinder, Person
from pipelines.keypoints.search import people_in
from pipelines.keypoints.skeletons import BLAZEPOSE
from pipelines.keypoints.suspects import BlazePoseHalves
from pipelines.support.devices import torch_device
from pipelines.support.errors import BadUsage

_COCO = list(BLAZEPOSE.values())


class EmbeddedFinder:
    """BlazePose, which comes with the package. While it is open, stderr of C code is silenced."""

    name = "blazepose"

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> EmbeddedFinder:
        self._detector = self._open.enter_context(BlazePose())
        self._halves = self._open.enter_context(BlazePoseHalves())
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def find(self, rgb: Image, near: Person | None = None, several: bool = False) -> list[Person]:
        """See PeopleFinder."""
        height, width = rgb.shape[:2]
        window = None if near is None else _around(near, width, height)
        before = 0 if near is None else 1 + several
        people = people_in(rgb, self._detector, self._halves, window, before)
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

    return VitPoseFinder(person_detector, pose_model, torch_device(device).type)


def _person(sighting: Sighting, width: int, height: int) -> Person:
    points = sighting.landmarks[_COCO]
    seen = sighting.visibility[_COCO].copy()
    seen[~((points >= 0).all(1) & (points < (width, height)).all(1))] = 0.0
    inside = points[seen > 0.3]
    rows, columns = np.nonzero(sighting.mask > 0.5)
    if len(rows):
        inside = np.concatenate([inside, np.stack([columns, rows], 1)])
    corners = [inside.min(0), inside.max(0) + 1] if len(inside) else [[0, 0], [0, 0]]
    shoulders = float(sighting.visibility[SHOULDERS].min())
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
