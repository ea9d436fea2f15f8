"""Everybody that the detector can find in one picture: the main person, and others beside them.

BlazePose reports one person and overlooks small ones, so the picture is also searched in square
windows, and again with the person found painted over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.blazepose import HIPS, NOSE, SHOULDERS, BlazePose, Box, Sighting
from pipelines.keypoints.skeletons import BLAZEPOSE
from pipelines.keypoints.suspects import BlazePoseHalves, Suspect, apart

Image = NDArray[np.uint8]

_COMPARABLE = 0.45
"""Of the main person's torso; smaller people are passers-by."""

_LARGE = 0.22
"""Torso length over the picture's shorter side."""

_SURE = 0.8
"""Least visibility of nose and shoulders of somebody who counts as another person."""

_AROUND, _SAME_BODY = (1.3, 1.8), 0.5
"""Windows around a person, in their own size; share of two mattes' union that must agree."""

_BODY = [NOSE] + [
    BLAZEPOSE[f"{side}_{name}"]
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]
_EVIDENCE = 0.4
"""Least score of the detector times mean visibility of the body, for a suspect to be a person."""

_CUT = 0.01
"""Of the picture's width: whose matte comes nearer to its side is cut off by it."""

_TALL = 2.4
"""Least height of the matte of somebody seen whole, in torsos: crouching dancers have 2.7."""

_CLOSER = 0.6
"""Of the picture's shorter side: windows in which small people are searched more closely, where the
detector has a faint suspicion of somebody."""

_SUSPICION = 0.5
"""Score from which on a suspect's body is looked at."""

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
    rgb: Image, detector: BlazePose, halves: BlazePoseHalves, near: Box | None = None,
    before: int = 0, enough: int = 3,
) -> list[Sighting]:  # fmt: skip
    """The people of a video's frame, the main one first: fewer looks than for a single picture.

    Beside a main person who is seen whole those count whom the detector suspects besides them, and
    who prove to be a body: docs/reference/curation.md#one-performer.

    Args:
        detector, halves: open.
        near: where somebody was a moment ago; searched first.
        before: how many were there a moment ago: where fewer are seen, the search goes closer.
        enough: stop at so many people.
    """
    boxes = [None, *_windows(rgb, 1.0)]
    main = None
    for box in [near, *boxes] if near is not None else boxes:
        seen = detector.look(rgb, box)
        if seen is None or not _present(seen, rgb):
            continue
        if seen.whole or _seen_again(seen, rgb, detector):
            main = seen
            break
    if main is None and not before:
        return []
    if main is None or _tall(main):
        people = _proven(rgb, halves, boxes, main, before > 1, enough)
    else:
        people = _uncovered(rgb, detector, boxes, main, enough)
    return sorted(people, key=lambda one: one.torso, reverse=True)


def _proven(
    rgb: Image, halves: BlazePoseHalves, boxes: Sequence[Box | None], main: Sighting | None,
    closer: bool, enough: int,
) -> list[Sighting]:  # fmt: skip
    """The main person, and those suspects who prove to be others; without one, the surest ones."""
    people = [] if main is None else [main]

    def strangers(windows: Iterable[Box | None]) -> list[Suspect]:
        found = [suspect for box in windows for suspect in halves.suspects(rgb, box)]
        return [one for one in found if not any(_suspected(one, person) for person in people)]

    found = strangers(boxes)
    small = main is None or main.torso < _LARGE * min(rgb.shape[:2])
    if small and (found or closer):
        found += strangers(_windows(rgb, _CLOSER))
    for suspect in apart(found):
        if len(people) >= enough or suspect.score < _SUSPICION:
            break
        if any(_suspected(suspect, person) for person in people):
            continue
        other = halves.sighting(rgb, suspect)
        if other is None or not _is_body(other, suspect.score, rgb):
            continue
        if _is_other(other, people, rgb) and not _cut_off(other) if people else _tall(other):
            people.append(other)
    return people


def _uncovered(
    rgb: Image, detector: BlazePose, boxes: Sequence[Box | None], main: Sighting, enough: int
) -> list[Sighting]:
    """The main person, and whom the detector sees when those it has seen are painted over."""
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
    return people


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


def _suspected(suspect: Suspect, person: Sighting) -> bool:
    """Whether a suspect is somebody who is known."""
    hips = person.landmarks[HIPS].mean(0)
    apart = max(
        np.linalg.norm(suspect.shoulders - person.centre), np.linalg.norm(suspect.hips - hips)
    )
    return bool(apart < 0.5 * person.torso)


def _is_body(person: Sighting, score: float, rgb: Image) -> bool:
    """Whether a suspect is somebody: head, shoulders and hips for sure, and most of the rest."""
    if not _present(person, rgb) or person.visibility[[NOSE, *SHOULDERS, *HIPS]].min() < _SURE:
        return False
    return bool(score * person.visibility[_BODY].mean() >= _EVIDENCE)


def _tall(person: Sighting) -> bool:
    """Whether somebody is seen from head to foot, or nearly."""
    rows = np.flatnonzero((person.mask > 0.5).any(axis=1))
    if not len(rows) or person.visibility[[*SHOULDERS, *HIPS]].min() < _SURE:
        return False
    return bool(rows[-1] - rows[0] + 1 >= _TALL * person.torso)


def _cut_off(person: Sighting) -> bool:
    """Whether the picture's side cuts somebody: they pass by, or look on."""
    width = person.mask.shape[1]
    columns = np.flatnonzero((person.mask > 0.5).any(axis=0))
    shoulders = person.landmarks[SHOULDERS, 0]
    edge = _CUT * width
    if not len(columns) or columns[0] < edge or columns[-1] >= width - edge:
        return True
    return bool(shoulders.min() < 0 or shoulders.max() >= width)


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
