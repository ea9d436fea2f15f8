"""Who dances to a song: the checkpoint, an untrained network, and the nearest training window.

Every dance is kept on disk under a name that says all that it depends on, so that an interrupted
run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from quality.clips import FPS, Clip, Float, Pair, clip_of

from pipelines.datasets.song_library import Song
from pipelines.motion.foot_lock import clean_up
from pipelines.motion.motion import Motion
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.music import layout
from pipelines.music.beats import beat_times
from pipelines.music.features import MusicFeatures
from pipelines.rhythm.on_beat import on_beat, with_reserve
from pipelines.rhythm.warping import warp_to_beats
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Stretch:
    """The part of a song that is danced to.

    Attributes:
        song: its name.
        features: (T, 35). beats: (B,) seconds from the first frame.
        period: seconds from beat to beat.
        schema: how the features were computed. whole: the song that it is part of.
    """

    song: str
    features: Array
    beats: Float
    period: float
    schema: str
    whole: Song


def stretch_of(song: Song, start_seconds: float, frames: int, delay_frames: int = 0) -> Stretch:
    """A song from `start_seconds` on; with a delay, all that is heard comes so much later."""
    start = min(round(start_seconds * FPS), song.features.frames - frames) - delay_frames
    if start < 0:
        raise UnsuitableInput(f"{song.name}: shorter than {frames / FPS:.0f} s and the delay")
    beats = song.beats - start / FPS
    inside = beats[(beats >= 0) & (beats <= (frames - 1) / FPS)]
    return Stretch(
        song.name,
        song.features.values[start : start + frames],
        inside,
        float(np.median(np.diff(song.beats))),
        song.features.schema,
        song,
    )


class Ensemble:
    """A network that dances, with every dance kept in a folder.

    Args:
        choreographer: the network.
        name: tells its dances from those of other networks; take the digest of its weights.
        folder: where dances are kept.
    """

    def __init__(self, choreographer: Choreographer, name: str, folder: Path) -> None:
        self.choreographer, self.name, self.folder = choreographer, name, folder
        folder.mkdir(parents=True, exist_ok=True)

    def dance(
        self, stretch: Stretch, sampling: SamplingConfig, tempo_change: float = 0.0
    ) -> list[Motion]:
        """As many dances as `sampling.candidates`, cleaned.

        Without `tempo_change` as the network dances; with it as `generate` makes them, bent in
        time onto the beats that the tracker hears.
        """
        heard = with_reserve(stretch.features, tempo_change)
        drawn = self._drawn(heard, stretch.schema, sampling)
        if tempo_change == 0:
            return [clean_up(motion, contacts) for motion, contacts in drawn]
        beats = beat_times(MusicFeatures(stretch.features))
        frames = len(stretch.features)
        cleaned = [clean_up(motion, contacts) for motion, contacts in drawn]
        return [on_beat(motion, beats, frames, tempo_change)[0] for motion in cleaned]

    def _drawn(
        self, features: Array, schema: str, sampling: SamplingConfig
    ) -> list[tuple[Motion, Array]]:
        said = json.dumps([self.name, schema, sampling.__dict__], sort_keys=True)
        key = hashlib.sha256(said.encode() + features.tobytes()).hexdigest()[:24]
        stored = self.folder / f"{key}.npz"
        if not stored.exists():
            drawn = self.choreographer.dance(features, schema, sampling)
            with atomic_path(stored) as temporary, temporary.open("wb") as stream:
                np.savez(
                    stream,
                    poses=np.stack([motion.poses for motion, _ in drawn]),
                    trans=np.stack([motion.trans for motion, _ in drawn]),
                    contacts=np.stack([contacts for _, contacts in drawn]),
                )
        with np.load(stored, allow_pickle=False) as archive:
            return [
                (Motion(poses, trans, FPS, sampling.genre, self.name), contacts)
                for poses, trans, contacts in zip(
                    archive["poses"], archive["trans"], archive["contacts"], strict=True
                )
            ]

    def clips(
        self, stretch: Stretch, sampling: SamplingConfig, tempo_change: float = 0.0
    ) -> list[Clip]:
        """The same, as clips with the song's beats."""
        return [
            clip_of(motion, stretch.beats, sampling.genre or "", stretch.song, stretch.song)
            for motion in self.dance(stretch, sampling, tempo_change)
        ]


def untrained(choreographer: Choreographer, seed: int = 0) -> Choreographer:
    """The same network with fresh parameters, and with the scaling fitted to the training data."""
    import torch

    from pipelines.motion_expert.mace.network import MotionExpert

    torch.manual_seed(seed)
    checkpoint = choreographer.checkpoint
    fresh = MotionExpert(checkpoint.config)
    fitted = dict(choreographer.model.named_buffers())
    weights = {name: fitted.get(name, value) for name, value in fresh.state_dict().items()}
    return Choreographer(replace(checkpoint, weights=weights), choreographer.device)


class NearestWindow:
    """Plays the training window whose music is nearest to the song's: the baseline.

    Both are compared frame by frame, every feature column in standard deviations.

    Args:
        pairs: training pairs.
        frames: length of the windows. step: frames between their starts.
        columns: which features count.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        frames: int,
        step: int = 5,
        columns: slice = slice(0, layout.WIDTH),
    ) -> None:
        self.pairs = [p for p in pairs if p.motion.frames >= frames]
        self.frames, self.columns = frames, columns
        stacked = np.concatenate([p.features for p in self.pairs])
        self.mean, deviation = stacked.mean(0), stacked.std(0)
        self.scale = 1 / np.where(deviation > 0, deviation, 1)
        self.rows = [
            (number, start)
            for number, pair in enumerate(self.pairs)
            for start in range(0, pair.motion.frames - frames + 1, step)
        ]
        self.music = [self._scaled(p.features) for p in self.pairs]

    def _scaled(self, features: Array) -> Array:
        return ((features - self.mean) * self.scale)[:, self.columns].astype(np.float32)

    def nearest(self, stretch: Stretch, count: int) -> list[tuple[int, int]]:
        """(pair, first frame) of the `count` nearest windows, each of another take."""
        wanted = self._scaled(stretch.features)
        distance = np.array([
            float(np.square(self.music[n][start : start + self.frames] - wanted).sum())
            for n, start in self.rows
        ])  # fmt: skip
        chosen: list[tuple[int, int]] = []
        for row in np.argsort(distance, kind="stable"):
            number, start = self.rows[row]
            if all(self.pairs[number].take != self.pairs[n].take for n, _ in chosen):
                chosen.append((number, start))
            if len(chosen) == count:
                break
        return chosen

    def dance(self, stretch: Stretch, count: int, tempo_change: float = 0.0) -> Iterator[Clip]:
        """The dances of the nearest windows, cleaned, and if asked for bent, as generated ones.

        A window has no reserve: bent, it starts a little later and ends a little earlier.
        """
        for number, start in self.nearest(stretch, count):
            motion = clean_up(self.pairs[number].motion.sliced(start, start + self.frames))
            beats = stretch.beats
            if tempo_change > 0:
                motion, beats = bent(motion, beats, tempo_change)
            yield clip_of(motion, beats, motion.genre or "", stretch.song, stretch.song)


def bent(motion: Motion, beats: Float, tempo_change: float) -> tuple[Motion, Float]:
    """A dance on the beats, with the beats from its first frame; as it is if it does not fit."""
    try:
        warped = warp_to_beats(motion, beats, tempo_change)
    except UnsuitableInput:
        return motion, beats
    return warped.motion, beats - warped.first_frame / FPS
