"""ffmpeg and ffprobe: found or named, asked about files, and their complaints understood."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.media import ffmpeg
from pipelines.media.audio import write_wav
from pipelines.media.ffmpeg import (
    LOCAL_ONLY,
    NAN_TO_SILENCE,
    QUIET,
    ffmpeg_program,
    ffprobe_json,
    is_disk_full,
    last_line,
    program,
    raise_write_failure,
    stop,
)
from pipelines.support.errors import MissingAsset, OutOfResources, UnsuitableInput

CUT_SHORT = b"file:picture.mp4: Invalid data found when processing input\n"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    write_wav(tmp_path / "a.wav", 0.3 * np.sin(np.arange(16_000) / 20), 16_000)
    return tmp_path / "a.wav"


def test_a_full_disk_is_found_out_even_where_ffmpeg_blames_something_else(tmp_path, monkeypatch):
    target = tmp_path / "out.mp4"
    assert not is_disk_full(target, CUT_SHORT)
    assert is_disk_full(target, b"av_write_trailer(): No space left on device")
    with pytest.raises(UnsuitableInput):
        raise_write_failure(target, CUT_SHORT)
    monkeypatch.setattr(
        "pipelines.media.ffmpeg.shutil.disk_usage", lambda folder: SimpleNamespace(free=4096)
    )
    with pytest.raises(OutOfResources, match="disk is full"):
        raise_write_failure(target, CUT_SHORT)


def test_a_folder_that_is_gone_is_not_a_full_disk(tmp_path):
    assert not is_disk_full(tmp_path / "gone" / "out.mp4", CUT_SHORT)


def test_a_failed_write_tells_what_ffmpeg_said(tmp_path):
    with pytest.raises(UnsuitableInput, match=r"out\.mp4: ffmpeg could not write it .*Invalid"):
        raise_write_failure(tmp_path / "out.mp4", CUT_SHORT)


@pytest.mark.parametrize("name", ["ffmpeg", "ffprobe"])
def test_programs_are_found(name):
    assert Path(program(name)).name == name
    done = subprocess.run([program(name), "-version"], capture_output=True, check=True)
    assert done.stdout.startswith(name.encode())


def test_a_program_that_is_not_installed_is_named_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    for ask in (ffmpeg_program, lambda: program("ffprobe")):
        with pytest.raises(MissingAsset, match="the program is not installed") as caught:
            ask()
        assert "apt-get install ffmpeg" in caught.value.hint


def test_what_a_file_holds(song):
    report = ffprobe_json(song)
    (stream,) = report["streams"]
    assert (stream["codec_type"], stream["sample_rate"]) == ("audio", "16000")
    assert float(report["format"]["duration"]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["a:b.wav", "pipe:0.wav", "-v.wav", "über 'quoted'.wav"])
def test_names_are_never_read_as_protocols_or_options(song, tmp_path, name):
    odd = tmp_path / name
    odd.write_bytes(song.read_bytes())
    assert ffprobe_json(odd)["streams"]


def test_missing_empty_and_other_files(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello")
    for name, says in (
        ("absent.wav", "no such file"), ("empty.wav", "the file is empty"),
        ("text.wav", "not audio or video that ffmpeg can read"),
    ):  # fmt: skip
        with pytest.raises(UnsuitableInput, match=rf"{name}: {says}"):
            ffprobe_json(tmp_path / name)
    with pytest.raises(UnsuitableInput, match="no such file"):
        ffprobe_json(tmp_path)


def test_playlists_cannot_open_addresses(tmp_path):
    """A file that names an address is refused, however it is called."""
    (tmp_path / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(UnsuitableInput, match="not audio or video"):
        ffprobe_json(tmp_path / "list.m3u8")
    assert "http" not in LOCAL_ONLY[1]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (b"", "no message"), (b"\n \n", "no message"), (b"one\ntwo\n\n", "two"),
        (b"  many   blanks \t here\n", "many blanks here"), (b"\xff\xfe bad", "\ufffd\ufffd bad"),
    ],
)  # fmt: skip
def test_the_last_line_of_a_complaint(said, line):
    assert last_line(said) == line


def test_not_a_number_becomes_silence_and_sound_stays(tmp_path):
    samples = np.array([0.5, np.nan, np.inf, -np.inf, 5000.0, -0.25], dtype="<f4")
    (tmp_path / "raw").write_bytes(samples.tobytes())
    done = subprocess.run(
        [ffmpeg_program(), *QUIET, "-f", "f32le", "-ar", "8000", "-ac", "1", "-i",
         tmp_path / "raw", "-af", NAN_TO_SILENCE, "-f", "f32le", "pipe:1"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stderr == b""
    np.testing.assert_array_equal(np.frombuffer(done.stdout, "<f4"), [0.5, 0, 0, 0, 0, -0.25])


def test_a_program_is_stopped_and_its_pipes_let_go():
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(b"unread")
    stop(process)
    assert process.poll() is not None
    assert process.stdin.closed and process.stdout.closed
    stop(process)  # once more does no harm


def test_hints_name_a_debian_package():
    assert ffmpeg.PACKAGE_HINT.endswith("apt-get install ffmpeg")
