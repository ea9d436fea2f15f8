"""Putting a dancer onto the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from pipelines.body.feet import floor_height, foot_heights
from pipelines.motion.motion import Motion

_LONGEST_JUMP = 0.5
"""Seconds that nobody stays in the air for: 30 cm high jumps last that long."""
_SETTLING = 0.1
"""Seconds: sigma of the filter that keeps the way down free of jolts."""


def on_floor(motion: Motion) -> Motion:
    """The same motion, moved up or down so that it stands on z = 0."""
    height = floor_height(motion.joints(), motion.fps)
    trans = motion.trans - np.array([0, 0, height], dtype=np.float32)
    return replace(motion, trans=trans)


def settled(motion: Motion) -> Motion:
    """The motion without floating: within any half second the lower foot comes down to z = 0.

    Leaps stay as high as they are; only what lasts longer than a leap can is taken out.
    """
    lowest = foot_heights(motion.joints()).min(axis=1)
    longest = 2 * round(_LONGEST_JUMP * motion.fps / 2) + 1
    floating = minimum_filter1d(lowest, longest, mode="nearest")
    floating = gaussian_filter1d(floating, _SETTLING * motion.fps, mode="nearest")
    trans = motion.trans.copy()
    trans[:, 2] -= np.maximum(floating, 0).astype(np.float32)
    return replace(motion, trans=trans)
