"""What a dance is fitted to: a song's pulses, bars, repeats and energy, read from its features.

Shapes: T frames at 30 fps, P pulses, K bars of m pulses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.music import layout
from pipelines.music.beats import TRACKER_LAG_SECONDS, beat_grid, beat_times
from pipelines.music.features import MusicFeatures
from pipelines.rhythm.step_cycle import smooth_sequence
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.runs import runs

Floats = NDArray[np.float64]

SLOWEST, FASTEST = 62.0, 168.0
"""Pulses a minute that people dance to; a slower beat is halved, a faster one counted by twos."""
STEADY_BPM = 104.0
"""What is counted where a song has no beat."""
_PHRASE = 4
_SAME = 0.7
"""Correlation from which on two bars count as the same music."""
_EQUAL = 0.02
_TERNARY_MARGIN = 0.08
_ACCENT_WEIGHT = 3.0
_FEW_ONSETS, _QUIETER = 0.25, 150.0
"""The music stops where onsets are so few beside the song's median, and the first MFCC so much
lower: 13 dB on average over the bands."""
_HEARD_BEFORE = 3
"""Frames before it in which the next pulse's onset shows already."""
_SLACK = 0.2
"""Seconds at either end of a song that a bar need not reach: dance goes on that long by itself."""


@dataclass(frozen=True)
class SongPlan:
    """A song as a dancer counts it.

    Attributes:
        seconds: length of the song.
        pulses: (P,) seconds, increasing; bar k is danced from pulse m k to pulse m (k + 1). They
            hold the song but for a fifth of a second at either end.
        per_bar: m, pulses in a bar: 4, or 3 in three-four time.
        energy: (K,) 0 to 1, the bar's rank in loudness and onsets among the song's.
        accents: (K, m) onset strength of each pulse beside its bar's mean.
        stops: (K, m) whether the music stops from this pulse to the next, to go on later.
        mirror_of, same_as: (K,) number of an earlier bar, or -1: what is repeated within a phrase
            is danced mirrored, a phrase that comes again is danced as before.
        steady: whether the song has a beat that can be counted.
    """

    seconds: float
    pulses: Floats
    per_bar: int
    energy: Floats
    accents: Floats
    stops: NDArray[np.bool_]
    mirror_of: NDArray[np.int64]
    same_as: NDArray[np.int64]
    steady: bool

    @property
    def bars(self) -> int:
        """K."""
        return len(self.energy)

    @property
    def bpm(self) -> float:
        """Median pulses per minute."""
        return float(60.0 / np.median(np.diff(self.pulses)))

    @property
    def tempi(self) -> tuple[float, float]:
        """Pulses per minute of slow and of fast bars: nine tenths of the bars are between."""
        bars = self.pulses[:: self.per_bar]
        slow, fast = np.quantile(60.0 * self.per_bar / np.diff(bars), [0.05, 0.95])
        return float(slow), float(fast)


def plan_song(features_TF: NDArray[np.float32]) -> SongPlan:
    """Read a song. Any length, with or without beats, also silence."""
    seconds = len(features_TF) / MOTION_FPS
    beats, steady = _beats(features_TF)
    pulses = _counted(beats, features_TF, seconds)
    values = _per_pulse(features_TF, pulses)
    inside = (pulses[:-1] > -1e-6) & (pulses[1:] < seconds + 1e-6)
    per_bar = _meter(values[inside])
    first = _downbeat(values, per_bar)
    pulses, values = _whole_bars(pulses, values, first, per_bar, seconds)
    bars = len(values) // per_bar
    grouped = values.reshape(bars, per_bar, -1)
    mirror_of, same_as = _repeats(grouped.reshape(bars, -1))
    loud, onsets = grouped[..., 1].mean(1), grouped[..., 0].mean(1)
    accents = grouped[..., 0] - grouped[..., 0].mean(1, keepdims=True)
    accents /= np.maximum(np.linalg.norm(accents, axis=1, keepdims=True), 1e-6)
    stops = _stops(features_TF, pulses, per_bar).reshape(bars, per_bar)
    return SongPlan(
        seconds, pulses, per_bar, _ranks(loud + onsets), accents, stops, mirror_of, same_as, steady
    )


def _beats(features_TF: NDArray[np.float32]) -> tuple[Floats, bool]:
    """Where the beats are heard, and whether they are steady; a count of ours without any."""
    music = MusicFeatures(features_TF)
    grid = beat_grid(music)
    if grid is not None and len(grid) >= 4:
        return grid, True
    tracked = beat_times(music) - TRACKER_LAG_SECONDS
    if len(tracked) >= 8:
        return smooth_sequence(tracked, 3.0), False
    return np.arange(0.0, max(len(features_TF) / MOTION_FPS, 2.0) + 1, 60 / STEADY_BPM), False


