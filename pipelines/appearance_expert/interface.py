"""The narrow interface of appearance back ends: a name, a `load`, and a generator of frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance

Frame = NDArray[np.uint8]


class AppearanceBackend(Protocol):
    """Turns a reference person and a staged dance into pictures."""

    name: str

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frame]:
        """Yield exactly T frames (height, width, 3) uint8 RGB, one after another."""
        ...

    def report(self) -> dict[str, Any]:
        """What the last call decided and measured (gates, fallbacks, shares), JSON-able."""
        ...
