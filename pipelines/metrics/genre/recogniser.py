"""A genre classifier at work: a dance goes in, and what it is taken for comes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.metrics.genre.columns import windows_of
from pipelines.metrics.genre.folder import ClassifierHeader, load_network, read_header
from pipelines.metrics.genre.network import GenreClassifier
from pipelines.metrics.joints import Float
from pipelines.motion.motion import Motion

_AT_ONCE = 32


@dataclass(frozen=True)
class Recogniser:
    """A loaded classifier.

    Attributes:
        header: genres, window, scale. network: in evaluation mode. device: where it is.
    """

    header: ClassifierHeader
    network: GenreClassifier
    device: torch.device

    @staticmethod
    def load(folder: Path, device: torch.device) -> Recogniser:
        """From its folder; raises as `folder.read_header` and `folder.load_network` do."""
        header = read_header(folder)
        return Recogniser(header, load_network(folder, header).to(device), device)

    def logits(self, motion: Motion) -> Float:
        """(N, O) the outputs for each of a dance's windows, unused ones too.

        Raises UnsuitableInput where the dance is too short.
        """
        windows = windows_of(motion, self.header.window, self.header.frame)
        found = []
        for first in range(0, len(windows), _AT_ONCE):
            frames = self.header.scale.transform(np.stack(windows[first : first + _AT_ONCE]))
            with torch.inference_mode():
                found.append(self.network(torch.from_numpy(frames).to(self.device)).cpu().numpy())
        rows: Float = np.concatenate(found).astype(np.float64)
        return rows

    def recognised(self, logits_NO: Float, unused: bool = False) -> NDArray[np.intp]:
        """(N,) the number of the genre that each window is taken for.

        `unused`: outputs that stand for no genre may win as well, as in the published script.
        """
        return np.asarray(logits_NO[:, : None if unused else len(self.header.genres)].argmax(1))

    def number_of(self, genre: str | None) -> int | None:
        """The number of a genre, whatever its case; None for one that it does not know."""
        names = [name.lower() for name in self.header.genres]
        return names.index(genre.lower()) if genre and genre.lower() in names else None
