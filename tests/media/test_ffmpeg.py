"""ffmpeg: found or named, its command lines, and its complaints understood."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.media import ffmpeg
from pipelines.media.ffmpeg import (
    LOCAL_ONLY,
    command,
    ffmpeg_program,
    is_disk_full,
    last_line,
    nan_to_silence,
    raise_write_failure,
    source,
    stop,
)
from pipelines.support.errors import MissingAsset, OutOfResources, UnsuitableInput

CUT_SHORT = b"file:picture.mp4: Invalid data found when processing input\n"


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


def test_where_there_is_no_ffmpeg_what_to_install_is_named(bare):
    with pytest.raises(MissingAsset, match="the program is not installed") as caught:
        ffmpeg_program()
    assert "pip install imageio-ffmpeg" in caught.value.hint
    assert "apt-get install ffmpeg" in caught.value.hint


def test_a_command_reads_only_files_asks_nothing_and_writes_over(tmp_path):
    picture = source(tmp_path / "a:b.mp4", ss="1.5")["V:0"].filter("scale", 64, 48)
    line = command(picture.output("pipe:1", format="rawvideo"))
    opened = line.index("-i")
    assert line[opened + 1] == f"file:{tmp_path}/a:b.mp4"
    assert line[line.index("-protocol_whitelist") + 1] == LOCAL_ONLY
    assert max(line.index("-protocol_whitelist"), line.index("-ss")) < opened
    assert line[line.index("-filter_complex") + 1] == "[0:V:0]scale=64:48[s0]"
    assert {"-nostdin", "-hide_banner", "-y", "error"} <= set(line)


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
    sound = nan_to_silence(source(tmp_path / "raw", format="f32le", ar=8000, ac=1))
    line = command(sound.output("pipe:1", format="f32le"))
    done = subprocess.run(line, capture_output=True, check=True)
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
    assert ffmpeg.PACKAGE_HINT.endswith("apt-get install ffmpeg, or pip install imageio-ffmpeg")


def test_a_program_gets_its_input_and_its_answers_are_kept():
    echo = "import sys; data = sys.stdin.buffer.read(); print(len(data)); sys.exit('odd')"
    done = ffmpeg.run([sys.executable, "-c", echo], b"x" * 100_000)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"100000\n", b"odd\n")


def test_a_program_without_input_is_not_waited_for_beyond_its_time():
    with pytest.raises(subprocess.TimeoutExpired):
        ffmpeg.run(["sleep", "60"], seconds=0.1)


def test_a_program_does_not_outlive_its_block():
    with pytest.raises(KeyError), ffmpeg.running(["sleep", "60"]) as process:
        raise KeyError
    assert process.returncode == -9
