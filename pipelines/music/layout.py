"""Names of the 35 feature columns (spec B.1)."""

from __future__ import annotations

ENVELOPE = slice(0, 1)
MFCC = slice(1, 21)
CHROMA = slice(21, 33)
PEAKS = slice(33, 34)
BEATS = slice(34, 35)
WIDTH = 35
