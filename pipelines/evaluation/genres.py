"""Genres of 3D dances as a classifier recognises them: features, and what was asked for.

docs/reference/metrics.md#genre; the network: docs/reference/megadance.md#genre-classifier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.catalogue import RECOGNITION
from pipelines.evaluation.profiles import UNUSED_OUTPUTS, MotionProfile
from pipelines.metrics.genre.folder import read_header
from pipelines.metrics.joints import Float
from pipelines.support.errors import UnsuitableInput

if TYPE_CHECKING:
    from pipelines.metrics.genre.recogniser import Recogniser
    from pipelines.motion.motion import Motion

OUTPUTS = "s"
"""The feature space of the classifier's outputs."""
METRICS_OF_GENRE = "FID_s, DIV_s, ACC and F1"


class GenreMeasurer:
    """Shows dances to the classifier of a folder.

    Args:
        folder: of a classifier (`metrics.genre.folder`). profile: whose definitions.
        device: where the network runs.

    Raises:
        MissingAsset: no classifier there. UnsuitableInput: damaged, or of another kind.
    """

    def __init__(self, folder: Path, profile: MotionProfile, device: str) -> None:
        self.header = read_header(folder)
        self._folder, self._device = folder, device
        self._profile, self._unused = profile, profile.name in UNUSED_OUTPUTS
        self._loaded: Recogniser | None = None

    def settings(self) -> dict[str, Any]:
        """What decides its numbers, as JSON."""
        return {"weights": self.header.sha256, "genres": list(self.header.genres),
                "window": self.header.window, "unused_outputs": self._unused}  # fmt: skip

    def features(self, motion: Motion, seen: SeenGenres, truth: bool = False) -> dict[str, Float]:
        """By feature space, a row per window of the classifier.

        Args:
            motion: a dance; its `genre` is what it was asked to be, or what it is.
            seen: is told what cannot count.
            truth: whether this is a recording, which some scripts cut elsewhere.

        Raises:
            UnsuitableInput: too short for it.
        """
        frames = self._profile.truth_frames if truth else self._profile.frames
        if frames is not None:
            motion = motion.resampled(self._profile.fps)
            motion = motion.sliced(0, frames)
        recogniser = self._recogniser()
        logits = recogniser.logits(motion)
        seen.measured += 1
        seen.short += round(motion.seconds * 30) < self.header.window
        found = {OUTPUTS: logits if self._unused else logits[:, : len(self.header.genres)]}
        asked = recogniser.number_of(motion.genre)
        if asked is None:
            seen.note(motion.genre)
        else:
            recognised = recogniser.recognised(logits, self._unused)
            found[RECOGNITION] = np.stack([np.full(len(logits), asked), recognised], axis=1).astype(
                float
            )
        return found

    def _recogniser(self) -> Recogniser:
        if self._loaded is None:
            from pipelines.metrics.genre.recogniser import Recogniser
            from pipelines.support.devices import torch_device

            self._loaded = Recogniser.load(self._folder, torch_device(self._device))
        return self._loaded


@dataclass
class SeenGenres:
    """What is worth saying of a set whose genres were recognised.

    Attributes:
        measured: clips so far. nameless: those that name no genre.
        unknown: those of genres that the classifier does not know, by genre.
        short: those that are shorter than its window.
    """

    measured: int = 0
    nameless: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    short: int = 0

    def note(self, genre: str | None) -> None:
        """A clip whose genre is missing or strange."""
        if genre:
            self.unknown[genre] += 1
        else:
            self.nameless += 1

    def notes(self, whose: str, known: Sequence[str], window: int) -> list[str]:
        """One line each for what does not count, and why.

        Raises:
            UnsuitableInput: clips name genres, and the classifier knows not one of them.
        """
        strange = sum(self.unknown.values())
        if strange and strange + self.nameless == self.measured:
            raise UnsuitableInput(
                f"{whose}: none of its genres ({_some(self.unknown)}) is known to "
                "--genre-classifier", f"it knows {', '.join(known)}",
            )  # fmt: skip
        found = []
        if self.nameless == self.measured:
            found.append("no clip names its genre, so there is no ACC and F1")
        elif self.nameless:
            found.append(
                f"{self.nameless} of {self.measured} clips name no genre and do not count for ACC "
                "and F1"
            )
        if strange:
            found.append(
                f"{strange} of {self.measured} clips are of genres that the classifier does not "
                f"know ({_some(self.unknown)}) and do not count for ACC and F1"
            )
        if self.short:
            found.append(
                f"{self.short} of {self.measured} clips are shorter than the classifier's window "
                f"of {window / 30:.1f} s, in which it was trained"
            )
        return found


def _some(genres: Counter[str]) -> str:
    names = sorted(genres)
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
