"""Sound and pictures as small files that every browser plays."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

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
_SHORTER_SIDE = 360


def small_sound(song: Path, seconds: float) -> bytes:
    """The first `seconds` of a song as AAC in MP4, 16 kB a second.

    Raises UnsuitableInput: no sound that can be decoded.
    """
    info = probe_audio(song)
    heard = nan_to_silence(source(song, t=f"{seconds:.6f}")[f"a:{info.track}"])
    heard = heard.filter("aresample", SOUND_RATE)
    return _encoded(song, heard, {"vn": None, **_SOUND})


def small_video(video: Path, seconds: float) -> bytes:
    """The first `seconds` of a video, its shorter side 360 pixels at most, without sound.

    Raises UnsuitableInput: no video that can be decoded.
    """
    info = probe_video(video)
    shrink = min(1.0, _SHORTER_SIDE / min(info.width, info.height))
    width, height = (max(2, round(side * shrink / 2) * 2) for side in (info.width, info.height))
    seen = source(video, t=f"{seconds:.6f}")["V:0"].filter("scale", width, height)
    coded = {"c:v": "libx264", "preset": "veryfast", "crf": 28, "g": 15, "threads": 2}
    return _encoded(video, for_screens(seen), {"an": None, **coded})


def _encoded(path: Path, stream: Any, options: dict[str, Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "small.mp4"
        done = run(command(stream.output(f"file:{target}", **options, **REPRODUCIBLE)))
        if done.returncode != 0:
            raise UnsuitableInput(f"{path}: cannot be decoded ({last_line(done.stderr)})")
        check_written(target, done.returncode, done.stderr)
        return target.read_bytes()
