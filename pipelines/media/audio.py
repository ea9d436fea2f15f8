"""Sound in and out: whatever ffmpeg can decode, as mono float samples at any rate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.media.ffmpeg import NotAMedium, command, nan_to_silence, run, source
from pipelines.media.probe import examine
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

SHORTEST_SONG_SECONDS = 2.0
SILENCE_PEAK = 1e-4
HEADER_SLACK_SECONDS = 1.0
_SAME_CLOCK = 1e-3
"""Seconds by which a track may begin later than its file without being called late."""
_FAINT, _CANCELLED = 0.02, 10.0
"""Peak below which two channels are suspected of cancelling each other, and how much louder one of
them then has to be."""
_FASTEST = 3_000_000
"""Samples a second; the fastest there are (DSD512) come as 2.8 million. To resample from what a
damaged header claims takes a minute for every second."""
_FORMATS_HINT = "give a wav, mp3, flac, ogg or m4a file, or a video with sound"


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says about the sound track that is heard.

    Attributes:
        seconds: when it ends by the file's clock; 0 where the header does not tell.
        sample_rate: samples per second.
        channels: number of channels.
        exact: whether `seconds` was written by the encoder, not guessed from the bit rate.
        track: its number among the file's sound tracks: the first that is marked as the default.
        tracks: how many there are.
        delay: seconds by the file's clock at which its first sample is heard.
    """

    seconds: float
    sample_rate: int
    channels: int
    exact: bool = True
    track: int = 0
    tracks: int = 1
    delay: float = 0.0

    def cut(self, sound: Any, start: float, duration: float | None) -> Any:
        """This much of the stream of the track, by the file's clock.

        Samples are counted from the track's first one: seeking would land where a container has a
        mark, tens of milliseconds off.
        """
        begin = start - self.delay
        if begin == 0 and duration is None:
            return sound
        sound = sound.filter("asetpts", "N/SR/TB")
        if begin < 0:
            sound = sound.filter("adelay", f"{-begin * 1000:.3f}", all=1)
        span = {"start": f"{max(0.0, begin):.6f}"}
        if duration is not None:
            span["duration"] = f"{duration:.6f}"
        return sound.filter("atrim", **span).filter("asetpts", "N/SR/TB")


def probe_audio(path: Path) -> AudioInfo:
    """Read the header of the sound track that is heard.

    Raises:
        UnsuitableInput: missing, empty, not a media file, or without sound.
    """
    _require_file(path)
    try:
        found, remarks = examine(path)
    except NotAMedium as refusal:
        raise UnsuitableInput(
            f"{path}: not a sound or video file, or damaged ({refusal})", _FORMATS_HINT
        ) from None
    sound = [s for s in found.get("streams", []) if s.get("codec_type") == "audio"]
    if not sound:
        raise UnsuitableInput(f"{path}: holds no sound track", _FORMATS_HINT)
    default = (n for n, s in enumerate(sound) if s.get("disposition", {}).get("default"))
    number = next(default, 0)
    heard, whole = sound[number], found.get("format", {})
    delay = _number(heard.get("start_time")) - _number(whole.get("start_time"))
    delay = delay if delay > _SAME_CLOCK else 0.0
    seconds = _number(heard.get("duration"))
    seconds = seconds + delay if seconds else _number(whole.get("duration"))
    rate, channels = int(_number(heard.get("sample_rate"))), int(heard.get("channels", 0))
    if not 0 < rate <= _FASTEST or channels <= 0:
        raise UnsuitableInput(f"{path}: its sound track cannot be decoded", _FORMATS_HINT)
    missing = _riff_promise(path)
    if missing > 1:
        return AudioInfo(seconds * missing, rate, channels)
    exact = "Estimating duration" not in remarks
    return AudioInfo(seconds, rate, channels, exact, number, len(sound), delay)


def load_audio(
    path: Path,
    sample_rate: int,
    start: float = 0.0,
    duration: float | None = None,
    info: AudioInfo | None = None,
) -> NDArray[np.float32]:
    """Decode the sound track that is heard to mono, by the file's clock.

    Of stereo in antiphase, whose channels cancel each other, the louder channel is taken.

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
    rate = {"ac": 1, "ar": sample_rate}
    samples, remarks = _decode(path, info, start, duration, rate)
    if samples.size == 0:
        if start > 0:
            raise _beyond_the_end(path, start, info.seconds)
        raise UnsuitableInput(f"{path}: no sound could be decoded ({_reason(remarks)})")
    _refuse_truncated(path, info, start, duration, len(samples) / sample_rate)
    if np.isfinite(samples).all():
        if info.channels == 2 and np.abs(samples).max() < _FAINT:
            samples = _louder(path, info, sample_rate, start, duration, samples)
        return samples, 0.0
    native, _ = _decode(path, info, start, duration, {})
    damage = 1.0 - float(np.isfinite(native).mean())
    return np.nan_to_num(_decode(path, info, start, duration, rate, repair=True)[0]), damage


def _louder(
    path: Path, info: AudioInfo, sample_rate: int, start: float, duration: float | None,
    mixed: NDArray[np.float32],
) -> NDArray[np.float32]:  # fmt: skip
    """The louder of two channels where their mix leaves next to nothing of it, else the mix."""
    both, _ = _decode(path, info, start, duration, {"ac": 2, "ar": sample_rate})
    channels = both[: len(both) // 2 * 2].reshape(-1, 2)
    peaks = np.abs(channels).max(0, initial=0.0)
    if peaks.max() < _CANCELLED * np.abs(mixed).max(initial=0.0) or is_silent(peaks):
        return mixed
    return np.ascontiguousarray(channels[:, int(peaks.argmax())])


def _decode(
    path: Path,
    info: AudioInfo,
    start: float,
    duration: float | None,
    options: dict[str, int],
    repair: bool = False,
) -> tuple[NDArray[np.float32], str]:
    track = source(path)[f"a:{info.track}"]
    sound = info.cut(nan_to_silence(track) if repair else track, start, duration)
    samples = sound.output("pipe:1", format="f32le", **{"c:a": "pcm_f32le"}, **options)
    done = run(command(samples))
    whole = len(done.stdout) // 4 * 4
    decoded = np.frombuffer(done.stdout[:whole], dtype="<f4").astype(np.float32)
    return decoded, done.stderr.decode(errors="replace")


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
