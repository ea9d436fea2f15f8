"""Sound in and out: whatever ffmpeg can decode, as mono float samples at any rate."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media.ffmpeg import LOCAL_ONLY, NAN_TO_SILENCE, program
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

SHORTEST_SONG_SECONDS = 2.0
SILENCE_PEAK = 1e-4
HEADER_SLACK_SECONDS = 1.0
_PROBE_TIMEOUT_SECONDS = 60
_FORMATS_HINT = "give a wav, mp3, flac, ogg or m4a file, or a video with sound"


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says about its first sound track.

    Attributes:
        seconds: length; 0 where the header does not tell.
        sample_rate: samples per second.
        channels: number of channels.
        exact: whether `seconds` was written by the encoder, not guessed from the bit rate.
    """

    seconds: float
    sample_rate: int
    channels: int
    exact: bool = True


def probe_audio(path: Path) -> AudioInfo:
    """Read the header of the first sound track.

    Raises:
        UnsuitableInput: missing, empty, not a media file, or without sound.
        MissingAsset: ffmpeg is not installed.
    """
    _require_file(path)
    command = [
        program("ffprobe"), "-v", "warning", *LOCAL_ONLY, "-of", "json",
        "-show_entries", "stream=codec_type,sample_rate,channels,duration:format=duration",
        f"file:{path}",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise UnsuitableInput(f"{path}: ffprobe found no end to its header") from None
    remarks = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise UnsuitableInput(
            f"{path}: not a sound or video file, or damaged "
            f"({_reason(remarks).removeprefix(f'file:{path}: ')})",
            _FORMATS_HINT,
        )
    found: dict[str, Any] = json.loads(done.stdout or b"{}")
    sound = [s for s in found.get("streams", []) if s.get("codec_type") == "audio"]
    if not sound:
        raise UnsuitableInput(f"{path}: holds no sound track", _FORMATS_HINT)
    seconds = _number(sound[0].get("duration")) or _number(found.get("format", {}).get("duration"))
    rate, channels = int(_number(sound[0].get("sample_rate"))), int(sound[0].get("channels", 0))
    if rate <= 0 or channels <= 0:
        raise UnsuitableInput(f"{path}: its sound track cannot be decoded", _FORMATS_HINT)
    missing = _riff_promise(path)
    if missing > 1:
        return AudioInfo(seconds * missing, rate, channels)
    return AudioInfo(seconds, rate, channels, exact="Estimating duration" not in remarks)


def load_audio(
    path: Path,
    sample_rate: int,
    start: float = 0.0,
    duration: float | None = None,
    info: AudioInfo | None = None,
) -> NDArray[np.float32]:
    """Decode the first sound track to mono.

    NaN and infinite samples are heard as silence; `songs.load_song` also says so.

    Args:
        path: any file that ffmpeg reads; a video gives its sound track.
        sample_rate: of the result, samples per second.
        start: seconds to skip.
        duration: seconds to take; None takes all.
        info: what `probe_audio` said of the file, where that is known already.

    Returns:
        (N,) samples, full scale = 1.

    Raises:
        UnsuitableInput: missing, empty, no sound, damaged, or `start` beyond the end.
        MissingAsset: ffmpeg is not installed.
    """
    return decode_audio(path, info or probe_audio(path), sample_rate, start, duration)[0]


def is_silent(samples: NDArray[np.floating[Any]]) -> bool:
    """Whether no sample is louder than -80 dB of full scale."""
    return samples.size == 0 or float(np.abs(samples).max()) < SILENCE_PEAK


def write_wav(path: Path, samples: NDArray[np.floating[Any]], sample_rate: int) -> None:
    """Write 16-bit PCM atomically. Shape: (N,) mono or (N, 2) stereo; clipped to full scale."""
    import wave

    columns = samples.reshape(len(samples), -1)
    whole = np.round(np.clip(np.nan_to_num(columns), -1.0, 1.0) * 32767).astype("<i2")
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(columns.shape[1])
        stream.setsampwidth(2)
        stream.setframerate(sample_rate)
        stream.writeframes(whole.tobytes())


def decode_audio(
    path: Path, info: AudioInfo, sample_rate: int, start: float, duration: float | None
) -> tuple[NDArray[np.float32], float]:
    """Samples, and the share of the file's samples that were not finite."""
    if info.exact and 0 < info.seconds <= start:
        raise _beyond_the_end(path, start, info.seconds)
    samples, remarks = _decode(path, start, duration, ["-ac", "1", "-ar", str(sample_rate)])
    if samples.size == 0:
        if start > 0:
            raise _beyond_the_end(path, start, info.seconds)
        raise UnsuitableInput(f"{path}: no sound could be decoded ({_reason(remarks)})")
    _refuse_truncated(path, info, start, duration, len(samples) / sample_rate)
    if np.isfinite(samples).all():
        return samples, 0.0
    native, _ = _decode(path, start, duration, [])
    damage = 1.0 - float(np.isfinite(native).mean())
    rate = ["-af", NAN_TO_SILENCE, "-ac", "1", "-ar", str(sample_rate)]
    return np.nan_to_num(_decode(path, start, duration, rate)[0]), damage


def _decode(
    path: Path, start: float, duration: float | None, options: list[str]
) -> tuple[NDArray[np.float32], str]:
    span = ["-ss", f"{start:.6f}"] if start > 0 else []
    span += ["-t", f"{duration:.6f}"] if duration is not None else []
    command = [
        program("ffmpeg"), "-nostdin", "-v", "error", *LOCAL_ONLY, *span, "-i", f"file:{path}",
        "-map", "0:a:0", "-vn", "-sn", "-dn", *options, "-f", "f32le", "-c:a", "pcm_f32le", "-",
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    whole = len(done.stdout) // 4 * 4
    samples = np.frombuffer(done.stdout[:whole], dtype="<f4").astype(np.float32)
    return samples, done.stderr.decode(errors="replace")


def _refuse_truncated(
    path: Path, info: AudioInfo, start: float, duration: float | None, got: float
) -> None:
    if not info.exact or info.seconds <= 0:
        return
    promised = info.seconds - start
    if duration is not None:
        promised = min(promised, duration)
    if got < promised - max(HEADER_SLACK_SECONDS, 0.02 * promised):
        rest = got - 0.1
        raise UnsuitableInput(
            f"{path}: cut off or damaged, {got:.1f} s of the promised {promised:.1f} s can be read",
            f"use what is there with --duration {rest:.1f}"
            if rest >= SHORTEST_SONG_SECONDS
            else "get a whole copy of it",
        )


def _riff_promise(path: Path) -> float:
    """How many times longer than it is a .wav file says that it is; 1 for any other file."""
    with path.open("rb") as stream:
        header = stream.read(12)
    if header[:4] != b"RIFF" or header[8:] != b"WAVE":
        return 1.0
    promised = int.from_bytes(header[4:8], "little") + 8
    written_to_a_pipe = promised >= 0x7FFFF000
    return 1.0 if written_to_a_pipe else promised / path.stat().st_size


def _require_file(path: Path) -> None:
    if not path.exists():
        raise UnsuitableInput(f"{path}: no such file")
    if not path.is_file():
        raise UnsuitableInput(f"{path}: not a regular file", _FORMATS_HINT)
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        raise UnsuitableInput(f"{path}: cannot be read ({error.strerror})") from error
    if empty:
        raise UnsuitableInput(f"{path}: the file is empty", _FORMATS_HINT)


def _beyond_the_end(path: Path, start: float, seconds: float) -> UnsuitableInput:
    return UnsuitableInput(
        f"{path}: --start {start:g} is beyond its end"
        + (f" at {seconds:.2f} s" if seconds > 0 else ""),
        "choose an earlier --start",
    )


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "ffmpeg gave no reason"
