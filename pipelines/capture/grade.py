"""How far a captured dance is to be trusted: a figure from 0 to 1, and what it is made of.

docs/reference/capture.md#grade says what each part costs. Shapes: T frames, K marks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.unseen_legs import LEGS_LONG, LEGS_SEEN

Floats = NDArray[np.float64]

_ERROR = 0.0635
_TYPICAL_DEPTH_MISFIT, _BY_DEPTH_MISFIT = 0.054, 0.39
_TYPICAL_MISFIT, _BY_MISFIT = 0.0242, 0.29
_TYPICAL_SPEED, _BY_SPEED = 0.57, 0.07
"""Joint error and figures of a typical clip, and the powers of the figures that the error goes by;
of rendered dances that are not held out (benchmarks/capture.py --learned --grade)."""

CAMERA_STILL = 0.02
"""Widths of the picture per second that a background may wander, as leaves and lights do."""


@dataclass(frozen=True)
class Figures:
    """What can be said of a capture without truth.

    Attributes:
        seen: share of limb landmarks that the finder is sure of.
        bridged: share of frames that were interpolated.
        exchanged: share of frames in which left and right were put back, or a part was left out.
        misfit: mean distance of the fitted limbs' landmarks from the seen ones, in torso lengths.
        depth_misfit: mean distance of the fitted landmarks from the metric ones, metres.
        speed: mean of the joints about the pelvis, metres per second.
        pixels: median height of the dancer.
        camera: how fast the background moves, widths of the picture per second.
        fps: of the video.
        upright: whether frames were found that tell which way is up.
        legs: share of the time in which legs are seen.
        leg_reach: how long they are in the picture when they are long, torso lengths.
    """

    seen: float
    bridged: float
    exchanged: float
    misfit: float
    depth_misfit: float
    speed: float
    pixels: float
    camera: float
    fps: float
    upright: bool
    legs: float
    leg_reach: float

    def plain(self) -> dict[str, Any]:
        """JSON-able, four digits; with `expected_error`."""
        facts = asdict(self) | {"expected_error": self.expected_error()}
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in facts.items()}

    def expected_error(self) -> float:
        """Metres by which joints about the pelvis are off, as rendered dances of such figures are.

        It knows nothing of legs that are not seen, nor of cameras that move.
        """
        likely = (
            _ERROR
            * (max(self.depth_misfit, 1e-3) / _TYPICAL_DEPTH_MISFIT) ** _BY_DEPTH_MISFIT
            * (max(self.misfit, 1e-3) / _TYPICAL_MISFIT) ** _BY_MISFIT
            * (max(self.speed, 1e-3) / _TYPICAL_SPEED) ** _BY_SPEED
        )
        return float(np.clip(likely, 0.02, 0.5))

    def grade(self) -> float:
        """From 0, worthless, to 1, nothing to be said against it."""
        parts = (
            _falls(self.expected_error(), 0.05, 0.115),
            _falls(1 - self.seen, 0.3, 0.8),
            _falls(self.bridged, 0.02, 0.4),
            _falls(self.exchanged, 0.05, 0.4),
            _falls(-self.pixels, -120, -50),
            _falls(self.camera, CAMERA_STILL, 0.5),
            _falls(-self.fps, -24, -6),
            1.0 if self.upright else 0.6,
            _falls(1 - self.legs, 1 - LEGS_SEEN, 0.6),
            _falls(-self.leg_reach, -LEGS_LONG, -1.2),
        )
        return round(float(np.prod(parts)), 3)

    def remarks(self) -> tuple[str, ...]:
        """What lowers the grade and can be said in words, a line each."""
        found = []
        if self.camera > 2 * CAMERA_STILL:
            found.append("the camera moves: the way over the floor is its way too")
        if self.legs < LEGS_SEEN:
            found.append("legs are not seen: the dancer is made to stand")
        elif self.leg_reach < LEGS_LONG:
            found.append("legs look short: the dancer sits or is seen from above; they are guessed")
        elif not self.upright:
            found.append("the dancer hardly stands: which way is up is a guess")
        if self.exchanged > 0.1:
            found.append(f"left and right were unclear in {self.exchanged:.0%} of the frames")
        if self.seen < 0.8:
            found.append(f"{1 - self.seen:.0%} of the limbs are hidden or outside the picture")
        if self.bridged > 0.05:
            found.append(f"{self.bridged:.0%} of the frames are interpolated")
        if self.pixels < 120:
            found.append(f"the dancer is {self.pixels:.0f} pixels high")
        if self.fps < 20:
            found.append(f"{self.fps:g} frames per second: quick accents are lost")
        return tuple(found)


def _falls(value: float, good: float, bad: float) -> float:
    """1 up to `good`, falling to 0.1 at `bad` and beyond."""
    share = (value - good) / (bad - good)
    return float(np.clip(1 - 0.9 * share, 0.1, 1.0))
