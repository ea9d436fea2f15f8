"""Holding the colours of a long video that is made segment by segment.

Every joint re-encodes the last frames and shifts colour and contrast a little; over half a minute
it shows (docs/reference/wan-animate.md#relay). Each later segment is therefore mapped, in CIE Lab,
by a gain and an offset per channel that change linearly over the segment: at its start so that the
frames which repeat the segment before look as they did there (no jump), at its end so that the
segment's mean and deviation are those of the first segment. Both are limited, so that real changes
of the picture survive; where the repeated frames do not show the same, only the second is used.

Lab in OpenCV's float ranges: L in [0, 100], a and b about [-127, 127].
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Float = NDArray[np.float64]

MAX_SHIFT = 8.0
GAIN_LIMITS = (0.9, 1.1)
_SAME = 0.9
_STRIDE = 4  # statistics from every 4th pixel per axis: 57 600 of a 720p frame


@dataclass(frozen=True)
class LabStatistics:
    """Mean (3,) and standard deviation (3,) of Lab over some frames."""

    mean: Float
    deviation: Float


def lab_statistics(frames_THW3: Frames) -> LabStatistics:
    """Statistics of uint8 RGB frames (T, H, W, 3)."""
    small = np.ascontiguousarray(frames_THW3[:, ::_STRIDE, ::_STRIDE])
    count, height, width, _ = small.shape
    lab = _to_lab(small.reshape(count * height, width, 3)).reshape(-1, 3).astype(np.float64)
    return LabStatistics(lab.mean(axis=0), lab.std(axis=0))


def delta_e(first: LabStatistics, second: LabStatistics) -> float:
    """CIE 1976 colour difference of the mean colours; about 2.3 is just noticeable."""
    return float(np.linalg.norm(first.mean - second.mean))


def matched(
    frames_THW3: Frames,
    anchor: LabStatistics,
    previous_tail_RHW3: Frames,
) -> Frames:
    """A later segment with its colours led back to those of the first.

    Args:
        frames_THW3: the whole segment as decoded; its first R frames repeat the previous one's.
        anchor: statistics of the first segment.
        previous_tail_RHW3: the last R frames of the previous segment, as matched.
    """
    repeated = frames_THW3[: len(previous_tail_RHW3)]
    start = end = _transfer(lab_statistics(frames_THW3), anchor)
    if _same_content(repeated, previous_tail_RHW3):
        start = _transfer(lab_statistics(repeated), lab_statistics(previous_tail_RHW3))
    result = np.empty_like(frames_THW3)
    for index, frame in enumerate(frames_THW3):
        share = index / max(len(frames_THW3) - 1, 1)
        gain, offset = ((1 - share) * a + share * b for a, b in zip(start, end, strict=True))
        lab = _to_lab(frame) * gain.astype(np.float32) + offset.astype(np.float32)
        rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
        result[index] = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return result


def _same_content(first_RHW3: Frames, second_RHW3: Frames) -> bool:
    """Whether two clips show the same but for tint and contrast; if not, colours prove nothing."""
    first, second = (
        clip[:, ::_STRIDE, ::_STRIDE].mean(axis=-1).ravel() for clip in (first_RHW3, second_RHW3)
    )
    if min(first.std(), second.std()) < 1.0:
        return bool(abs(first.std() - second.std()) < 1.0)
    return bool(np.corrcoef(first, second)[0, 1] > _SAME)


def _transfer(source: LabStatistics, target: LabStatistics) -> tuple[Float, Float]:
    """Gain and offset (3,) that turn the source's statistics into the target's, limited."""
    ratio = (target.deviation + 1.0) / (source.deviation + 1.0)
    gain: Float = np.clip(ratio, GAIN_LIMITS[0], GAIN_LIMITS[1])
    shift: Float = np.clip(target.mean - source.mean, -MAX_SHIFT, MAX_SHIFT)
    return gain, source.mean * (1 - gain) + shift


def _to_lab(rgb_HW3: Frames) -> NDArray[np.float32]:
    lab: NDArray[np.float32] = cv2.cvtColor(rgb_HW3.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab
