"""One recorded dance with all that is known about it: what the dance library is made of.

Shapes: T frames, 4 foot points in the order of FOOT_JOINTS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.rhythm.pulses import Pulses


@dataclass(frozen=True)
class DanceTake:
    """A take at 30 fps, on the floor z = 0, feet planted.

    Attributes:
        name: unique, such as `gHO_sBM_cAll_d19_mHO0_ch01` or `60_03`.
        motion: the dance.
        contacts: (T, 4) 0 or 1.
        genre: ordinary name of the style.
        pulses: readings, the most trusted first.
        dancer: who danced. choreography: what was danced; takes that share it are no two dances.
        couple: whether the dancer holds a partner.
        group: what must be held out together.
        collection, licence: where it comes from and on which terms.
        root_estimated: whether its way over the floor was lost and found again from the feet.
    """

    name: str
    motion: Motion
    contacts: NDArray[np.float32]
    genre: str
    pulses: tuple[Pulses, ...]
    dancer: str
    choreography: str
    group: str
    collection: str
    licence: str
    couple: bool = False
    root_estimated: bool = False
