"""Names of the 35 feature columns (docs/reference/music.md#the-35-features)."""

from __future__ import annotations

envelope = slice(0, 1)
mfcc = slice(1, 21)
chroma = slice(21, 33)
peaks = slice(33, 34)
beats = slice(34, 35)
WIDTH = 35
