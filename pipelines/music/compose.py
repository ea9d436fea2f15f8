"""Songs made here: drums, bass, chords and a melody, from a tempo, a style and a seed.

Beat k falls at k * 60 / bpm seconds. Times in sixteenths: 4 to a beat, 16 to a bar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.music import instruments as play
from pipelines.music.instruments import Sound
from pipelines.music.mixing import Mixer
from pipelines.music.styles import STYLES, Style
from pipelines.support.errors import BadUsage

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
_LOUDNESS = {"X": 1.0, "x": 0.75, "o": 0.45}
_DRUMS: dict[str, tuple[Callable[[], Sound], float, float]] = {
    "kick": (play.kick, 0.95, 0.0),
    "snare": (play.snare, 0.5, 0.05),
    "clap": (play.clap, 0.45, -0.05),
    "hat": (play.hat, 0.16, 0.3),
    "hat_open": (lambda: play.hat(True), 0.14, 0.3),
    "shaker": (play.shaker, 0.13, -0.35),
    "clave": (play.clave, 0.2, -0.25),
    "rim": (lambda: play.clave(1150.0), 0.22, 0.2),
    "conga": (play.conga, 0.34, 0.25),
    "conga_slap": (lambda: play.conga(310.0, True), 0.32, 0.25),
}
_TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7)}
_SCALE = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}


def compose(
    seconds: float,
    bpm: float,
    style: str = "house",
    seed: int = 0,
    accents: NDArray[np.floating[Any]] | None = None,
    energy: NDArray[np.floating[Any]] | None = None,
) -> Sound:
    """Compose and render a song at 48 kHz.

    Args:
        seconds: length.
        bpm: tempo; the first beat falls at 0.
        style: a key of `pipelines.music.styles.STYLES`.
        seed: of the melody, the chords and the key.
        accents: (A,) seconds to mark with a cymbal and a chord, rounded to the nearest eighth.
        energy: (bars,) in [0, 1] how much is played in each bar; None builds up and breaks down.

    Returns:
        (N,) float32 mono within full scale; `compose_stereo` gives both channels.

    Raises:
        BadUsage: unknown style, or a length or tempo out of range.
    """
    mono: Sound = compose_stereo(seconds, bpm, style, seed, accents, energy).mean(axis=1)
    return mono


def compose_stereo(
    seconds: float,
    bpm: float,
    style: str = "house",
    seed: int = 0,
    accents: NDArray[np.floating[Any]] | None = None,
    energy: NDArray[np.floating[Any]] | None = None,
) -> Sound:
    """As `compose`, in stereo. Shape of the result: (N, 2)."""
    if style not in STYLES:
        raise BadUsage(f"no style {style!r}", f"choose one of {', '.join(sorted(STYLES))}")
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise BadUsage(f"tempo {bpm} is out of range", f"{SLOWEST_BPM:g} to {FASTEST_BPM:g} bpm")
    if not 0 < seconds <= 1200:
        raise BadUsage(f"a song of {seconds} s is out of range", "give 1 to 1200 seconds")
    chosen, rng = STYLES[style], np.random.default_rng(seed)
    sixteenth = 15.0 / bpm
    bars = int(np.ceil(seconds / (16 * sixteenth)))
    if energy is None:
        energy = _arc(bars)
    energy = np.resize(energy, bars) if len(energy) < bars else energy[:bars]
    mixer = Mixer(seconds)
    key = int(rng.integers(0, 12))
    chords = chosen.progressions[int(rng.integers(len(chosen.progressions)))]
    minor_key = chords[0][1] == "minor" and chords[0][0] == 0
    motif = _motif(rng)
    for bar in range(bars):
        start, level = bar * 16 * sixteenth, float(energy[bar])
        last_of_phrase = bar % 4 == 3
        _play_drums(mixer, chosen, start, sixteenth, level, fill=last_of_phrase and level > 0.5)
        chord = chords[bar % len(chords)]
        _play_bass(mixer, chosen, start, sixteenth, key + chord[0], level)
        _play_chords(mixer, chosen, start, sixteenth, key, chord, level)
        if level > 0.35:
            scale = "minor" if minor_key else "major"
            _play_melody(mixer, chosen, start, sixteenth, key, scale, chord, motif[bar % 4])
    if accents is not None:
        _mark_accents(mixer, np.asarray(accents, dtype=np.float64), 2 * sixteenth)
    return mixer.mastered(np.random.default_rng(seed + 1))


def _arc(bars: int) -> NDArray[np.float64]:
    """Energy of each bar: in at half, full by the third bar, a breath every 16th."""
    rise = np.minimum(1.0, 0.5 + 0.25 * np.arange(bars))
    rise[15::16] = 0.6
    return rise


def _play_drums(
    mixer: Mixer, style: Style, start: float, sixteenth: float, level: float, fill: bool
) -> None:
    for name, pattern in style.drums.items():
        make, gain, pan = _DRUMS[name]
        for step, mark in enumerate(pattern):
            loudness = _LOUDNESS.get(mark, 0.0)
            # Soft decoration leaves first when the dance calms down; the beat stays.
            if loudness == 0.0 or loudness < 0.8 - level:
                continue
            late = style.swing * sixteenth if step % 2 else 0.0
            gain_now = gain * loudness * (0.6 + 0.4 * level)
            mixer.add(make(), start + step * sixteenth + late, gain_now, pan, send=0.08)
    if fill:
        for step, loudness in ((13, 0.5), (14, 0.65), (15, 0.8)):
            mixer.add(play.snare(), start + step * sixteenth, 0.3 * loudness, 0.1, send=0.15)


def _play_bass(
    mixer: Mixer, style: Style, start: float, sixteenth: float, root: int, level: float
) -> None:
    # Between 58 and 110 Hz: lower than the chords, not too low for small loudspeakers.
    lowest = 34 + (root - 34) % 12
    for step, length, interval in style.bass:
        note = play.bass(lowest + interval, round(0.9 * length * sixteenth, 3), style.bright_bass)
        mixer.add(note, start + step * sixteenth, 0.36 * (0.5 + 0.5 * level), 0.0)


def _play_chords(
    mixer: Mixer,
    style: Style,
    start: float,
    sixteenth: float,
    key: int,
    chord: tuple[int, str],
    level: float,
) -> None:
    voice = {"piano": play.piano, "pluck": play.pluck, "pad": play.pad}[style.chord_voice]
    root = key + chord[0]
    # Inversions keep every chord in the same octave, so that the voices move little.
    pitches = [57 + (root + third - 57) % 12 for third in _TRIADS[chord[1]]]
    hits = [step for step, mark in enumerate(style.chord_hits) if mark in _LOUDNESS]
    for number, step in enumerate(hits):
        until = hits[number + 1] if number + 1 < len(hits) else 16
        seconds = round(min(0.95 * (until - step), 8) * sixteenth, 3)
        gain = 0.13 * _LOUDNESS[style.chord_hits[step]] * (0.5 + 0.5 * level)
        late = style.swing * sixteenth if step % 2 else 0.0
        for voice_number, pitch in enumerate(pitches):
            strum = 0.006 * voice_number
            mixer.add(
                voice(pitch, seconds), start + step * sixteenth + late + strum, gain,
                0.25 * (voice_number - 1), send=0.3,
            )  # fmt: skip


def _motif(rng: np.random.Generator) -> list[list[tuple[int, int, int]]]:
    """Four bars of (sixteenth, length, scale degree): question, variation, question, answer."""
    rhythms = (
        ((0, 3), (3, 3), (6, 2), (8, 4), (12, 2)),
        ((0, 2), (2, 2), (6, 4), (10, 2), (12, 3)),
        ((2, 2), (4, 4), (8, 2), (10, 2), (12, 4)),
        ((0, 4), (6, 2), (8, 3), (11, 3)),
    )
    rhythm = rhythms[int(rng.integers(len(rhythms)))]
    degree, question = int(rng.integers(0, 4)), []
    for step, length in rhythm:
        question.append((step, length, degree))
        degree = int(np.clip(degree + rng.integers(-2, 3), -2, 7))
    varied = [*question[:-2], *((s, n, d + 1) for s, n, d in question[-2:])]
    answer = [*question[:2], (8, 8, 0)]
    return [question, varied, question, answer]


def _play_melody(
    mixer: Mixer,
    style: Style,
    start: float,
    sixteenth: float,
    key: int,
    scale: str,
    chord: tuple[int, str],
    notes: list[tuple[int, int, int]],
) -> None:
    voice = {"lead": play.lead, "pluck": play.pluck}[style.lead_voice]
    degrees = _SCALE[scale]
    triad = {(key + chord[0] + third) % 12 for third in _TRIADS[chord[1]]}
    for step, length, degree in notes:
        pitch = 69 + key % 12 - 6 + degrees[degree % 5] + 12 * (degree // 5)
        if step % 8 == 0:
            # Strong beats sing a note of the chord.
            pitch = min(
                range(pitch - 3, pitch + 4), key=lambda p: (p % 12 not in triad, abs(p - pitch))
            )
        late = style.swing * sixteenth if step % 2 else 0.0
        note = voice(pitch, round(0.9 * length * sixteenth, 3))
        mixer.add(note, start + step * sixteenth + late, 0.2, 0.15, send=0.35)


def _mark_accents(mixer: Mixer, accents: NDArray[np.float64], eighth: float) -> None:
    for moment in np.unique(np.round(accents / eighth)):
        mixer.add(play.crash(), float(moment) * eighth, 0.2, -0.2, send=0.2)
        mixer.add(play.kick(), float(moment) * eighth, 0.4, 0.0)
