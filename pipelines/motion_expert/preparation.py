"""From data sets as downloaded to paired sequences ready for training, with what was skipped."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import MacedanceError
from pipelines.motion_expert.corpora.paired import load_pair
from pipelines.motion_expert.dataset import PairedSequence
from pipelines.progress import Progress


class Preparation:
    """Collects paired sequences folder by folder.

    Attributes:
        sequences: what can be trained on.
        skipped: one line per file that cannot, with the reason.
    """

    def __init__(
        self,
        cache: Path,
        music: tuple[str, ...],
        max_tempo_change: float,
        seed: int,
        progress: Progress,
    ) -> None:
        self._cache, self._music = cache, music
        self._max_tempo_change, self._seed, self._progress = max_tempo_change, seed, progress
        self.sequences: list[PairedSequence] = []
        self.skipped: list[str] = []

    def add(self, folder: Path) -> None:
        """Take in one data set."""
        for path in sorted(folder.glob("*.npz")):
            try:
                self.sequences.append(load_pair(path))
            except MacedanceError as error:
                self.skipped.append(error.what)
