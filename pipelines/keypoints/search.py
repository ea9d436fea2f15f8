"""Everybody that the detector can find in one picture: the main person, and others beside them.

BlazePose reports one person and overlooks small ones, so the picture is also searched in square
windows, and again with the person found painted over.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.blazepose import NOSE, SHOULDERS, BlazePose, Box, Sighting

Image = NDArray[np.uint8]

_COMPARABLE = 0.45
"""Of the main person's torso; smaller people are passers-by."""

_LARGE = 0.22
"""Torso length over the picture's shorter side."""

_SURE = 0.8
"""Least visibility of nose and shoulders of somebody who counts as another person."""

_AROUND, _SAME_BODY = (1.3, 1.8), 0.5
"""Windows around a person, in their own size; share of two mattes' union that must agree."""

_FAINT = 0.25
"""Detection confidence for the second try: soft drawings, people who fill the picture."""


def find_main(rgb: Image) -> Sighting | None:
    """The most prominent person, searched for ever harder; None if there is nobody."""
    with BlazePose() as detector:
        whole = detector.look(rgb)
        if whole is not None and _present(whole, rgb):
            return whole
        return _find_hidden(rgb, detector)


def people_in(
    rgb: Image, detector: BlazePose, near: Box | None = None, enough: int = 3
) -> list[Sighting]:
    """The people of a video's frame, the main one first: fewer looks than for a single picture.

    Args:
        detector: open.
        near: where somebody was a moment ago; searched first.
        enough: stop at so many people.
    """
    boxes = [None, *_windows(rgb, 1.0)]
    for box in [near, *boxes] if near is not None else boxes:
        main = detector.look(rgb, box)
        if main is None or not _present(main, rgb):
            continue
        if main.whole or _seen_again(main, rgb, detector):
            break
    else:
        return []
    people = [main]
    rest = _painted_over(rgb, main.mask)
    for box in boxes:
        other = detector.look(rest, box)
        if other is None or not _is_other(other, people, rgb):
            continue
        if not _seen_again(other, rest, detector):
            continue
        people.append(other)
        rest = _painted_over(rest, other.mask)
        if len(people) >= enough:
            break
    return sorted(people, key=lambda one: one.torso, reverse=True)


def _find_hidden(rgb: Image, detector: BlazePose) -> Sighting | None:
    """Soft drawings, people who fill the picture, small ones far away."""
    with BlazePose(_FAINT) as eager:
        whole = eager.look(rgb)
        if whole is not None and _present(whole, rgb):
            return whole
        for looker, share in ((detector, 1.0), (detector, 0.5), (eager, 0.5)):
            seen = [looker.look(rgb, box) for box in _windows(rgb, share)]
            people = [one for one in seen if one is not None and _present(one, rgb)]
            if people:
                return _closer_look(looker, rgb, max(people, key=lambda one: one.torso))
    return None


def count_others(rgb: Image, main: Sighting, enough: int = 3) -> int:
    """How many comparable people there are besides the main one; stops counting at `enough`."""
    people = [main]
    rest = _painted_over(rgb, main.mask)
    with BlazePose() as detector:
        # Beside somebody large only large people count, and those are seen from afar.
        small = main.torso < _LARGE * min(rgb.shape[:2])
        closer = list(_windows(rgb, 0.6)) if small else []
        for box in [None, *_windows(rgb, 1.0), *closer]:
            other = detector.look(rest, box)
            if other is None or not _is_other(other, people, rgb):
                continue
            people.append(other)
            rest = _painted_over(rest, other.mask)
            if len(people) > enough:
                break
    return len(people) - 1


def _present(sighting: Sighting, rgb: Image) -> bool:
    """Whether this is somebody: shoulders in the picture, and a matte where the torso is."""
    height, width = rgb.shape[:2]
    x, y = sighting.centre
    if not (0 <= x < width and 0 <= y < height):
        return False
    shoulders = sighting.visibility[SHOULDERS].min()
    return bool(shoulders > 0.5 and sighting.mask[int(y), int(x)] > 0.3)


def _is_other(other: Sighting, people: list[Sighting], rgb: Image) -> bool:
    if not _present(other, rgb) or other.torso < _COMPARABLE * people[0].torso:
        return False
    if other.visibility[[NOSE, *SHOULDERS]].min() < _SURE:
        return False
    solid = other.mask > 0.5
    for person in people:
        overlap = (solid & (person.mask > 0.5)).sum() / max(1, int(solid.sum()))
        apart = np.linalg.norm(other.centre - person.centre)
        if overlap > 0.4 or apart < 0.35 * min(person.torso, other.torso):
            return False
    return True


def _seen_again(person: Sighting, rgb: Image, detector: BlazePose) -> bool:
    """Whether a look at their surroundings alone finds the same body.

    A bush is taken for somebody in one window and not in another.
    """
    height, width = rgb.shape[:2]
    solid = person.mask > 0.5
    rows, columns = np.nonzero(solid)
    if not len(rows):
        return False
    corners = np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]], float)
    marks = np.concatenate([corners, person.landmarks[person.visibility > 0.5]])
    centre, side = (marks.min(0) + marks.max(0)) / 2, np.ptp(marks, axis=0).max() / 2
    for share in _AROUND:
        left, top = np.maximum(0, centre - share * side).astype(int)
        right, bottom = np.minimum((width, height), centre + share * side + 1).astype(int)
        again = detector.look(rgb, (int(left), int(top), int(right), int(bottom)))
        if again is not None:
            both = solid & (again.mask > 0.5)
            either = solid | (again.mask > 0.5)
            if both.sum() > _SAME_BODY * either.sum():
                return True
    return False


def _closer_look(detector: BlazePose, rgb: Image, person: Sighting) -> Sighting:
    """Look again at a window around somebody small, where the detector sees them larger."""
    height, width = rgb.shape[:2]
    rows, columns = np.nonzero(person.mask > 0.5)
    if not len(rows):
        return person
    side = 0.75 * max(np.ptp(rows), np.ptp(columns))
    x, y = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    box = (
        max(0, int(x - side)), max(0, int(y - side)),
        min(width, int(x + side) + 1), min(height, int(y + side) + 1),
    )  # fmt: skip
    closer = detector.look(rgb, box)
    if closer is None or np.linalg.norm(closer.centre - person.centre) > 0.4 * person.torso:
        return person
    return closer


def _windows(rgb: Image, share: float) -> Iterator[Box]:
    """Half-overlapping squares, `share` of the shorter side wide, left to right, top to bottom."""
    height, width = rgb.shape[:2]
    side = round(share * min(width, height))
    for top in _starts(height, side):
        for left in _starts(width, side):
            if side < max(width, height):
                yield (left, top, left + side, top + side)


def _starts(length: int, side: int) -> list[int]:
    count = max(1, int(np.ceil(2 * (length - side) / side)) + 1)
    return [round(start) for start in np.linspace(0, length - side, count)]


def _painted_over(rgb: Image, mask: NDArray[np.float32]) -> Image:
    """The picture with a person replaced by the colours around them, smeared."""
    scale = 128 / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    gone = cv2.resize(mask, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 0.2
    gone = cv2.dilate(gone.astype(np.uint8), np.ones((7, 7), np.uint8))
    filled = cv2.inpaint(small, gone, 5, cv2.INPAINT_TELEA)
    size = rgb.shape[1::-1]
    cover = cv2.resize(gone.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)[..., None]
    wide = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR)
    painted: Image = (rgb * (1 - cover) + wide * cover).astype(np.uint8)
    return painted