def _counted(beats: Floats, features_TF: NDArray[np.float32], seconds: float) -> Floats:
    """Pulses at a rate that can be danced, two bars' worth beyond both ends of the song."""
    period = float(np.median(np.diff(beats)))
    while 60 / period > FASTEST:
        strength = [_strength(features_TF, beats[start::2]) for start in (0, 1)]
        beats, period = beats[int(strength[1] > strength[0]) :: 2], 2 * period
    while 60 / period < SLOWEST:
        count = 2 * len(beats) - 1
        beats = np.interp(np.arange(count) / 2, np.arange(len(beats)), beats)
        period /= 2
    start, stop = float(np.median(np.diff(beats[:9]))), float(np.median(np.diff(beats[-9:])))
    before = beats[0] - start * np.arange(int(beats[0] / start) + 10, 0, -1)
    after = beats[-1] + stop * np.arange(1, max(0, int((seconds - beats[-1]) / stop)) + 10)
    return np.concatenate([before, beats, after])


def _strength(features_TF: NDArray[np.float32], times: Floats) -> float:
    rows = np.clip(np.round((times + TRACKER_LAG_SECONDS) * MOTION_FPS).astype(int), 0, None)
    rows = rows[rows < len(features_TF)]
    return float(features_TF[rows, layout.envelope].mean()) if len(rows) else 0.0


def _per_pulse(features_TF: NDArray[np.float32], pulses: Floats) -> Floats:
    """(P - 1, D) means over each pulse, in deviations: onset at the pulse, loudness, timbre,
    harmony; zeros outside the song."""
    frames = len(features_TF)
    edges = np.clip(np.round((pulses + TRACKER_LAG_SECONDS) * MOTION_FPS).astype(int), 0, frames)
    columns = np.concatenate(
        [features_TF[:, layout.envelope], features_TF[:, layout.mfcc],
         features_TF[:, layout.chroma]], axis=1,
    ).astype(np.float64)  # fmt: skip
    total = np.concatenate([np.zeros((1, columns.shape[1])), columns.cumsum(0)])
    length = np.maximum(np.diff(edges), 1)[:, None]
    means = (total[edges[1:]] - total[edges[:-1]]) / length
    near = [np.clip(edges[:-1] + shift, 0, frames - 1) for shift in (-1, 0, 1)]
    means[:, 0] = np.max([columns[rows, 0] for rows in near], axis=0)
    inside = np.diff(edges) > 0
    if not inside.any():
        return np.zeros_like(means)
    deviation = means[inside].std(0)
    standard = (means - means[inside].mean(0)) / np.where(deviation > 1e-9, deviation, 1.0)
    # Pulses beyond the song sound like its nearest one.
    known = np.flatnonzero(inside)
    return np.asarray(standard[np.clip(np.arange(len(means)), known[0], known[-1])])


def _stops(features_TF: NDArray[np.float32], pulses: Floats, per_bar: int) -> NDArray[np.bool_]:
    """(P - 1,) pulses over which the music stops: at most a bar, with music before and after."""
    edges = np.round((pulses + TRACKER_LAG_SECONDS) * MOTION_FPS).astype(int)
    inside = (edges[:-1] >= 0) & (edges[1:] <= len(features_TF))
    columns = features_TF[:, [layout.envelope.start, layout.mfcc.start]].astype(np.float64)
    means = np.array([
        columns[first : last - _HEARD_BEFORE].mean(0) if known else np.zeros(2)
        for first, last, known in zip(edges[:-1], edges[1:], inside, strict=True)
    ])  # fmt: skip
    if not inside.any():
        return np.zeros(len(means), dtype=bool)
    onsets, loud = np.median(means[inside], axis=0)
    silent = inside & (means[:, 0] < _FEW_ONSETS * onsets) & (means[:, 1] < loud - _QUIETER)
    result = np.zeros(len(means), dtype=bool)
    for start, stop in runs(silent):
        between = start > 0 and inside[start - 1] and stop < len(silent) and inside[stop]
        result[start:stop] = between and stop - start <= per_bar
    return result


