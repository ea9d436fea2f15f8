"""Music for dance that was recorded without it (issue: `--music warp:FOLDER`, `--music compose`).

Warping bends a take so that its steps land on the beats of a real song; composing writes a song
from the take's own tempo, accents and energy. Either teaches tempo, phase and energy; neither
teaches choreography to melody. Features come from the audio by the ordinary path in both.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.song_library import Song
from pipelines.motion.motion import Motion
from pipelines.music.beats import TRACKER_LAG_SECONDS, beat_times, nearest_beat_distance
from pipelines.music.compose import compose
from pipelines.music.features import MusicFeatures, extract_features
from pipelines.music.instruments import RATE
from pipelines.music.recipes.recipe import Recipe
from pipelines.music.recipes.timing import under
from pipelines.music.styles import STYLES
from pipelines.rhythm.pulses import Pulses
from pipelines.rhythm.step_cycle import StepCycle, foot_landings, step_cycles
from pipelines.rhythm.warping import (
    MAX_TEMPO_CHANGE,
    WarpedTake,
    fitting_cycles,
    warp_to_beats,
)
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT, Progress

_AGREEMENT = 0.8
_TRIES = 5
_OWN_TEMPO = 0.004
"""Change of a known tempo that rounding it to a tenth of a beat a minute can make."""
_LEAST_WEIGHT = 0.02
_STYLES_OF_GENRE = {
    "salsa": ("salsa", "salsa", "house", "pop", "folk", "hiphop"),
    "break": ("hiphop", "hiphop", "house"),
    "breakdance": ("hiphop", "hiphop", "house"),
    "house": ("house", "house", "pop"),
    "modern": ("pop", "folk", "house"),
}


@dataclass(frozen=True)
class PairedTake:
    """A take with music that fits it, frame by frame.

    Attributes:
        warped: the motion at 30 fps, its place in the song and how firmly it keeps time.
        features: (T, 35) of exactly the motion's frames.
        song: name of the song, or of the composition.
        mode: "warp" or "compose".
        beats: (B,) seconds of the beats, counted from the motion's first frame.
        heard: the same seconds by another recipe, if one was asked for.
    """

    warped: WarpedTake
    features: MusicFeatures
    song: str
    mode: Literal["warp", "compose"]
    beats: NDArray[np.float64]
    heard: MusicFeatures | None = None


@dataclass(frozen=True)
class PairingConfig:
    """How many songs each take gets.

    Attributes:
        warped_songs: real songs per take.
        composed_songs: compositions per take.
        max_tempo_change: bound on the change of the dance's speed.
        seed: of every choice.
    """

    warped_songs: int = 4
    composed_songs: int = 2
    max_tempo_change: float = MAX_TEMPO_CHANGE
    seed: int = 0

    def validate(self) -> PairingConfig:
        """Return self, or raise BadUsage."""
        if min(self.warped_songs, self.composed_songs) < 0:
            raise BadUsage("songs per take cannot be negative")
        if self.warped_songs + self.composed_songs == 0:
            raise BadUsage("no songs per take: nothing to pair", "ask for at least one")
        if not 0 < self.max_tempo_change <= 0.5:
            raise BadUsage(
                f"tempo change {self.max_tempo_change} is out of range", "give 0.01 to 0.5"
            )
        return self


def pair_takes(
    takes: Sequence[Motion],
    songs: Sequence[Song],
    config: PairingConfig,
    progress: Progress = SILENT,
    counts: Mapping[str, Sequence[Pulses]] | None = None,
    recipe: Recipe | None = None,
    done: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[PairedTake]:
    """Pair every take with several songs; the same arguments give the same pairs.

    Takes whose feet keep still, or that no song fits, are named in a warning and skipped. Songs
    that were used less are preferred, so that none dominates.

    Args:
        takes: dances, each with a source of its own.
        songs: to warp them onto. config: how many, and how far.
        progress: who listens.
        counts: by source how a take is truly counted, the most trusted reading first; of one that
            is not named the steps are tracked. A take so counted keeps one count to a beat, and
            where the count is known its first composition has exactly its tempo.
        done: by source the songs of takes that are paired already, by the same arguments: these are
            passed over, and the others get what they would have got.
    """
    config.validate()
    used: Counter[str] = Counter()
    with progress.stage("pairing dance with music", len(takes), "takes") as advance:
        for take in takes:
            if (known := (done or {}).get(take.source or "")) is not None:
                used.update(known)
                advance(1)
                continue
            rng = np.random.default_rng([config.seed, _number_of(take)])
            true = (counts or {}).get(take.source or "")
            try:
                cycles = step_cycles(take) if true is None else [_cycle_of(p) for p in true]
            except UnsuitableInput as error:
                progress.warn(f"{error.what}: skipped")
                advance(1)
                continue
            count = 0
            for pair in _warped(take, cycles, songs, config, used, rng, true is not None):
                count += 1
                yield pair
            for number in range(config.composed_songs):
                own = true is not None and true[0].known and number == 0
                change = _OWN_TEMPO if own else config.max_tempo_change
                composed = compose_for(take, cycles, rng, change, recipe)
                if composed is not None:
                    count += 1
                    yield composed
            if count == 0:
                progress.warn(f"{take.source or 'take'}: no song fits its steps: skipped")
            advance(1)


def compose_for(
    take: Motion,
    cycles: Sequence[StepCycle],
    rng: np.random.Generator,
    max_tempo_change: float = MAX_TEMPO_CHANGE,
    recipe: Recipe | None = None,
) -> PairedTake | None:
    """Compose a song from a take's tempo, accents and energy, and lock the take to it.

    The tempo is one of the take's own, within half the allowed change; bars in which the dancer
    moves more are played fuller; the strongest steps get a cymbal. None where no attempt gives a
    song in which the beat tracker hears the beats that were written.
    """
    weights = np.array([cycle.confidence**4 for cycle in cycles])
    for _ in range(_TRIES):
        cycle = cycles[int(rng.choice(len(cycles), p=weights / weights.sum()))]
        bpm = round(cycle.bpm * float(1 + 0.5 * max_tempo_change * rng.uniform(-1, 1)), 1)
        styles = _STYLES_OF_GENRE.get(take.genre or "", tuple(STYLES))
        style, seed = str(rng.choice(styles)), int(rng.integers(1 << 30))
        beats = np.arange(int(2 * take.seconds * bpm / 60) + 16) * 60.0 / bpm
        try:
            warped = warp_to_beats(
                take, beats, max_tempo_change, int(rng.integers(0, 8)), cycles=[cycle]
            )
        except UnsuitableInput:
            continue
        seconds = (warped.first_frame + warped.motion.frames) / MOTION_FPS + 1.0
        accents, energy = _accents_and_energy(warped, bpm, seconds)
        audio = compose(seconds, bpm, style, seed, accents, energy)
        features = extract_features(audio, RATE)
        if _agreement(features, beats[beats < seconds]) >= _AGREEMENT:
            name = f"composed-{style}-{bpm:g}bpm-{seed}"
            heard = None if recipe is None else recipe.of_samples(audio, RATE)
            return _cut(warped, features, name, "compose", beats, heard)
    return None


def _cycle_of(pulses: Pulses) -> StepCycle:
    return StepCycle(pulses.times, pulses.bpm, pulses.confidence)


def _warped(
    take: Motion,
    cycles: Sequence[StepCycle],
    songs: Sequence[Song],
    config: PairingConfig,
    used: Counter[str],
    rng: np.random.Generator,
    count_for_beat: bool,
) -> Iterator[PairedTake]:
    weights = np.zeros(len(songs))
    for number, song in enumerate(songs):
        fitting = fitting_cycles(cycles, song.beats, config.max_tempo_change)
        if count_for_beat:
            fitting = [found for found in fitting if found[1] == 1.0]
        if fitting:
            cycle, steps_per_beat = fitting[0]
            halved = 1.0 if steps_per_beat == 1.0 else 0.3
            firm = max(_LEAST_WEIGHT, (cycle.confidence - 0.3) ** 2)
            weights[number] = firm * halved / (1 + used[song.name])
    found = 0
    while found < config.warped_songs and weights.sum() > 0:
        number = int(rng.choice(len(songs), p=weights / weights.sum()))
        weights[number] = 0.0
        song = songs[number]
        needed = int(1.3 * take.seconds / float(np.median(np.diff(song.beats)))) + 4
        first_beat = int(rng.integers(0, max(1, len(song.beats) - needed)))
        try:
            warped = warp_to_beats(take, song.beats, config.max_tempo_change, first_beat, cycles)
        except UnsuitableInput:
            continue
        if count_for_beat and warped.steps_per_beat != 1.0:
            continue
        used[song.name] += 1
        found += 1
        yield _cut(warped, song.features, song.name, "warp", song.beats, song.heard)


def _cut(
    warped: WarpedTake,
    features: MusicFeatures,
    song: str,
    mode: Literal["warp", "compose"],
    beats: NDArray[np.float64],
    heard: MusicFeatures | None = None,
) -> PairedTake:
    """The song's features under the take's frames; a take that outlasts the song is cut."""
    first = warped.first_frame
    frames = min(warped.motion.frames, features.frames - first)
    if frames < warped.motion.frames:
        warped = WarpedTake(
            warped.motion.sliced(0, frames), first, warped.speed, warped.steps_per_beat,
            warped.locking,
        )  # fmt: skip
    values = features.values[first : first + frames]
    local = beats - first / MOTION_FPS
    inside = local[(local >= 0) & (local < frames / MOTION_FPS)]
    if heard is not None:
        heard = under(heard, first, frames)
    return PairedTake(warped, MusicFeatures(values, features.fps), song, mode, inside, heard)


def _accents_and_energy(
    warped: WarpedTake, bpm: float, seconds: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Song seconds of the dance's strongest moments, and how lively each bar of 4 beats is."""
    liveliness = np.linalg.norm(
        np.gradient(warped.motion.joints(), 1.0 / MOTION_FPS, axis=0), axis=-1
    ).mean(axis=1)
    bar = 240.0 / bpm
    at = (warped.first_frame + np.arange(warped.motion.frames)) / MOTION_FPS
    number = (at / bar).astype(int)
    bars = int(np.ceil(seconds / bar)) + 1
    totals = np.bincount(number, weights=liveliness, minlength=bars)
    counts = np.bincount(number, minlength=bars)
    mean = totals / np.maximum(1, counts)
    low, high = np.percentile(mean[counts > 0], [10, 90])
    energy = np.clip(0.4 + 0.6 * (mean - low) / max(high - low, 1e-6), 0.4, 1.0)
    energy[counts == 0] = 0.5
    braking = foot_landings(warped.motion)
    loudest = [
        int(inside[braking[inside].argmax()])
        for start in range(0, bars, 2)
        if len(inside := np.flatnonzero((number >= start) & (number < start + 2)))
    ]
    return at[loudest], energy


def _agreement(features: MusicFeatures, beats: NDArray[np.float64]) -> float:
    """F-measure (70 ms) of the tracker's beats, its lag removed, against the beats written."""
    heard = beat_times(features) - TRACKER_LAG_SECONDS
    if len(heard) == 0 or len(beats) == 0:
        return 0.0
    precision = float((nearest_beat_distance(heard, beats) < 0.07).mean())
    recall = float((nearest_beat_distance(beats, heard) < 0.07).mean())
    return 2 * precision * recall / max(1e-9, precision + recall)


def _number_of(take: Motion) -> int:
    """A number that stands for the take's content, to seed its choices."""
    digest = hashlib.sha256(np.ascontiguousarray(take.poses).tobytes()).digest()
    return int.from_bytes(digest[:4], "little")
