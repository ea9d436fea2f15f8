"""What Bailando's way to hear music is made of, which others took over.

docs/reference/music.md#recipes-of-networks. Mono samples (N,) at 15 360 Hz, hops of 512: T = 1 +
floor(N / 512) frames at 30 per second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.music.features import HOP, SAMPLE_RATE
from pipelines.music.warm_up import import_librosa

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Parts:
    """Attributes:
    mfcc: (20, T) of the mel spectrogram in dB below the song's loudest.
    chroma: (12, T) constant-Q, of the harmonic part.
    onsets: (T,) strength of the percussive part, median over bands.
    beats: (T,) 1 at the beats of `onsets`; no start tempo.
    """

    mfcc: Array
    chroma: Array
    onsets: Array
    beats: Array


def parts_of(signal: Array, octaves: int) -> Parts:
    """The parts of a song; `octaves` of chroma, from C1 upwards."""
    librosa = import_librosa()
    mel = librosa.feature.melspectrogram(y=signal, sr=SAMPLE_RATE, hop_length=HOP)
    mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel, ref=np.max), n_mfcc=20)
    harmonic, percussive = librosa.effects.hpss(signal)
    chroma = librosa.feature.chroma_cqt(
        y=harmonic, sr=SAMPLE_RATE, hop_length=HOP, n_octaves=octaves
    )
    onsets = librosa.onset.onset_strength(
        y=percussive, sr=SAMPLE_RATE, hop_length=HOP, aggregate=np.median
    )
    frames = min(mfcc.shape[1], chroma.shape[1], len(onsets))
    onsets = onsets[:frames]
    beats = np.zeros(frames, dtype=np.float32)
    if onsets.any():
        _, at = librosa.beat.beat_track(onset_envelope=onsets, sr=SAMPLE_RATE, hop_length=HOP)
        beats[at] = 1.0
    return Parts(mfcc[:, :frames], chroma[:, :frames], onsets, beats)
