"""Stretches of any dance danced anew to its song, by the expert that `generate` would ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.motion_expert.experts import DEFAULT, EXPERTS
from pipelines.motion_expert.interface import DanceRequest
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion
    from pipelines.motion_expert.interface import Dancer
    from pipelines.music.features import MusicFeatures

_WAYS = 4
_TOLERANCE = 0.1
"""Seconds by which a song may end before its dance."""


class DancingAnew:
    """Dances stretches of a dance anew to a song, which is heard once, when it is needed.

    Raises UnsuitableInput, when it is called, for a dance at another rate than 30 frames a second,
    or a song that ends before it.
    """

    def __init__(self, song: Path, seed: int, progress: Progress) -> None:
        self._song, self._seed, self._progress = song, seed, progress
        self._ready: tuple[Dancer, MusicFeatures] | None = None

    def __call__(self, motion: Motion, spans: Sequence[tuple[float, float]]) -> list[Motion]:
        """The dance in several ways, each with those seconds of it danced anew."""
        import numpy as np

        from pipelines.motion_expert.editing.kept import Kept

        if motion.fps != MOTION_FPS:
            raise UnsuitableInput(f"--redo: {motion.fps:g} frames a second, and stretches are "
                                  f"danced anew at {MOTION_FPS:g}",
                                  "fit it first: generate SONG --motion-only --motion DANCE "
                                  "--motion-out NEW.npz")  # fmt: skip
        dancer, music = self._prepared(motion.seconds)
        frames = min(motion.frames, music.frames)
        stays = np.ones(frames, bool)
        for start, stop in spans:
            stays[round(start * MOTION_FPS) : round(stop * MOTION_FPS)] = False
        kept = Kept.of(motion.sliced(0, frames), stays)
        heard = replace(music, values=music.values[:frames])
        request = DanceRequest(heard, (), self._seed, _WAYS, kept=kept)
        return [_with_the_rest(one.motion, motion) for one in dancer.dance(request, self._progress)]

    def _prepared(self, seconds: float) -> tuple[Dancer, MusicFeatures]:
        from pipelines.music.features import song_features

        if self._ready is None:
            row = EXPERTS[DEFAULT]
            heard = song_features(self._song, 0.0, seconds, self._progress)
            if heard.frames / MOTION_FPS < seconds - _TOLERANCE:
                raise UnsuitableInput(
                    f"--music {self._song}: ends before the dance, which lasts {seconds:.1f} s",
                    "give its song, or leave --redo out",
                )
            self._ready = row.load(None, "cpu", row.options()), heard
        return self._ready


def _with_the_rest(new: Motion, whole: Motion) -> Motion:
    """The new dance with the few frames of the whole one that are past the song's end."""
    poses, trans = whole.poses.copy(), whole.trans.copy()
    poses[: new.frames], trans[: new.frames] = new.poses, new.trans
    return replace(whole, poses=poses, trans=trans)
