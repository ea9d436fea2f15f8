"""A dance and its song side by side: what every reader gives and all training begins with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.music.features import MusicFeatures

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PairedSequence:
    """A dance and its song's features, frame by frame at 30 fps.

    Attributes:
        motion: the dance.
        features: (T, 35) float32, as many rows as the dance has frames.
        take: which recording it comes from (several sequences may share one).
        group: what must stay together when takes are held out, e.g. both partners of a couple.
        split: "train", "val" or "test" where the data set says so, else "".
        couple: whether the dancer holds a partner.
        heard: the same seconds of the song by another recipe (`music.recipes`), at its own rate;
            None: nobody asked for one.
    """

    motion: Motion
    features: Array
    take: str
    group: str
    split: str = ""
    couple: bool = False
    heard: MusicFeatures | None = None

    @property
    def genre(self) -> str:
        """Name of the style; "" where the data names none."""
        return self.motion.genre or ""
