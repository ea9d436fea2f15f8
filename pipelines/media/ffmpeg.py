"""Finding ffmpeg and ffprobe, asking ffprobe what a file holds, and reading their complaints."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipelines.support.errors import MissingAsset, OutOfResources, UnsuitableInput

PACKAGE_HINT = "install it with: apt-get install ffmpeg"
LOCAL_ONLY = ("-protocol_whitelist", "file,pipe,fd")
"""Goes before an input, so that a playlist cannot make ffmpeg open network addresses."""
QUIET = ("-hide_banner", "-nostdin", "-v", "error")
REPRODUCIBLE = ("-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+faststart")
"""Byte-identical files for identical input: no encoder version, no tags of the song."""
AAC = ("-c:a", "aac", "-b:a", "192k", "-ac", "2", "-flags:a", "+bitexact")
SOUND_RATE = 48000
CRF, PRESET = 18, "veryfast"
"""x264's quality and speed, where nothing else is asked for."""
KEYFRAME_SECONDS = 2
NAN_TO_SILENCE = "aeval=exprs='if(lt(abs(val(ch)),1000),val(ch),0)':channel_layout=same"
"""A filter of sound. A resampler smears one NaN over its whole kernel, so it goes before one."""

_NEXT_TO_NOTHING = 1 << 17
"""Bytes left on a disk under which it counts as full."""
_DISK_FULL = "No space left on device"


def program(name: str) -> str:
    """Path of ffmpeg or ffprobe. Raises MissingAsset, naming the Debian package, if it is not."""
    found = shutil.which(name)
    if found is None:
        raise MissingAsset(f"{name}: the program is not installed", PACKAGE_HINT)
    return found


def ffmpeg_program() -> str:
    """Path of `ffmpeg`, as `program`."""
    return program("ffmpeg")


def ffprobe_json(path: Path) -> dict[str, Any]:
    """What ffprobe knows about a file: the keys `format` and `streams`.

    Raises:
        MissingAsset: ffprobe is not installed.
        UnsuitableInput: the file is missing, empty, or no medium that ffmpeg reads.
    """
    prober = program("ffprobe")
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file", "give the path of an existing file")
    if path.stat().st_size == 0:
        raise UnsuitableInput(f"{path}: the file is empty")
    # The file: prefix keeps a name with a colon from being read as a protocol.
    command = [prober, "-v", "error", "-show_format", "-show_streams", "-of", "json"]
    answer = subprocess.run(
        [*command, *LOCAL_ONLY, f"file:{path}"], capture_output=True, check=False
    )
    if answer.returncode != 0:
        raise UnsuitableInput(
            f"{path}: not audio or video that ffmpeg can read ({last_line(answer.stderr)})"
        )
    report: dict[str, Any] = json.loads(answer.stdout)
    return report


def last_line(stderr: bytes) -> str:
    """The last non-empty line of a program's complaint, without repeated blanks."""
    lines = [line for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines[-1].split()) if lines else "no message"


def is_disk_full(path: Path, stderr: bytes) -> bool:
    """Whether ffmpeg failed to write `path` for want of room.

    It does not always say so: a file that was cut short by a full disk fails when it is read on.
    """
    if _DISK_FULL in stderr.decode(errors="replace"):
        return True
    return path.parent.is_dir() and shutil.disk_usage(path.parent).free < _NEXT_TO_NOTHING


def raise_write_failure(path: Path, stderr: bytes) -> None:
    """Raise what a failed ffmpeg that wrote `path` means: OutOfResources or UnsuitableInput."""
    if is_disk_full(path, stderr):
        raise OutOfResources(f"{path}: the disk is full", "free some space, or write elsewhere")
    raise UnsuitableInput(f"{path}: ffmpeg could not write it ({last_line(stderr)})")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that still runs, and let go of its pipes."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
