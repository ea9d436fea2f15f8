"""Numbers that every room agrees on."""

from __future__ import annotations

MOTION_FPS = 30.0
"""Frames per second of everything between song and dance: music features, dances in training, and
what the Motion Experts make."""

LARGEST_SEED = 2**63 - 1
"""What torch's and numpy's generators both take."""
LIVELY = 0.35
"""m/s of mean joint speed below which a whole take does not count as dance."""
