"""A network's dance brought onto the song's beats by bending its tempo, its feet settled last.

For networks whose steps lie beside the beat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.foot_restoration.treatment import LOCK, NONE, tidied, treated
from pipelines.motion.contacts import standing
from pipelines.motion.motion import Motion
from pipelines.motion.stepping_over import step_over
from pipelines.rhythm.on_beat import on_beat


def settled(
    motion: Motion,
    beats_B: NDArray[np.float64],
    frames: int,
    tempo_change: float,
    feet: str,
    contacts_T4: NDArray[np.floating[Any]] | None = None,
) -> tuple[Motion, float | None]:
    """A dance with reserve (`rhythm.on_beat.with_reserve`) cut to the song.

    Args:
        motion: as the network made it, at 30 fps. contacts_T4: probabilities, or None.
        beats_B: seconds of the song's beats. frames: of the song.
        tempo_change: the dance's tempo changes by at most this share; 0 leaves it alone.
        feet: `foot_restoration.treatment`.

    Returns:
        The dance of `frames` frames, and its speed; None where it was not bent.
    """
    # Cleaned first: steps are brought onto the beat as they will be seen.
    bent, how = on_beat(tidied(motion, feet, contacts_T4), beats_B, frames, tempo_change)
    # Bending changes when a foot is slow enough to stand, so feet are planted last.
    planted = bent if feet == LOCK else treated(bent, feet)
    if feet != NONE:
        planted = step_over(planted, standing(planted.joints(), planted.fps))
    return planted, None if how is None else round(how.speed, 4)
