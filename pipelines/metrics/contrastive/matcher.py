"""An evaluator at work: a dance and its music go in, points of both come out, by window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.metrics.contrastive.folder import ContrastHeader, load_network, read_header
from pipelines.metrics.contrastive.network import Contrast
from pipelines.metrics.genre.columns import window_starts, windows_of
from pipelines.metrics.joints import Float
from pipelines.motion.motion import Motion
from pipelines.music.features import MusicFeatures
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

_AT_ONCE = 32


@dataclass(frozen=True)
class Matcher:
    """A loaded evaluator.

    Attributes:
        header: window, schema. network: in evaluation mode. device: where it is.
    """

    header: ContrastHeader
    network: Contrast
    device: torch.device

    @staticmethod
    def load(folder: Path, device: torch.device) -> Matcher:
        """From its folder; raises as `folder.read_header` and `folder.load_network` do."""
        header = read_header(folder)
        return Matcher(header, load_network(folder, header).to(device), device)

    def points(self, motion: Motion, music: MusicFeatures, start: float) -> tuple[Float, Float]:
        """(N, M) and (N, M): music and dance of each of a dance's windows, half a window apart.

        Args:
            start: seconds into the music at which the dance begins.

        Raises:
            UnsuitableInput: features of another schema, a dance that is too short, or music that
                ends in the middle of its first window.
        """
        if music.schema != self.header.schema:
            raise UnsuitableInput(
                f"music features are {music.schema}, the evaluator needs {self.header.schema}"
            )
        timed = motion.resampled(MOTION_FPS)
        windows = windows_of(timed, self.header.window, "front")
        starts = window_starts(timed.frames, self.header.window)
        first = round(start * MOTION_FPS)
        pairs = [
            (heard, window)
            for window, at in zip(windows, starts, strict=True)
            if len(heard := music.values[first + at : first + at + len(window)]) == len(window)
        ]
        if not pairs:
            raise UnsuitableInput("the music ends before a first window of the dance")
        return (
            self._all([heard for heard, _ in pairs], dance=False),
            self._all([window for _, window in pairs], dance=True),
        )

    def _all(self, windows: list[NDArray[np.float32]], dance: bool) -> Float:
        found = []
        encode = self.network.of_dance if dance else self.network.of_music
        for first in range(0, len(windows), _AT_ONCE):
            batch = torch.from_numpy(np.stack(windows[first : first + _AT_ONCE]).astype(np.float32))
            with torch.inference_mode():
                found.append(encode(batch.to(self.device)).cpu().numpy())
        points: Float = np.concatenate(found).astype(np.float64)
        return points
