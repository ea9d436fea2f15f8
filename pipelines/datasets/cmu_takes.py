"""Which freely licensed takes the shipped model learns from, and what their files do not say.

Takes of the CMU database go by subject and number, `60_03`. The dances of other origin are few
and go by the name of their file. docs/lab/motion-data.md names sources and licences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Subject:
    """What is known of a CMU subject's takes.

    Attributes:
        genre: label of the dance.
        fps: true frame rate, where headers lie; None believes them.
        lead: frames at 30 fps to drop at the start of BVH conversions, which begin in a T-pose
            and reach the dance by a jump.
        dropped: take number -> why it is left out.
    """

    genre: str
    fps: float | None = None
    lead: int = 0
    dropped: Mapping[str, str] = field(default_factory=dict)


SALSA_FPS = 60.0
"""BVH headers say 120; the archive's index says 60, and only then do steps keep salsa tempi."""

SUBJECTS: dict[str, Subject] = {
    "60": Subject("salsa", fps=SALSA_FPS, lead=6),
    "61": Subject("salsa", fps=SALSA_FPS, lead=6),
    "05": Subject("modern", lead=2, dropped={"01": "a walk, not a dance"}),
    "85": Subject("breakdance"),
    "94": Subject("indian", lead=2),
    "131": Subject("jackson"),
}
"""In the order in which takes are prepared: pairing with songs depends on it."""

OTHER_TAKES: dict[str, tuple[str, str]] = {
    "amp_humanoid_dance": ("modern", "55_01"),
    "dance_hiphop_shuffle_square_R_fast_002__A318": ("hiphop", "soma_shuffle"),
    "dance_basic_chaines_180_R_001__A306": ("modern", "soma_chaines"),
    "dab": ("hiphop", "dab"),
}
"""File name without suffix -> genre and name of the take."""
