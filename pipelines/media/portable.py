"""Sound and pictures as small files that every browser plays."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import ffmpeg

from pipelines.media.audio import probe_audio
from pipelines.media.ffmpeg import (
    AAC,
    REPRODUCIBLE,
    SOUND_RATE,
    check_written,
    command,
    for_screens,
    last_line,
    nan_to_silence,
    run,
    source,
)
from pipelines.media.video import probe_video
from pipelines.support.errors import UnsuitableInput

SOUND_TYPE, VIDEO_TYPE = "audio/mp4", "video/mp4"
_SOUND = {**AAC, "b:a": "128k"}
_SHORTER_SIDE, _JUDGED_SIDE = 360, 540


def small_sound(song: Path, seconds: float, start: float = 0.0) -> bytes:
    """So many seconds of a song from `start` on, as AAC in MP4, 16 kB a second.

    Raises UnsuitableInput: no sound that can be decoded.
    """
    info = probe_audio(song)
    heard = nan_to_silence(source(song, **_from(start), t=f"{seconds:.6f}")[f"a:{info.track}"])
    heard = heard.filter("aresample", SOUND_RATE)
    return _encoded(song, [heard], {"vn": None, **_SOUND})


def small_video(video: Path, seconds: float) -> bytes:
    """The first `seconds` of a video, its shorter side 360 pixels at most, without sound.

    Raises UnsuitableInput: no video that can be decoded.
    """
    seen = source(video, t=f"{seconds:.6f}")["V:0"].filter("scale", *_size(video, _SHORTER_SIDE))
    return _encoded(video, [for_screens(seen)], {"an": None, **_picture(28)})


def judged_video(
    video: Path,
    seconds: float,
    sound: Path | None = None,
    start: float = 0.0,
    scrambled: int | None = None,
) -> bytes:
    """The first `seconds` of a video for people to judge, its shorter side 540 pixels at most.

    Args:
        sound: what is heard with it, from second `start` on; None: nothing.
        scrambled: a seed by which pictures change places within about half a second.

    Raises UnsuitableInput: no video, or no sound, that can be decoded.
    """
    seen = source(video, t=f"{seconds:.6f}")["V:0"].filter("scale", *_size(video, _JUDGED_SIDE))
    if scrambled is not None:
        fps = float(probe_video(video).fps)
        # So many wait for their turn; at the end those that still wait are left in order.
        waiting = max(2, round(min(fps / 2, fps * seconds / 3)))
        seen = seen.filter("random", frames=waiting, seed=scrambled)
    streams = [for_screens(seen)]
    silent: dict[str, Any] = {"an": None}
    if sound is not None:
        info = probe_audio(sound)
        heard = source(sound, **_from(start), t=f"{seconds:.6f}")[f"a:{info.track}"]
        streams.append(nan_to_silence(heard).filter("aresample", SOUND_RATE))
        silent = _SOUND
    return _encoded(video, streams, {**silent, **_picture(23)})


def _from(start: float) -> dict[str, str]:
    return {"ss": f"{start:.6f}"} if start else {}


def _size(video: Path, shorter: int) -> tuple[int, int]:
    info = probe_video(video)
    shrink = min(1.0, shorter / min(info.width, info.height))
    width, height = (max(2, round(side * shrink / 2) * 2) for side in (info.width, info.height))
    return width, height


def _picture(crf: int) -> dict[str, Any]:
    return {"c:v": "libx264", "preset": "veryfast", "crf": crf, "g": 15, "threads": 2}


def _encoded(path: Path, streams: Any, options: dict[str, Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "small.mp4"
        line = ffmpeg.output(*streams, f"file:{target}", **options, **REPRODUCIBLE)
        done = run(command(line))
        if done.returncode != 0:
            raise UnsuitableInput(f"{path}: cannot be decoded ({last_line(done.stderr)})")
        check_written(target, done.returncode, done.stderr)
        return target.read_bytes()
