"""Synthesised instruments: each function makes one note, (N,) float32 around full scale 1."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

RATE = 48000
Sound = NDArray[np.float32]


@lru_cache(maxsize=64)
def kick(depth_hz: float = 52.0, seconds: float = 0.32) -> Sound:
    """Bass drum: a sine that falls from a click to `depth_hz`."""
    t = _clock(seconds)
    frequency = depth_hz + 150 * np.exp(-t / 0.018) + 900 * np.exp(-t / 0.0025)
    body = np.sin(2 * np.pi * np.cumsum(frequency) / RATE) * np.exp(-t / (0.36 * seconds))
    return _finished(np.tanh(1.6 * body))


@lru_cache(maxsize=64)
def snare(tone_hz: float = 190.0, seconds: float = 0.22) -> Sound:
    """Snare drum: two drum modes and a rattle of noise."""
    t = _clock(seconds)
    head = np.sin(2 * np.pi * tone_hz * t) + 0.6 * np.sin(2 * np.pi * 1.78 * tone_hz * t)
    rattle = _noise(t, 11, 900.0, 9000.0) * np.exp(-t / 0.07)
    return _finished(0.5 * head * np.exp(-t / 0.05) + 0.9 * rattle)


@lru_cache(maxsize=64)
def clap(seconds: float = 0.22) -> Sound:
    """Hand clap: three bursts of noise close together and a tail."""
    t = _clock(seconds)
    bursts = sum(np.where(t >= d, np.exp(-(t - d) / 0.006), 0.0) for d in (0.0, 0.011, 0.021))
    tail = np.where(t >= 0.028, np.exp(-(t - 0.028) / 0.055), 0.0)
    return _finished(_noise(t, 12, 800.0, 5500.0) * (0.8 * bursts + tail))


@lru_cache(maxsize=64)
def hat(open_: bool = False) -> Sound:
    """High hat, closed or open."""
    t = _clock(0.28 if open_ else 0.07)
    return _finished(_noise(t, 13, 7000.0, 15000.0) * np.exp(-t / (0.09 if open_ else 0.018)))


@lru_cache(maxsize=64)
def shaker() -> Sound:
    """Shaker or maracas: soft noise that swells and stops."""
    t = _clock(0.09)
    swell = np.minimum(t / 0.02, 1.0) * np.exp(-t / 0.03)
    return _finished(_noise(t, 14, 4500.0, 12000.0) * swell)


@lru_cache(maxsize=64)
def crash() -> Sound:
    """Crash cymbal."""
    t = _clock(1.6)
    return _finished(_noise(t, 15, 3500.0, 14000.0) * np.exp(-t / 0.45))


@lru_cache(maxsize=64)
def clave(pitch_hz: float = 2300.0) -> Sound:
    """A pair of claves, or a rim at a lower pitch."""
    t = _clock(0.09)
    wood = np.sin(2 * np.pi * pitch_hz * t) + 0.3 * np.sin(2 * np.pi * 2.7 * pitch_hz * t)
    return _finished(wood * np.exp(-t / 0.018))


@lru_cache(maxsize=64)
def conga(pitch_hz: float = 210.0, slap: bool = False) -> Sound:
    """Conga: an open tone, or a slap."""
    t = _clock(0.28)
    tone = np.sin(2 * np.pi * pitch_hz * (t + 0.004 * np.exp(-t / 0.02)))
    skin = _noise(t, 16, 600.0, 4000.0) * np.exp(-t / 0.012)
    return _finished(tone * np.exp(-t / (0.035 if slap else 0.1)) + (1.2 if slap else 0.35) * skin)


@lru_cache(maxsize=256)
def bass(pitch: float, seconds: float, bright: bool = False) -> Sound:
    """Bass note of MIDI number `pitch`: a rounded saw, brighter where asked."""
    t = _clock(seconds + 0.05)
    harmonics = 10 if bright else 5
    note = np.zeros_like(t)
    for k in range(1, harmonics + 1):
        note += np.sin(2 * np.pi * k * hertz(pitch) * t) * np.exp(-t * (k - 1) / 0.35) / k
    return _finished(np.tanh(1.2 * note) * _envelope(t, seconds, 0.006, 0.04) * np.exp(-t / 1.2))


@lru_cache(maxsize=512)
def pluck(pitch: float, seconds: float) -> Sound:
    """Plucked string: harmonics that die the faster the higher they are."""
    t = _clock(max(seconds, 0.35) + 0.25)
    frequency = hertz(pitch)
    note = np.zeros_like(t)
    for k in range(1, max(2, int(min(14, 9000 / frequency))) + 1):
        stretch = k * np.sqrt(1 + 2e-4 * k * k)
        colour = np.sin(np.pi * k * 0.22) / k
        note += colour * np.sin(2 * np.pi * frequency * stretch * t) * np.exp(-t * (1.8 + 0.9 * k))
    return _finished(note * _envelope(t, t[-1] - 0.06, 0.003, 0.06))


@lru_cache(maxsize=512)
def piano(pitch: float, seconds: float) -> Sound:
    """Electric piano: a sine modulated by a sine, softer as it dies."""
    t = _clock(seconds + 0.3)
    frequency = hertz(pitch)
    bell = 0.9 * np.exp(-t / 0.35) * np.sin(2 * np.pi * 2 * frequency * t)
    tine = 0.12 * np.exp(-t / 0.05) * np.sin(2 * np.pi * 7 * frequency * t)
    note = np.sin(2 * np.pi * frequency * t + bell) + tine
    return _finished(note * np.exp(-t / 0.9) * _envelope(t, seconds, 0.004, 0.25))


@lru_cache(maxsize=256)
def pad(pitch: float, seconds: float) -> Sound:
    """Soft string pad: three detuned rounded saws."""
    t = _clock(seconds + 0.4)
    note = np.zeros_like(t)
    for number, cents in enumerate((-7.0, 0.0, 6.0)):
        frequency = hertz(pitch + cents / 100)
        for k in range(1, 6):
            note += np.sin(2 * np.pi * k * frequency * t + 1.7 * number * k) / k**1.6
    return _finished(note / 3 * _envelope(t, seconds, 0.12, 0.4))


@lru_cache(maxsize=512)
def lead(pitch: float, seconds: float) -> Sound:
    """Singing lead: odd harmonics with a vibrato that comes late."""
    t = _clock(seconds + 0.12)
    vibrato = 0.004 * np.minimum(t / 0.35, 1.0) * np.sin(2 * np.pi * 5.4 * t)
    phase = 2 * np.pi * np.cumsum(hertz(pitch) * (1 + vibrato)) / RATE
    note = np.sin(phase) + 0.28 * np.sin(2 * phase) + 0.16 * np.sin(3 * phase)
    return _finished(note * _envelope(t, seconds, 0.018, 0.1) * (0.5 + 0.5 * np.exp(-t / 0.5)))


def hertz(pitch: float) -> float:
    """Frequency of a MIDI note number; 69 is 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def _clock(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * RATE), dtype=np.float64) / RATE


def _noise(t: NDArray[np.float64], seed: int, low: float, high: float) -> NDArray[np.float64]:
    white = np.random.default_rng(seed).standard_normal(len(t))
    band = butter(2, [low, high], "band", fs=RATE, output="sos")
    coloured: NDArray[np.float64] = sosfilt(band, white)
    coloured /= np.abs(coloured).max()
    return coloured


def _envelope(
    t: NDArray[np.float64], seconds: float, attack: float, release: float
) -> NDArray[np.float64]:
    rise = np.minimum(t / attack, 1.0)
    fall = np.clip(1.0 - (t - seconds) / release, 0.0, 1.0)
    return np.asarray(rise * fall, dtype=np.float64)


def _finished(note: NDArray[np.float64]) -> Sound:
    """Peak 1 and no click at the end; the array is shared, so it is locked."""
    fade = min(len(note), int(0.004 * RATE))
    note = note / max(1e-9, float(np.abs(note).max()))
    note[-fade:] *= np.linspace(1.0, 0.0, fade)
    result: Sound = note.astype(np.float32)
    result.setflags(write=False)
    return result
