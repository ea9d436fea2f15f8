"""Where one recorded piece passes into the next: is it rougher there, do feet slide?

Shapes: T frames, J joints.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from quality.clips import FPS, Clip


def join_jerk(clips: Sequence[Clip], joins: Sequence[Sequence[int]]) -> float:
    """Jerk within .25 s of the joins (frames of each clip) over jerk elsewhere."""
    near, far = [], []
    for clip, theirs in zip(clips, joins, strict=True):
        jerk = np.linalg.norm(np.diff(clip.joints, n=3, axis=0), axis=-1).mean(1) * FPS**3
        at = np.zeros(len(jerk), dtype=bool)
        for join in theirs:
            at[max(0, join - 9) : max(0, join + 6)] = True
        near.append(jerk[at])
        far.append(jerk[~at])
    joined = np.concatenate(near)
    return float(joined.mean() / np.concatenate(far).mean()) if len(joined) else float("nan")


def join_slide(clips: Sequence[Clip], joins: Sequence[Sequence[int]]) -> float:
    """Share of contact frames within .5 s of the joins in which a foot slides, as FSR counts it."""
    slides, stands = 0, 0
    for clip, theirs in zip(clips, joins, strict=True):
        joints = clip.joints
        ground = np.percentile(joints[:, [10, 11], 2], 2)
        step = np.linalg.norm(np.diff(joints[..., :2], axis=0), axis=-1) * FPS > 0.3
        at = np.zeros(len(joints) - 1, dtype=bool)
        for join in theirs:
            at[max(0, join - 8) : join + 8] = True
        for ankle, toes in ((7, 10), (8, 11)):
            low = (joints[:-1, ankle, 2] - ground <= 0.08) & (joints[:-1, toes, 2] - ground <= 0.05)
            slides += int((low & at & (step[:, ankle] | step[:, toes])).sum())
            stands += int((low & at).sum())
    return slides / max(stands, 1)
