"""The 35-d music features of FACT, EDGE and MACE-Dance, with their schema on disk.

The recipe: docs/reference/music.md#the-35-features.

Shapes: N samples, T = 1 + floor(N / 512) frames at 30 per second.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media.audio import load_audio
from pipelines.media.songs import load_song
from pipelines.music import layout
from pipelines.music.warm_up import import_librosa
from pipelines.support.archives import read_npz
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path
from pipelines.support.progress import SILENT, Progress

HOP = 512
SAMPLE_RATE = int(MOTION_FPS) * HOP
TEMPO_SAMPLE_RATE = 22050
FEATURE_SCHEMA = "librosa35-30fps: envelope, mfcc 20, chroma_cens 12, onset peaks, beats"
_AIST_MUSIC_ID = re.compile(r"(?:^|_)m([A-Z]{2})(\d)(?:_|$|\.)")


@dataclass(frozen=True)
class MusicFeatures:
    """Frame-wise features of a song.

    Attributes:
        values: (T, 35) float32; `pipelines.music.layout` names the columns. Of another recipe
            (`pipelines.music.recipes`) as many as that has.
        fps: frames per second.
        schema: which recipe made them.
    """

    values: NDArray[np.float32]
    fps: float = MOTION_FPS
    schema: str = FEATURE_SCHEMA

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.values)


def extract_features(
    samples: NDArray[np.floating[Any]],
    sample_rate: int = SAMPLE_RATE,
    start_bpm: float | None = None,
) -> MusicFeatures:
    """Compute the features of a mono signal.

    Args:
        samples: (N,) mono, full scale = 1.
        sample_rate: of `samples`; any rate but 15360 is resampled first.
        start_bpm: where the beat tracker starts; None estimates it from the samples at 22050 Hz.

    Returns:
        features of 1 + floor(N / 512) frames, N counted at 15360 Hz. Silence has no beats.

    Raises:
        UnsuitableInput: no samples.
    """
    if samples.size == 0:
        raise UnsuitableInput("the song holds no samples")
    librosa = import_librosa()
    signal = samples.astype(np.float32)
    with warnings.catch_warnings():
        # librosa remarks on silence and on songs shorter than its longest window; both are fine.
        warnings.simplefilter("ignore", UserWarning)
        if start_bpm is None:
            start_bpm = estimate_start_bpm(
                _resampled(librosa, signal, sample_rate, TEMPO_SAMPLE_RATE)
            )
        signal = _resampled(librosa, signal, sample_rate, SAMPLE_RATE)
        return MusicFeatures(_columns(librosa, signal, start_bpm))


def _columns(librosa: Any, signal: NDArray[np.float32], start_bpm: float) -> NDArray[np.float32]:
    envelope = librosa.onset.onset_strength(y=signal, sr=SAMPLE_RATE)
    values = np.zeros((len(envelope), layout.WIDTH), dtype=np.float32)
    values[:, layout.envelope] = envelope[:, None]
    values[:, layout.mfcc] = librosa.feature.mfcc(y=signal, sr=SAMPLE_RATE, n_mfcc=20).T
    values[:, layout.chroma] = librosa.feature.chroma_cens(
        y=signal, sr=SAMPLE_RATE, hop_length=HOP, n_chroma=12
    ).T
    if envelope.any():
        peaks = librosa.onset.onset_detect(onset_envelope=envelope, sr=SAMPLE_RATE, hop_length=HOP)
        _, beats = librosa.beat.beat_track(
            onset_envelope=envelope, sr=SAMPLE_RATE, hop_length=HOP,
            start_bpm=start_bpm, tightness=100,
        )  # fmt: skip
        values[peaks, layout.peaks] = 1.0
        values[beats, layout.beats] = 1.0
    return values


def estimate_start_bpm(samples_at_22050: NDArray[np.floating[Any]]) -> float:
    """Tempo of a mono signal at 22050 Hz by librosa's estimator; 120 where there is none."""
    librosa = import_librosa()
    bpm = float(librosa.feature.tempo(y=samples_at_22050, sr=TEMPO_SAMPLE_RATE)[0])
    return bpm if np.isfinite(bpm) and bpm > 0 else 120.0


def song_features(
    path: Path,
    start: float = 0.0,
    duration: float | None = None,
    progress: Progress = SILENT,
) -> MusicFeatures:
    """Features of a song file, from the file's own samples.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset: as `pipelines.media.audio.load_song`.
    """
    samples = load_song(path, SAMPLE_RATE, start, duration, progress)
    bpm = bpm_of_aist_name(path.name)
    if bpm is None:
        bpm = estimate_start_bpm(load_audio(path, TEMPO_SAMPLE_RATE, start, duration))
    return extract_features(samples, SAMPLE_RATE, bpm)


def bpm_of_aist_name(name: str) -> float | None:
    """The tempo that an AIST music id spells (docs/reference/music.md#aist-tempo), or None.

    `mBR0` plays at 80 bpm, each digit adds 10; house (`mHO0`) starts at 110 and adds 5.
    """
    found = _AIST_MUSIC_ID.search(name)
    if found is None:
        return None
    digit = int(found.group(2))
    return 110.0 + 5 * digit if found.group(1) == "HO" else 80.0 + 10 * digit


def save_features(features: MusicFeatures, path: Path) -> None:
    """Write values, fps and schema as .npz, atomically."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            values=features.values,
            fps=np.float64(features.fps),
            schema=np.str_(features.schema),
        )


def load_features(
    path: Path, wanted: str = FEATURE_SCHEMA, width: int = layout.WIDTH
) -> MusicFeatures:
    """Read what `save_features` wrote, if it is of the schema and as wide as is wanted.

    Raises:
        UnsuitableInput: unreadable, of another schema (both are named), or the wrong shape.
    """
    try:
        archive = read_npz(path)
        values = archive["values"]
        fps, schema = float(archive["fps"]), str(archive["schema"])
    except (UnsuitableInput, ValueError, KeyError, TypeError) as error:
        raise UnsuitableInput(
            f"{path}: not a feature file of macedance ({error})", "compute it again from the song"
        ) from error
    if schema != wanted:
        raise UnsuitableInput(
            f'{path}: features are "{schema}", this command reads "{wanted}"',
            "compute them again from the song",
        )
    if values.ndim != 2 or values.shape[1] != width or not np.isfinite(values).all():
        raise UnsuitableInput(
            f"{path}: features are {values.shape} or not finite, want (T, {width})"
        )
    return MusicFeatures(values.astype(np.float32), fps, schema)


def _resampled(
    librosa: Any, samples: NDArray[np.float32], rate: int, target: int
) -> NDArray[np.float32]:
    if rate == target:
        return samples
    result: NDArray[np.float32] = librosa.resample(samples, orig_sr=rate, target_sr=target)
    return result
