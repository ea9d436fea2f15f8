"""Songs to dance to: sound of a sensible length, with a word where it is damaged or silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.media.audio import (
    HEADER_SLACK_SECONDS,
    SHORTEST_SONG_SECONDS,
    decode_audio,
    is_silent,
    probe_audio,
)
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT, Progress

LONGEST_SONG_SECONDS = 600.0
MOST_DAMAGE = 0.5


def load_song(
    path: Path,
    sample_rate: int,
    start: float = 0.0,
    duration: float | None = None,
    progress: Progress = SILENT,
) -> NDArray[np.float32]:
    """`load_audio` for a song to dance to: 2 s to 10 min, warning of damage and silence.

    Raises:
        BadUsage: `start` or `duration` is negative, zero, or not a number.
        UnsuitableInput: as `load_audio`, or too short, too long, or mostly NaN.
    """
    _check_span(start, duration)
    info = probe_audio(path)
    left = info.seconds - start
    if info.exact and duration is None and left > LONGEST_SONG_SECONDS + HEADER_SLACK_SECONDS:
        raise _too_long(path, left)
    longest = LONGEST_SONG_SECONDS + HEADER_SLACK_SECONDS
    samples, damage = decode_audio(
        path, info, sample_rate, start, min(duration or longest, longest)
    )
    seconds = len(samples) / sample_rate
    if duration is None and seconds > LONGEST_SONG_SECONDS + HEADER_SLACK_SECONDS / 2:
        raise _too_long(path, max(left, seconds))
    if seconds < SHORTEST_SONG_SECONDS:
        raise UnsuitableInput(
            f"{path}: {seconds:.2f} s of sound, a dance needs {SHORTEST_SONG_SECONDS:g} s",
            "choose a longer song, an earlier --start or a longer --duration",
        )
    if damage > MOST_DAMAGE:
        raise UnsuitableInput(f"{path}: {damage:.0%} of its samples are NaN or infinite")
    if damage > 0:
        progress.warn(f"{path}: {damage:.2%} of its samples are NaN or infinite, heard as silence")
    if info.tracks > 1:
        progress.say(f"{path}: holds {info.tracks} sound tracks; number {info.track + 1} is heard")
    if is_silent(samples):
        progress.warn(f"{path}: the song is silent, so the dance has no beat to follow")
    return samples


def _check_span(start: float, duration: float | None) -> None:
    if not (np.isfinite(start) and start >= 0):
        raise BadUsage(f"--start {start} is not a time in seconds", "give 0 or more")
    if duration is None:
        return
    if not SHORTEST_SONG_SECONDS <= duration <= LONGEST_SONG_SECONDS:
        raise BadUsage(
            f"--duration {duration} is out of range",
            f"give {SHORTEST_SONG_SECONDS:g} to {LONGEST_SONG_SECONDS:g} seconds",
        )


def _too_long(path: Path, seconds: float) -> UnsuitableInput:
    return UnsuitableInput(
        f"{path}: {seconds / 60:.1f} minutes, the longest dance is "
        f"{LONGEST_SONG_SECONDS / 60:g} minutes",
        f"dance to a part of it with --start and --duration {LONGEST_SONG_SECONDS:g}",
    )
