"""A dance with its root, knees and feet restored; Algorithm 2 of the paper.

Where text and algorithm contradict each other, and what we add:
docs/reference/foot-restoration.md#guidance. Shapes: T frames, K = 265 features, M = 79 merged ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import encode
from pipelines.foot_restoration.guidance import Guide
from pipelines.foot_restoration.model import FootModel, load_model
from pipelines.foot_restoration.network import signal_share
from pipelines.motion.foot_lock import with_feet
from pipelines.motion.grounding import on_floor
from pipelines.motion.motion import Motion
from pipelines.support.conventions import MOTION_FPS

_OVERLAP = 30
"""Frames that neighbouring windows share."""


@dataclass(frozen=True)
class Restoring:
    """How to sample.

    Attributes:
        steps: of the diffusion, evenly spaced.
        threshold: the time, as a share of the last step, from which on downwards feet are stilled;
            above it the shape of the legs is pulled towards that of the input (t_th / T).
        shape: how strongly it is pulled: 1 as in the paper, 0 not at all.
        noise: what it starts from, as a share of the noise of training: 1 as in the paper.
        seed: of the noise.
    """

    steps: int = 2
    threshold: float = 0.3
    shape: float = 0.0
    noise: float = 0.0
    seed: int = 0


def restored(
    motion: Motion, model: FootModel | None = None, how: Restoring | None = None
) -> Motion:
    """The motion with better feet: root and legs are moved, every other joint turns as before.

    The same input gives the same output on one machine.

    Args:
        motion: any frame rate, z up; it is set onto the floor z = 0.
        model: None takes the one that ships.
        how: None samples as was measured best.
    """
    if motion.frames < 2:
        return motion
    at_30 = on_floor(motion.resampled(MOTION_FPS))
    if at_30.frames < 2:
        return motion
    legs, feet_T43 = _sampled(at_30, model or load_model(), how or Restoring())
    return _at_its_rate(motion, legs, feet_T43)


def _sampled(
    motion: Motion, model: FootModel, how: Restoring
) -> tuple[Motion, NDArray[np.float64]]:
    """The motion with the root and the legs of the model, and where its feet are to be."""
    given_TK = torch.from_numpy(encode(motion))
    seen_TK = model.scaling.standard(given_TK)
    generator = torch.Generator().manual_seed(how.seed)
    noise_TM = how.noise * torch.randn(motion.frames, len(columns.MERGED), generator=generator)
    guide = Guide(motion, given_TK)
    noisy_TM, found_TK = noise_TM, given_TK
    times = torch.linspace(1, 0, how.steps + 1).tolist()
    for now, then in pairwise(times):
        guess_TM, stands_T4 = _predicted(model, noisy_TM, seen_TK, now)
        found_TK = guide.on_the_way(model.scaling.corrected(given_TK, guess_TM), stands_T4)
        if now >= how.threshold:
            found_TK = guide.in_shape(found_TK, now, how.shape)
        else:
            found_TK = guide.stilled(found_TK, now, stands_T4)
        kept = signal_share(torch.tensor(then))
        guided_TM = model.scaling.correction(found_TK, given_TK)
        noisy_TM = kept.sqrt() * guided_TM + (1 - kept).sqrt() * noise_TM
    return guide.moved(found_TK), guide.feet(found_TK, stands_T4)


def _predicted(
    model: FootModel, noisy_TM: Tensor, seen_TK: Tensor, now: float
) -> tuple[Tensor, NDArray[np.float64]]:
    """The correction (T, M) and how likely feet stand (T, 4), windows faded into each other."""
    frames, window = len(seen_TK), min(model.network.config.window, len(seen_TK))
    starts = [*range(0, frames - window, max(1, window - _OVERLAP)), frames - window]
    cuts = [torch.stack([x[s : s + window] for s in starts]) for x in (noisy_TM, seen_TK)]
    with torch.inference_mode():
        guess, logits = model.network(*cuts, torch.full((len(starts),), now))
    found = torch.cat([guess, logits.sigmoid()], dim=-1)
    rise = torch.arange(1, window + 1).minimum(torch.arange(window, 0, -1)).clamp(max=_OVERLAP)
    total, share = torch.zeros(frames, found.shape[-1]), torch.zeros(frames, 1)
    for start, part in zip(starts, found, strict=True):
        total[start : start + window] += part * rise[:, None]
        share[start : start + window] += rise[:, None]
    total /= share
    return total[:, : len(columns.MERGED)], total[:, len(columns.MERGED) :].double().numpy()


def _at_its_rate(motion: Motion, legs: Motion, feet_T43: NDArray[np.float64]) -> Motion:
    """The motion with root and legs that were found at 30 frames per second."""
    if motion.fps != MOTION_FPS:
        seconds, known = (np.arange(m.frames) / m.fps for m in (motion, legs))
        legs = legs.at_times(seconds, motion.fps)
        feet_T43 = np.stack(
            [np.interp(seconds, known, way) for way in feet_T43.reshape(len(known), -1).T], axis=-1
        ).reshape(-1, len(FOOT_JOINTS), 3)
    poses = motion.poses.copy()
    turned = list(columns.TURNED)
    poses[:, turned] = legs.poses[:, turned]
    reached = with_feet(replace(motion, poses=poses, trans=legs.trans), feet_T43)
    # As matrices and back, other joints would come out different in their last bit.
    poses[:, turned] = reached.poses[:, turned]
    return replace(reached, poses=poses)
