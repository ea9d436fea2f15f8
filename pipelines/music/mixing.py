"""Notes to a finished track: placing, panning, reverb and soft limiting.

Shapes: N samples at 48 kHz, 2 channels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from pipelines.music.instruments import RATE, Sound

_REVERB_SECONDS = 1.3
_TARGET_RMS = 0.16
_CEILING = 0.97


class Mixer:
    """Collects notes into a dry track and a reverb send."""

    def __init__(self, seconds: float) -> None:
        self._samples = round(seconds * RATE)
        # Sides one after the other: notes are added ten times as fast as to pairs of samples.
        self._dry = np.zeros((2, self._samples), dtype=np.float32)
        self._send = np.zeros(self._samples, dtype=np.float32)

    def add(
        self, note: Sound, seconds: float, gain: float, pan: float = 0.0, send: float = 0.0
    ) -> None:
        """Place a note at a time; `pan` -1 left to 1 right; `send` is its share of reverb."""
        begin = round(seconds * RATE)
        if begin >= self._samples:
            return
        note = note[: self._samples - begin]
        angle = (pan + 1) * np.pi / 4
        sides = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) * np.float32(gain)
        for side, share in zip(self._dry, sides, strict=True):
            side[begin : begin + len(note)] += note * share
        if send > 0:
            self._send[begin : begin + len(note)] += note * np.float32(gain * send)

    def mastered(self, rng: np.random.Generator) -> Sound:
        """The track with its reverb, at an even loudness, below full scale. Shape: (N, 2)."""
        track = np.ascontiguousarray(self._dry.T) + self._reverb(rng)
        cut = butter(2, 28.0, "highpass", fs=RATE, output="sos")
        track = sosfilt(cut, track, axis=0)
        rms = float(np.sqrt((track**2).mean()))
        track *= _TARGET_RMS / max(rms, 1e-6)
        # tanh bends peaks over smoothly, where clipping would crackle.
        track = _CEILING * np.tanh(track / _CEILING)
        fade = min(len(track), int(0.03 * RATE))
        track[len(track) - fade :] *= np.linspace(1.0, 0.0, fade)[:, None]
        result: Sound = track.astype(np.float32)
        return result

    def _reverb(self, rng: np.random.Generator) -> NDArray[np.float64]:
        t = np.arange(int(_REVERB_SECONDS * RATE)) / RATE
        room = rng.standard_normal((len(t), 2)) * np.exp(-t / 0.28)[:, None]
        room[: int(0.012 * RATE)] = 0.0
        band = butter(1, [250.0, 5000.0], "band", fs=RATE, output="sos")
        room = sosfilt(band, room, axis=0)
        room /= np.sqrt((room**2).sum(axis=0))
        wet = fftconvolve(self._send[:, None].astype(np.float64), room, axes=0)
        return np.asarray(wet[: self._samples], dtype=np.float64)