def _meter(values_PD: Floats) -> int:
    """3 where the music comes again after three pulses rather than after four, else 4."""
    if len(values_PD) < 24:
        return 4
    centred = values_PD - values_PD.mean(0)
    centred[:, 0] *= _ACCENT_WEIGHT
    energy = float((centred**2).mean()) or 1.0

    def again(lag: int) -> float:
        return float((centred[lag:] * centred[:-lag]).mean()) / energy

    three, four = (again(3) + again(6)) / 2, (again(4) + again(8)) / 2
    two = again(2)
    return 3 if three > max(four, two) + _TERNARY_MARGIN else 4


def _downbeat(values_PD: Floats, per_bar: int) -> int:
    """Number of the first pulse that begins a bar: where onsets are strong and sound changes."""
    change = np.zeros(len(values_PD))
    change[1:] = np.linalg.norm(np.diff(values_PD[:, 1:], axis=0), axis=1)
    change /= max(float(change.std()), 1e-9)
    score = values_PD[:, 0] + change
    return int(np.argmax([score[start::per_bar].mean() for start in range(per_bar)]))


def _whole_bars(
    pulses: Floats, values: Floats, first: int, per_bar: int, seconds: float
) -> tuple[Floats, Floats]:
    """The least whole bars that hold the song, but for a fifth of a second at either end."""
    starts = np.arange(first, len(pulses) - per_bar, per_bar)
    begin = starts[max(0, int(np.searchsorted(pulses[starts], _SLACK, side="right")) - 1)]
    end = begin + per_bar
    while pulses[end] < seconds - _SLACK and end + per_bar < len(pulses):
        end += per_bar
    return pulses[begin : end + 1], values[begin:end]


def _repeats(bars_KD: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(mirror_of, same_as) of ChoreoMaster's rule for bars and phrases of four.

    A phrase that comes again later is danced as before; one that comes again at once, to the other
    side, since the same eight seconds twice running look like a fault. Within a phrase, a bar that
    comes again is mirrored; such a phrase is not mirrored as a whole too, nor one that the song
    goes on with: a loop would be danced for ever.
    """
    count = len(bars_KD)
    mirror_of, same_as = (np.full(count, -1, dtype=np.int64) for _ in range(2))
    length = np.linalg.norm(bars_KD, axis=1, keepdims=True)
    alike = (bars_KD / np.maximum(length, 1e-9)) @ (bars_KD / np.maximum(length, 1e-9)).T
    inner = _mirrored_within_phrases(alike)
    shown: set[int] = set()
    for start in range(_PHRASE, count - _PHRASE + 1, _PHRASE):
        phrase, before = np.arange(start, start + _PHRASE), np.arange(start - _PHRASE, start)
        firsts = [first for first in range(start - _PHRASE) if not shown & _bars(first)]
        likeness = np.array([alike[phrase, phrase - start + first].mean() for first in firsts])
        if firsts and likeness.max() > _SAME:
            # Of equals the first, which is the one that others mirror.
            first = firsts[int(np.argmax(likeness > likeness.max() - _EQUAL))]
            same_as[phrase] = np.arange(first, first + _PHRASE)
            shown |= _bars(first) | _bars(start)
        elif alike[phrase, before].mean() > _SAME and not (
            _goes_on(alike, start)
            or ((inner[before] >= 0) | (same_as[before] >= 0) | (mirror_of[before] >= 0)).any()
        ):
            mirror_of[phrase] = before
    new = (same_as < 0) & (mirror_of < 0)
    return np.where(new, inner, mirror_of), same_as


def _goes_on(alike_KK: Floats, start: int) -> bool:
    """Whether the phrase that begins here is begun once more right after it."""
    later = start + _PHRASE
    return bool(later < len(alike_KK) and alike_KK[later, start] > _SAME)


def _mirrored_within_phrases(alike_KK: Floats) -> NDArray[np.int64]:
    """(K,) the bar before, or the one before that, of the same phrase that a bar repeats, or -1."""
    mirror_of = np.full(len(alike_KK), -1, dtype=np.int64)
    for bar in range(len(alike_KK)):
        for earlier in (bar - 2, bar - 1):
            within = earlier >= 0 and earlier // _PHRASE == bar // _PHRASE
            free = within and mirror_of[earlier] < 0 and earlier not in mirror_of
            if free and alike_KK[bar, earlier] > _SAME:
                mirror_of[bar] = earlier
                break
    return mirror_of


def _bars(first: int) -> set[int]:
    return set(range(first, first + _PHRASE))


def _ranks(values: Floats) -> Floats:
    """Ranks 0 to 1, drawn to the middle where the values hardly differ."""
    if len(values) < 2:
        return np.full(len(values), 0.5)
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable") / (len(values) - 1)
    share = min(1.0, float(values.std()))
    return np.asarray(0.5 + (order - 0.5) * share)
