"""What retrieval has to be better than: finding a dance by tempo and energy alone.

docs/reference/infinitedance.md#retrieval.

Shapes: N windows, W frames.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.windows import DanceBatch
from pipelines.music import layout
from pipelines.support.conventions import MOTION_FPS

_SLOWEST, _FASTEST = 0.25, 1.5
"""Seconds between beats that are looked for."""


def tempo_and_energy(batch: DanceBatch) -> Tensor:
    """How like each window's music (rows) is to each window's dance (N, N): minus a distance.

    Tempo is where the onsets', or the joints' speed's, autocorrelation is highest; energy their
    mean. Either is ranked over the windows, and the nearest in both ranks are the most alike.
    """
    onsets_NW = batch.music[..., layout.envelope].reshape(batch.music.shape[:2])
    speed_NJ = batch.motion[..., columns.velocities]
    speed_NW = np.linalg.norm(speed_NJ.reshape(*speed_NJ.shape[:2], -1, 3), axis=-1).mean(-1)
    music, motion = (
        np.stack([_ranked(_periods(curve)), _ranked(curve.mean(1))], axis=1)
        for curve in (onsets_NW, speed_NW)
    )
    return torch.from_numpy(-np.linalg.norm(music[:, None] - motion[None], axis=-1))


def _periods(curve_NW: NDArray[np.floating]) -> NDArray[np.float64]:  # type: ignore[type-arg]
    """Seconds after which each curve is most like itself."""
    centred = curve_NW - curve_NW.mean(1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * centred.shape[1], axis=1)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)
    lags = np.arange(round(_SLOWEST * MOTION_FPS), round(_FASTEST * MOTION_FPS) + 1)
    return np.asarray(lags[likeness[:, lags].argmax(1)] / MOTION_FPS)


def _ranked(values_N: NDArray[np.floating]) -> NDArray[np.float64]:  # type: ignore[type-arg]
    """0 for the least, 1 for the greatest."""
    order = values_N.argsort(kind="stable").argsort(kind="stable")
    return np.asarray(order / max(1, len(values_N) - 1))
