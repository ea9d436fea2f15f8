"""Notes of the synthesised instruments: their pitch, their length, their end and their sharing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.music import instruments as play
from pipelines.music.instruments import RATE, Sound, hertz

PITCHED: dict[str, Callable[[float, float], Sound]] = {
    "bass": play.bass,
    "bright bass": lambda pitch, seconds: play.bass(pitch, seconds, True),
    "pluck": play.pluck,
    "piano": play.piano,
    "pad": play.pad,
    "lead": play.lead,
}
DRUMS: dict[str, Callable[[], Sound]] = {
    "kick": play.kick,
    "snare": play.snare,
    "clap": play.clap,
    "hat": play.hat,
    "open hat": lambda: play.hat(True),
    "shaker": play.shaker,
    "crash": play.crash,
    "clave": play.clave,
    "conga": play.conga,
    "conga slap": lambda: play.conga(310.0, True),
}
NOTES = {name: (lambda voice=voice: voice(57, 0.4)) for name, voice in PITCHED.items()} | DRUMS


def spectrum(note: Sound) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and how much energy each holds."""
    return np.fft.rfftfreq(len(note), 1 / RATE), np.abs(np.fft.rfft(note)) ** 2


def centre(note: Sound) -> float:
    """The frequency around which the energy lies, Hz."""
    frequencies, power = spectrum(note)
    return float((frequencies * power).sum() / power.sum())


def fundamental(note: Sound) -> float:
    """Pitch in Hz by the first strong peak of the autocorrelation."""
    part = note[RATE // 20 :]
    power = np.abs(np.fft.rfft(part, 2 * len(part))) ** 2
    likeness = np.fft.irfft(power)[: len(part)]
    likeness /= likeness[0]
    first = int(np.argmax(likeness < 0))  # past the peak at zero
    lags = np.arange(first, min(len(part) - 1, RATE // 40))
    best = likeness[lags].max()
    strong = [k for k in lags if likeness[k] > 0.85 * best]
    peak = next(k for k in strong if likeness[k] == likeness[k - 9 : k + 10].max())
    return RATE / peak


@pytest.mark.parametrize("name", sorted(NOTES))
def test_every_note_peaks_at_full_scale_and_ends_in_silence(name: str) -> None:
    note = NOTES[name]()
    assert note.dtype == np.float32 and note.ndim == 1
    assert np.isfinite(note).all()
    # The last 4 ms are faded after scaling, so a peak in them could only be lower.
    assert np.abs(note).max() == pytest.approx(1.0, abs=1e-6)
    assert note[-1] == 0.0
    assert np.abs(np.diff(note[-24:])).max() < 0.02


@pytest.mark.parametrize("name", sorted(NOTES))
def test_a_note_is_made_once_shared_and_cannot_be_written(name: str) -> None:
    note = NOTES[name]()
    assert NOTES[name]() is note
    with pytest.raises(ValueError, match="read-only"):
        note[0] = 1.0


@pytest.mark.parametrize("name", sorted(PITCHED))
@pytest.mark.parametrize("pitch", [45, 57, 64])
def test_a_pitched_voice_sounds_at_its_pitch(name: str, pitch: int) -> None:
    heard = fundamental(PITCHED[name](pitch, 0.6))
    assert 12 * np.log2(heard / hertz(pitch)) == pytest.approx(0, abs=0.3)  # semitones


@pytest.mark.parametrize("name", sorted(PITCHED))
def test_a_longer_note_lasts_longer(name: str) -> None:
    short, long = PITCHED[name](60, 0.4), PITCHED[name](60, 1.0)
    assert len(long) - len(short) == pytest.approx(0.6 * RATE, abs=2)


@pytest.mark.parametrize(
    ("make", "low", "high"),
    [
        (play.kick, 40, 200),
        (play.snare, 150, 5000),
        (play.clap, 800, 5500),
        (play.hat, 7000, 15000),
        (play.shaker, 4500, 12000),
        (play.crash, 3500, 14000),
        (play.conga, 100, 1200),
    ],
)
def test_a_drum_lies_in_its_band(make: Callable[[], Sound], low: float, high: float) -> None:
    note = make()
    frequencies, power = spectrum(note)
    inside = power[(frequencies >= low) & (frequencies <= high)].sum()
    assert low < centre(note) < high
    assert inside > 0.7 * power.sum()


def test_the_kick_falls_to_its_depth() -> None:
    note = play.kick(52.0, 0.32)
    crossings = np.flatnonzero((note[:-1] < 0) & (note[1:] > 0)) / RATE
    rates = 1 / np.diff(crossings)
    assert rates[0] > 2 * rates[-1]
    assert rates[-1] == pytest.approx(52.0, rel=0.05)
    assert (np.diff(rates) < 1).all()


def test_an_open_hat_rings_longer_and_a_slap_shorter_than_an_open_conga() -> None:
    def ring(note: Sound) -> float:
        """Seconds until nine tenths of the energy are over."""
        energy = np.cumsum(note.astype(float) ** 2)
        return float(np.searchsorted(energy, 0.9 * energy[-1])) / RATE

    assert ring(play.hat(True)) > 3 * ring(play.hat())
    assert ring(play.conga(210.0, slap=True)) < 0.7 * ring(play.conga(210.0))
    assert ring(play.crash()) > 5 * ring(play.shaker())


def test_a_bright_bass_has_more_above_its_fundamental() -> None:
    def upper(note: Sound) -> float:
        frequencies, power = spectrum(note)
        return float(power[frequencies > 5.5 * hertz(40)].sum() / power.sum())

    assert upper(play.bass(40, 0.5, True)) > 1.5 * upper(play.bass(40, 0.5))


def test_high_strings_die_before_low_ones_and_stay_below_half_the_sample_rate() -> None:
    low, high = play.pluck(45, 0.8), play.pluck(105, 0.8)
    frequencies, power = spectrum(high)
    assert power[frequencies > 20_000].sum() < 1e-3 * power.sum()
    assert centre(low) < centre(high)


def test_the_leads_vibrato_comes_late() -> None:
    note = play.lead(69, 1.2)

    def wobble(start: float) -> float:
        part = note[int(start * RATE) : int((start + 0.2) * RATE)]
        crossings = np.flatnonzero((part[:-1] < 0) & (part[1:] >= 0))
        places = crossings + part[crossings] / (part[crossings] - part[crossings + 1])
        return float(np.std(1 / np.diff(places)) * RATE)

    assert wobble(0.6) > 2 * wobble(0.02)


@given(st.floats(0, 127), st.floats(-24, 24))
def test_hertz_doubles_with_every_twelve_semitones(pitch: float, shift: float) -> None:
    assert hertz(pitch + shift) / hertz(pitch) == pytest.approx(2 ** (shift / 12), rel=1e-9)


def test_hertz_of_the_piano() -> None:
    # The lowest and highest key, middle C, and the A of the tuning fork.
    assert [round(hertz(key), 2) for key in (21, 60, 69, 108)] == [27.5, 261.63, 440.0, 4186.01]
