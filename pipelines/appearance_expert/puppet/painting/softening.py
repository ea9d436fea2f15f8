"""What of a dance a puppet cannot draw, and how much less of it will do (#softening).

A moment on the floor or a deep bend draws the picture out until it tears. There, and only there,
the limbs that tear dance less, and if that is not enough the whole body
(docs/reference/puppet.md#softening).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import PART_NAMES, TORSO
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.painting.tears import Tears, tears_of
from pipelines.appearance_expert.puppet.posing.rig import Rig
from pipelines.appearance_expert.puppet.posing.softened import Pose, soften
from pipelines.keypoints.staged import StagedDance
from pipelines.support.runs import runs

_LOOKED_AT = 10.0
"""Frames a second that are looked at."""
_LEVELS = (0.65, 0.35, 0.1, 0.0)
"""Shares of the dance that are tried one after the other; a limb first, then the whole body."""
_JOINED_SECONDS = 0.5


@dataclass(frozen=True)
class Softened:
    """A span in which the puppet dances less than it should.

    Attributes:
        start, end: seconds into the video.
        parts: names of the parts that dance less, "whole body" for all of them.
        share: the least share of the dance that is left of it.
        reason: what would be torn, in words.
    """

    start: float
    end: float
    parts: tuple[str, ...]
    share: float
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The fields, times and share rounded."""
        return {
            "start": round(self.start, 2), "end": round(self.end, 2), "parts": list(self.parts),
            "share": round(self.share, 2), "reason": self.reason,
        }  # fmt: skip

    def words(self) -> str:
        """For a line on the console."""
        return f"{self.start:.1f} to {self.end:.1f} s ({' and '.join(self.parts)})"


@dataclass(frozen=True)
class Drawable:
    """What can be drawn of a dance.

    Attributes:
        dance, rig: softened where it must be.
        spans: where and why.
    """

    dance: StagedDance
    rig: Rig
    spans: tuple[Softened, ...]


def softened_until_drawable(
    figure: Figure,
    dance: StagedDance,
    rig: Rig,
    rig_of: Callable[[StagedDance], Rig],
    still: Pose,
    most: float = 1.0,
) -> Drawable | None:
    """Lower the shares of what tears, level by level, until nothing does.

    Args:
        figure: the person. dance: what they should dance. rig: tied to it.
        rig_of: ties the figure to another dance.
        still: a pose that can be drawn, where the dance has none.
        most: share of the frames that may be torn.

    Returns:
        None where more than that is torn, or where something is torn however little is danced.
    """
    frames = _looked_at(dance)
    shares = np.ones((len(dance.xy), len(PART_NAMES)))
    reasons: dict[int, str] = {}
    found, now = rig, dance
    torn = _torn(found, figure, now, frames, most * len(frames))
    if len(torn) > most * len(frames):
        return None
    for level in _LEVELS:
        if not torn:
            break
        for frame, tears in torn.items():
            reasons.setdefault(frame, "; ".join(tears.failed))
            _lower(shares, frame, tears, level, _reach(dance))
        now = soften(dance, shares, still)
        found = rig_of(now)
        # Giving way reaches into the frames around, which were good before.
        suspects = [frame for frame in frames if _touched(shares, frame, dance.fps)]
        torn = _torn(found, figure, now, suspects)
    return None if torn else Drawable(now, found, _spans(shares, reasons, dance.fps))


def _looked_at(dance: StagedDance) -> list[int]:
    step = max(1, round(dance.fps / _LOOKED_AT))
    return list(range(0, len(dance.xy), step))


def _reach(dance: StagedDance) -> int:
    """Frames on either side that a frame that is looked at stands for."""
    return max(1, round(dance.fps / _LOOKED_AT))


def _torn(
    rig: Rig, figure: Figure, dance: StagedDance, frames: list[int], most: float = np.inf
) -> dict[int, Tears]:
    """What is torn in the frames that are; none is looked at once there are more than `most`."""
    torn: dict[int, Tears] = {}
    each = tears_of(rig, figure, dance, frames)
    for frame, tears in zip(frames, each, strict=False):
        if tears.failed:
            torn[frame] = tears
        if len(torn) > most:
            break
    each.close()
    return torn


def _lower(shares: NDArray[np.float64], frame: int, tears: Tears, level: float, reach: int) -> None:
    """Let the torn parts dance less; the whole body where a limb alone was not enough."""
    rows = slice(max(0, frame - reach), frame + reach + 1)
    parts = list(tears.torn_parts)
    if any(shares[frame, part] <= _LEVELS[1] for part in parts):
        parts = [TORSO]
    shares[rows, parts] = np.minimum(shares[rows, parts], level)


def _touched(shares: NDArray[np.float64], frame: int, fps: float) -> bool:
    near = round(0.6 * fps)
    return bool((shares[max(0, frame - near) : frame + near + 1] < 1).any())


def _spans(
    shares: NDArray[np.float64], reasons: dict[int, str], fps: float
) -> tuple[Softened, ...]:
    """The lowered frames as spans; those with a short while between them as one."""
    low = (shares < 1).any(1)
    for start, stop in runs(~low):
        if start > 0 and stop < len(low) and stop - start < _JOINED_SECONDS * fps:
            low[start:stop] = True
    found = []
    for start, stop in runs(low):
        rows = shares[start:stop]
        parts = [part for part in range(len(PART_NAMES)) if (rows[:, part] < 1).any()]
        names = tuple(PART_NAMES[part] for part in parts)
        said = [reason for frame, reason in sorted(reasons.items()) if start <= frame < stop]
        found.append(
            Softened(
                start / fps, stop / fps, ("whole body",) if TORSO in parts else names,
                float(rows.min()), said[0] if said else "",
            )
        )  # fmt: skip
    return tuple(found)
