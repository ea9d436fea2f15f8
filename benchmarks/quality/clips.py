"""What is measured: stretches of dance, each with the beats of the song it goes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.foot_lock import clean_up
from pipelines.motion.motion import Motion
from pipelines.music.beats import TRACKER_LAG_SECONDS, beat_grid, beat_times
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import UnsuitableInput

Float = NDArray[np.float64]

FPS = 30.0
WINDOW = 150
"""Frames of the windows that distributions are made of: 5 s, as in EDGE."""
WINDOW_STEP = 105


@dataclass(frozen=True)
class Clip:
    """A stretch of dance.

    Attributes:
        joints: (T, 24, 3) metres, z up, 30 fps.
        beats: (B,) seconds of the song's beats, counted from the first frame.
        genre: of the dance, as recorded or as asked for.
        song: name of the song.
        group: what is not independent of each other, and is resampled as one: the take (both
            partners of a couple) of real dance, the song of generated dance.
    """

    joints: Float
    beats: Float
    genre: str
    song: str
    group: str


@dataclass(frozen=True)
class Pair:
    """A recorded dance with a song that was fitted to it.

    Attributes:
        features: (T, 35), frame by frame with the motion.
        beats: (B,) seconds.
        take: name of the recording; `group` is the same for both partners of a couple.
    """

    motion: Motion
    features: NDArray[np.float32]
    beats: Float
    take: str
    group: str
    song: str


def load_pairs(folder: Path) -> list[Pair]:
    """Every pair of a folder that `train-motion --data` reads."""
    from pipelines.datasets.paired import load_pair

    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise UnsuitableInput(f"{folder}: no pairs (*.npz) in it")
    pairs = []
    for path in paths:
        sequence = load_pair(path)
        with np.load(path, allow_pickle=False) as archive:
            song = str(archive["song"])
        pairs.append(
            Pair(
                sequence.motion, sequence.features, beats_of(sequence.features), sequence.take,
                sequence.group, song,
            )
        )  # fmt: skip
    return pairs


def beats_of(features_TF: NDArray[np.float32]) -> Float:
    """Where the beats are heard: the even grid where there is one, else the tracker's beats."""
    music = MusicFeatures(features_TF)
    grid = beat_grid(music)
    return beat_times(music) - TRACKER_LAG_SECONDS if grid is None else grid


def parted(pairs: Sequence[Pair], held_out: Sequence[str]) -> tuple[list[Pair], list[Pair]]:
    """(train, held out): a name holds out its whole group."""
    groups = {p.group for p in pairs if p.take in held_out or p.group in held_out}
    if not groups:
        raise UnsuitableInput(f"none of the takes {', '.join(held_out)} is among the pairs")
    return [p for p in pairs if p.group not in groups], [p for p in pairs if p.group in groups]


def clip_of(motion: Motion, beats: Float, genre: str, song: str, group: str) -> Clip:
    """A clip of a whole motion; beats outside it are dropped."""
    inside = beats[(beats >= 0) & (beats <= (motion.frames - 1) / FPS)]
    return Clip(motion.joints(), inside, genre, song, group)


def real_clips(pairs: Sequence[Pair], frames: int, cleaned: bool = False) -> list[Clip]:
    """The pairs cut into stretches of `frames`; shorter dances are taken whole from 5 s on."""
    clips = []
    for pair in pairs:
        length = min(frames, pair.motion.frames)
        if length < WINDOW:
            continue
        for start in range(0, pair.motion.frames - length + 1, length):
            motion = pair.motion.sliced(start, start + length)
            if cleaned:
                motion = clean_up(motion)
            clips.append(
                clip_of(motion, pair.beats - start / FPS, motion.genre or "", pair.song, pair.group)
            )
    return clips


def windows(clip: Clip) -> list[Float]:
    """The joints of a clip's windows of 5 s."""
    starts = range(0, len(clip.joints) - WINDOW + 1, WINDOW_STEP)
    return [clip.joints[start : start + WINDOW] for start in starts]
