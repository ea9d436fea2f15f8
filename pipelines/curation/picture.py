"""What single pictures tell: black bars, and a fingerprint that survives re-encoding."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_BLACK = 24
"""Brightest value (of 255) of a row that counts as black; broadcast black is 16 and noisy."""

_HASH_SIDE, _HASH_INPUT = 8, 32


def black_bars(rgb: Image) -> float:
    """Share of a picture (H, W, 3) that bars at its edges cover; 0 where all of it is black."""
    bright = rgb.max(axis=-1)
    rows = np.percentile(bright, 98, axis=1) > _BLACK
    columns = np.percentile(bright, 98, axis=0) > _BLACK
    if not rows.any() or not columns.any():
        return 0.0
    seen = np.ptp(np.flatnonzero(rows)) + 1, np.ptp(np.flatnonzero(columns)) + 1
    return float(1 - seen[0] * seen[1] / bright.size)


def perceptual_hash(rgb: Image) -> int:
    """64 bits: which of the 63 lowest frequencies of a picture lie above their median.

    The constant term is left out, so brightness does not matter.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_HASH_INPUT, _HASH_INPUT), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:_HASH_SIDE, :_HASH_SIDE].ravel()
    bits = low > np.median(low[1:])
    bits[0] = False
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def hash_distances(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.int64]:
    """(len(some), len(others)) numbers of differing bits."""
    different = (some[:, None] ^ others[None, :])[..., None].view(np.uint8)
    bits: NDArray[np.int64] = np.unpackbits(different, axis=-1).sum(-1).astype(np.int64)
    return bits
