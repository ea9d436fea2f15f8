"""Which stretch of a video shows one dancer without a break, and its short gaps bridged.

Gaps of up to half a second are interpolated; longer ones, cuts and changes of person end a piece,
and the longest piece is kept: docs/reference/capture.md#gaps. Shapes: T frames, 33 landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.clothes import other_clothes
from pipelines.capture.landmarks import Landmarks
from pipelines.keypoints.blazepose import HIPS, SHOULDERS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.runs import runs

Mask = NDArray[np.bool_]

LONGEST_GAP, SHORTEST_PIECE = 0.5, 2.5
"""Seconds."""
_TRUNK = [*SHOULDERS, *HIPS]
_TRUNK_SEEN = 0.3
_JUMP, _JUMP_SPEED = 0.6, 6.0
"""Torso lengths that a trunk's middle may jump at once, and torso lengths per second."""
_GROWTH = 1.6
"""How much larger or smaller nobody gets from one frame to the next."""
_OTHER_PICTURE = 0.22
"""Mean change of all pixels, 1 being from black to white, that no camera of one shot makes."""


@dataclass(frozen=True)
class Piece:
    """The frames that are fitted.

    Attributes:
        found: landmarks of the piece, finite in every frame.
        start: its first frame in the video.
        bridged: (T,) frames that were interpolated.
        reasons: why there is no more of it, a line each; () where all of the video is kept.
    """

    found: Landmarks
    start: int
    bridged: Mask
    reasons: tuple[str, ...]


def longest_piece(found: Landmarks) -> Piece:
    """The longest stretch that shows one dancer, whole.

    Raises:
        UnsuitableInput: nobody is found, or no stretch lasts 2.5 s; the message says why.
    """
    here = _present(found)
    if not here.any():
        raise UnsuitableInput("nobody is found in any frame")
    breaks, why = _breaks(found, here)
    edges = [0, *breaks, found.frames]
    spans = [(a, b) for first, last in pairwise(edges)
             for a, b in _without_long_gaps(here, first, last, found.fps)]  # fmt: skip
    start, stop = max(spans, key=lambda span: span[1] - span[0], default=(0, 0))
    reasons = tuple(why + _gap_reasons(here, found.fps))
    if stop - start < SHORTEST_PIECE * found.fps:
        raise UnsuitableInput(
            f"no {SHORTEST_PIECE:g} s of one dancer in a piece"
            + (f": {'; '.join(reasons)}" if reasons else "")
        )
    inside = found.sliced(start, stop)
    missing = ~here[start:stop]
    whole = stop - start == found.frames
    return Piece(_bridged(inside, missing), start, missing, () if whole else reasons)


def _present(found: Landmarks) -> Mask:
    seen = found.visibility[:, _TRUNK].max(1) > _TRUNK_SEEN
    return np.asarray(found.found & seen)


def _breaks(found: Landmarks, here: Mask) -> tuple[list[int], list[str]]:
    """Frames with which another shot or another person begins, and a line for each."""
    frames, why = [], []
    cuts = np.flatnonzero(found.changed > _OTHER_PICTURE)
    for frame in cuts:
        frames.append(int(frame))
        why.append(f"another picture at {frame / found.fps:.2f} s")
    known = np.flatnonzero(here)
    middle = found.image[:, _TRUNK].mean(1)
    torso = np.linalg.norm(
        found.image[:, SHOULDERS].mean(1) - found.image[:, HIPS].mean(1), axis=-1
    )
    span = np.ptp(np.where(np.isfinite(found.image), found.image, 0), axis=1).max(-1)
    size = np.maximum(torso, 0.2 * span)
    for before, after in pairwise(known):
        if any(before < cut <= after for cut in cuts):
            continue
        seconds = (after - before) / found.fps
        scale = max(size[before], size[after], 1e-6)
        jump = np.linalg.norm(middle[after] - middle[before]) / scale
        growth = max(span[after], 1e-6) / max(span[before], 1e-6)
        if jump > _JUMP + _JUMP_SPEED * seconds or (
            jump > _JUMP and not 1 / _GROWTH < growth < _GROWTH
        ):
            frames.append(int(after))
            why.append(f"somebody else is followed from {after / found.fps:.2f} s on")
    for frame in other_clothes(found.image, found.clothes, found.fps):
        if all(abs(frame - known_frame) > LONGEST_GAP * found.fps for known_frame in frames):
            frames.append(frame)
            why.append(f"somebody dressed otherwise is followed from {frame / found.fps:.2f} s on")
    return sorted(set(frames)), why


def _without_long_gaps(here: Mask, first: int, last: int, fps: float) -> list[tuple[int, int]]:
    """Spans between the gaps that are too long, without gaps at their ends."""
    spans: list[tuple[int, int]] = []
    for start, stop in runs(here[first:last]):
        if spans and start + first - spans[-1][1] <= LONGEST_GAP * fps:
            spans[-1] = (spans[-1][0], stop + first)
        else:
            spans.append((start + first, stop + first))
    return spans


def _gap_reasons(here: Mask, fps: float) -> list[str]:
    return [
        f"nobody is found from {start / fps:.2f} to {stop / fps:.2f} s"
        for start, stop in runs(~here)
        if stop - start > LONGEST_GAP * fps or start == 0 or stop == len(here)
    ]


def _bridged(found: Landmarks, missing: Mask) -> Landmarks:
    """Missing frames on the line between their neighbours, unseen."""
    times = np.arange(found.frames)
    known = ~missing
    arrays = {}
    for name in ("image", "world"):
        values = getattr(found, name).copy()
        flat = values.reshape(found.frames, -1)
        for column in range(flat.shape[1]):
            flat[missing, column] = np.interp(times[missing], times[known], flat[known, column])
        arrays[name] = flat.reshape(values.shape)
    visibility = np.where(missing[:, None], 0.0, found.visibility)
    return replace(found, visibility=visibility, **arrays)
