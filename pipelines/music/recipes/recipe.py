"""What a recipe is: from a song's samples to the numbers that a network hears.

Beats, bars, sections and bending read the 35 features (`pipelines.music.features`), whatever else
is heard. Shapes: N samples, T frames, F numbers of a frame.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media.songs import load_song
from pipelines.music.features import MusicFeatures
from pipelines.music.warm_up import import_librosa
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT, Progress

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """A row of the table of recipes (docs/reference/music.md#recipes-of-networks).

    Attributes:
        name: by which options call it. schema: by which files and models do.
        width: numbers of a frame. fps: frames per second.
        sample_rate: of the mono samples that `compute` takes.
        compute: (N,) samples to (T, F).
        check: raises MissingAsset where what it needs is not there, without loading it.
    """

    name: str
    schema: str
    width: int
    fps: float
    sample_rate: int
    compute: Callable[[Array], Array]
    check: Callable[[], object] | None = None

    def of_samples(self, samples: NDArray[np.floating[Any]], sample_rate: int) -> MusicFeatures:
        """What is heard in a mono signal, which is resampled first where its rate is another.

        Raises:
            UnsuitableInput: no samples, or not the width that the recipe names.
            MissingAsset: the recipe needs what is not installed.
        """
        if samples.size == 0:
            raise UnsuitableInput("the song holds no samples")
        signal = samples.astype(np.float32)
        if sample_rate != self.sample_rate:
            signal = import_librosa().resample(
                signal, orig_sr=sample_rate, target_sr=self.sample_rate
            )
        with warnings.catch_warnings():
            # librosa remarks on silence and on songs shorter than its longest window.
            warnings.simplefilter("ignore", UserWarning)
            values = self.compute(signal)
        if values.ndim != 2 or values.shape[1] != self.width:
            raise UnsuitableInput(
                f"{self.name} gives {values.shape[-1]} numbers a frame, not {self.width}"
            )
        return MusicFeatures(np.asarray(values, dtype=np.float32), self.fps, self.schema)

    def of_song(
        self,
        path: Path,
        start: float = 0.0,
        duration: float | None = None,
        progress: Progress = SILENT,
    ) -> MusicFeatures:
        """What is heard in a song file; raises as `load_song` and `of_samples`."""
        samples = load_song(path, self.sample_rate, start, duration, progress)
        return self.of_samples(samples, self.sample_rate)
