"""ffmpeg: its commands, built by ffmpeg-python and run by us, and what its complaints mean."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ffmpeg

from pipelines.media.programs import find_ffmpeg
from pipelines.support.errors import MissingAsset, OutOfResources, UnsuitableInput
from pipelines.support.stops import held_back

PACKAGE_HINT = "install it with: apt-get install ffmpeg, or pip install imageio-ffmpeg"
LOCAL_ONLY = "file,pipe,fd"
"""The protocols of an input, so that a playlist cannot make ffmpeg open network addresses."""
# Options of an output.
REPRODUCIBLE = {"map_metadata": -1, "fflags": "+bitexact", "movflags": "+faststart"}
"""Byte-identical files for identical input: no encoder version, no tags of the song."""
AAC = {"c:a": "aac", "b:a": "192k", "ac": 2, "flags:a": "+bitexact"}
BT709 = {
    "color_range": "tv",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
}
"""Written colour tags: players guess BT.601 for small untagged videos and shift the hues."""
SOUND_RATE = 48000
CRF, PRESET = 18, "veryfast"
"""x264's quality and speed, where nothing else is asked for."""
KEYFRAME_SECONDS = 2

_QUIET = ("-hide_banner", "-nostdin", "-v", "error")
_NEXT_TO_NOTHING = 1 << 17
"""Bytes left on a disk under which it counts as full."""
_DISK_FULL = "No space left on device"


class NotAMedium(Exception):
    """The file is nothing that ffmpeg reads; the message is ffmpeg's reason."""


def ffmpeg_program() -> str:
    """Path of ffmpeg. Raises MissingAsset, naming what to install, where there is none."""
    found = find_ffmpeg()
    if found is None:
        raise MissingAsset("ffmpeg: the program is not installed", PACKAGE_HINT)
    return found


def source(path: Path, **options: Any) -> Any:
    """A file as an input of ffmpeg-python, whatever its name, that opens nothing but files."""
    # The file: prefix keeps a name with a colon from being read as a protocol.
    return ffmpeg.input(f"file:{path}", protocol_whitelist=LOCAL_ONLY, **options)


def command(output: Any) -> list[str]:
    """The command line of an output of ffmpeg-python, which writes over what is there.

    Raises:
        MissingAsset: ffmpeg is not installed.
    """
    quiet = output.global_args(*_QUIET)
    line: list[str] = ffmpeg.compile(quiet, cmd=ffmpeg_program(), overwrite_output=True)
    return line


def for_screens(picture: Any, layout: str = "yuv420p") -> Any:
    """A stream of pictures in the colours of BT709, laid out as `layout`."""
    converted = picture.filter("scale", out_color_matrix="bt709", out_range="tv", flags="bicubic")
    return converted.filter("format", layout)


def nan_to_silence(sound: Any) -> Any:
    """A stream of sound without NaN and infinity.

    A resampler smears one NaN over its whole kernel, so this goes before one.
    """
    finite = "if(lt(abs(val(ch)),1000),val(ch),0)"
    return sound.filter("aeval", exprs=finite, channel_layout="same")


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


def check_written(path: Path, code: int, stderr: bytes) -> None:
    """Raise what an ffmpeg that wrote `path` ran into: OutOfResources or UnsuitableInput.

    The end of an mp4 is written when all is closed, and ffmpeg before 7 calls that a success even
    where the disk was too full for it.
    """
    if code != 0 or is_disk_full(path, stderr):
        raise_write_failure(path, stderr)


def raise_write_failure(path: Path, stderr: bytes) -> None:
    """Raise what a failed ffmpeg that wrote `path` means: OutOfResources or UnsuitableInput."""
    if is_disk_full(path, stderr):
        raise OutOfResources(f"{path}: the disk is full", "free some space, or write elsewhere")
    raise UnsuitableInput(f"{path}: ffmpeg could not write it ({last_line(stderr)})")


@contextmanager
def running(line: Sequence[str], **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program at work, which does not outlive the block.

    Args:
        line: program and arguments.
        pipes: stdin, stdout, stderr and bufsize of subprocess.Popen.
    """
    process = None
    try:
        with held_back():
            # Its own session: Ctrl-C in the terminal reaches us alone, and we stop it.
            process = subprocess.Popen(line, start_new_session=True, **pipes)
        yield process
    finally:
        if process is not None:
            stop(process)


def run(
    line: Sequence[str], given: bytes | None = None, seconds: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, with `given` as its input; its output and complaints are kept.

    Raises:
        subprocess.TimeoutExpired: it was not done after `seconds`, and has been killed.
    """
    ends = subprocess.DEVNULL if given is None else subprocess.PIPE
    with running(line, stdin=ends, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate(given, timeout=seconds)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that still runs, and let go of its pipes."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
