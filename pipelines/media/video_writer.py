"""H.264 written as a stream, with sound cut by time.

Frames are uint8 RGB (height, width, 3). Frame rates are fractions, so 30000/1001 stays exact.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO

import ffmpeg
import numpy as np

from pipelines.media.audio import probe_audio
from pipelines.media.ffmpeg import (
    AAC,
    BT709,
    CRF,
    KEYFRAME_SECONDS,
    PRESET,
    REPRODUCIBLE,
    SOUND_RATE,
    check_written,
    command,
    ffmpeg_program,
    for_screens,
    is_disk_full,
    nan_to_silence,
    raise_write_failure,
    run,
    running,
    source,
)
from pipelines.media.video import Frame
from pipelines.support.errors import BadUsage, OutOfResources, UnsuitableInput
from pipelines.support.files import atomic_path
from pipelines.support.part_files import part_affixes
from pipelines.support.stops import held_back


class VideoWriter:
    """Encodes frames to H.264 as they come; the file appears, whole, when the block ends well.

        with VideoWriter(path, 540, 960, Fraction(30), audio=song) as video:
            for frame in frames:
                video.write(frame)

    Sound is cut by time: from `audio_start`, exactly frames / fps seconds, filled up with silence
    where the song ends earlier. On any exception ffmpeg is stopped and nothing stays behind.

    Args:
        path: the mp4 to write.
        width, height: even numbers of pixels.
        fps: constant frame rate.
        audio: a file with sound, or None.
        audio_start: seconds into the sound at which the first frame is seen.
        seconds: sound after this many seconds is left out; default: as long as the picture.
        crf: x264's quality, lower is better.
        preset: x264's speed.
        exact_colours: keep full chroma resolution and near-lossless quality, for drawings whose
            colours are read back; such files do not play in every browser.

    Raises:
        BadUsage: odd or non-positive size.
        MissingAsset: no ffmpeg.
        UnsuitableInput: the target cannot be written, the sound cannot be read, or no frames came.
        OutOfResources: the disk is full.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: Fraction,
        audio: Path | None = None,
        audio_start: float = 0.0,
        seconds: float | None = None,
        crf: int = CRF,
        preset: str = PRESET,
        exact_colours: bool = False,
    ) -> None:
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise BadUsage(f"video size {width}x{height}: both sides must be even", "change --size")
        if fps <= 0:
            raise BadUsage(f"frame rate {fps}: must be above 0", "change --fps")
        self._path = path
        self._shape = (height, width, 3)
        self._fps = Fraction(fps)
        self._audio = audio
        self._audio_start = audio_start
        self._audio_seconds = seconds
        self._layout = "yuv444p" if exact_colours else "yuv420p"
        crf = min(crf, 10) if exact_colours else crf
        self._codec = {"c:v": "libx264", "preset": preset, "crf": crf, "flags:v": "+bitexact"}
        ffmpeg_program()
        self._cleanup = ExitStack()
        self._frames = 0

    def __enter__(self) -> VideoWriter:
        try:
            with held_back(), _explained(self._path), ExitStack() as stack:
                self._part = stack.enter_context(atomic_path(self._path))
                self._picture = self._part
                if self._audio is not None:
                    folder = stack.enter_context(_scratch_folder(self._path))
                    self._picture = folder / "picture.mp4"
                self._complaints = stack.enter_context(tempfile.TemporaryFile())
                self._process = stack.enter_context(self._encoder(self._complaints))
                self._cleanup = stack.pop_all()
        except BaseException:
            # A stop that was held back: nobody calls __exit__ when __enter__ raises.
            self._cleanup.__exit__(*sys.exc_info())
            raise
        return self

    def write(self, frame: Frame) -> None:
        """Append one frame, (height, width, 3) uint8 RGB."""
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(f"frame is {frame.dtype} {frame.shape}, expected uint8 {self._shape}")
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(np.ascontiguousarray(frame).data)
        except BrokenPipeError:
            self._process.wait()
            self._complaints.seek(0)
            raise_write_failure(self._path, self._complaints.read())
        self._frames += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            # atomic_path must hear of the failure, or it would put the half file in place.
            self._cleanup.__exit__(kind, error, trace)
            return
        with _explained(self._path), self._cleanup:
            self._finish()

    def _encoder(self, complaints: IO[bytes]) -> AbstractContextManager[subprocess.Popen[bytes]]:
        height, width, _ = self._shape
        raw = {"pix_fmt": "rgb24", "s": f"{width}x{height}", "framerate": str(self._fps)}
        frames = ffmpeg.input("pipe:0", format="rawvideo", **raw)
        film = for_screens(frames, self._layout).output(
            f"file:{self._picture}", g=max(1, round(KEYFRAME_SECONDS * self._fps)),
            **self._codec, **BT709, **REPRODUCIBLE,
        )  # fmt: skip
        return running(command(film), stdin=subprocess.PIPE, stderr=complaints)

    def _finish(self) -> None:
        assert self._process.stdin is not None
        if self._frames == 0:
            raise UnsuitableInput(f"{self._path}: there are no frames to write")
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        code = self._process.wait()
        self._complaints.seek(0)
        check_written(self._path, code, self._complaints.read())
        if self._audio is not None:
            self._add_sound(self._audio)

    def _add_sound(self, audio: Path, repair: bool = False) -> None:
        """Mux after the last frame: only then is the length of the sound known."""
        length = float(self._frames / self._fps)
        taken = length if self._audio_seconds is None else min(length, self._audio_seconds)
        # The same cut as the music features hear.
        info = probe_audio(audio)
        sound = source(audio)[f"a:{info.track}"]
        sound = info.cut(nan_to_silence(sound) if repair else sound, self._audio_start, taken)
        sound = sound.filter("aresample", SOUND_RATE).filter("apad")
        film = ffmpeg.output(
            source(self._picture)["v:0"], sound.filter("atrim", duration=f"{length:.6f}"),
            f"file:{self._part}", **{"c:v": "copy"}, **AAC, **REPRODUCIBLE,
        )  # fmt: skip
        done = run(command(film))
        if done.returncode != 0:
            complaint = done.stderr.decode(errors="replace")
            if "NaN" in complaint and not repair:
                return self._add_sound(audio, repair=True)
            unreadable = "matches no streams" in complaint or "Invalid data" in complaint
            if unreadable and not is_disk_full(self._path, done.stderr):
                raise UnsuitableInput(f"{audio}: holds no sound that ffmpeg can read")
        check_written(self._path, done.returncode, done.stderr)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals to write `path` into our errors."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfResources(f"{path}: the disk is full", "free some space") from error
        reason = error.strerror or str(error)
        raise UnsuitableInput(
            f"{path}: cannot be written ({reason})", "choose another place with -o"
        ) from error


@contextmanager
def _scratch_folder(path: Path) -> Iterator[Path]:
    prefix, _ = part_affixes(path)
    folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
