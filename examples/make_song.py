"""Composes the example song: `python examples/make_song.py` writes examples/song.wav.

Five bars at 116 beats a minute, the first beat at 0 s; the same bytes on every run.
"""

from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from pipelines.media.audio import write_wav
from pipelines.music.compose import compose_stereo

BPM = 116.0
BARS = 5
SAMPLE_RATE = 44100


def main() -> None:
    """Compose, bring to CD rate, fade the end, write."""
    bar_seconds = 240.0 / BPM
    seconds = BARS * bar_seconds
    track = compose_stereo(
        seconds,
        BPM,
        style="house",
        seed=21,
        accents=np.array([0.0, 2 * bar_seconds, 4 * bar_seconds]),
        energy=np.array([0.6, 0.8, 1.0, 1.0, 1.0]),
    )
    track = resample_poly(track, 147, 160, axis=0)
    fade = int(0.5 * SAMPLE_RATE)
    track[-fade:] *= np.linspace(1.0, 0.0, fade)[:, None] ** 2
    target = Path(__file__).with_name("song.wav")
    write_wav(target, track, SAMPLE_RATE)
    print(f"{target}: {len(track) / SAMPLE_RATE:.2f} s at {BPM:g} bpm")


if __name__ == "__main__":
    main()
