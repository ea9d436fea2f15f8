"""The exit codes of docs/exit-codes.md, one test each, as a shell sees them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RAISE = "from pipelines.support import errors; raise errors.{}('what', 'hint')"


def test_0_done(macedance, pretending):
    done = macedance("train-motion", program=pretending("progress.say('hello')"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "run\n", "hello\n")


def test_1_bug_is_one_line_and_the_way_to_the_traceback(macedance, pretending):
    program = pretending("raise KeyError('pelvis')")
    done = macedance("train-motion", program=program)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "macedance: error: unexpected KeyError: 'pelvis'",
        "  this is a bug; set MACEDANCE_DEBUG=1 to see where it happened",
    ]
    traced = macedance("train-motion", program=program, MACEDANCE_DEBUG="1")
    assert traced.returncode == 1
    assert "Traceback" in traced.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "--sed", "3"], "--seed"),
        (["genrate"], "generate"),
        (["generate", "--beta", "much"], "--beta"),
        (["train-motion"], "--data"),
    ],
)
def test_2_usage(macedance, arguments, message):
    done = macedance(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_3_unsuitable_input(macedance, pretending):
    done = macedance("train-motion", program=pretending(RAISE.format("UnsuitableInput")))
    assert done.returncode == 3
    assert done.stderr == "macedance: error: what\n  hint\n"
    done = macedance("train-motion", program=pretending("open('no/such/song.wav')"))
    assert done.returncode == 3
    assert done.stderr == "macedance: error: no/such/song.wav: no such file or directory\n"
    done = macedance("train-motion", program=pretending("open('/', 'w')"))
    assert done.returncode == 3
    assert done.stderr.startswith("macedance: error: /: ")


def test_4_missing_program(macedance):
    done = macedance("doctor", PATH="/nowhere", IMAGEIO_FFMPEG_EXE="/nowhere")
    assert done.returncode == 4
    assert "apt-get install ffmpeg" in done.stdout


def test_4_missing_package(macedance, pretending):
    done = macedance("train-motion", program=pretending("import no_such_package"))
    assert done.returncode == 4
    assert "macedance doctor" in done.stderr


def test_5_some_items_failed(macedance, pretending):
    done = macedance("train-motion", program=pretending(RAISE.format("SomeItemsFailed")))
    assert done.returncode == 5


def test_6_out_of_memory_or_disk(macedance, pretending):
    done = macedance("train-motion", program=pretending("bytearray(1 << 62)"))
    assert done.returncode == 6
    assert done.stderr.startswith("macedance: error: out of memory\n")
    full = "with open('/dev/full', 'w') as stream: stream.write('x')"
    done = macedance("train-motion", program=pretending(full))
    assert done.returncode == 6
    assert "the disk is full" in done.stderr


def test_75_interrupted_after_a_checkpoint(macedance, pretending):
    done = macedance("train-motion", program=pretending(RAISE.format("Interrupted")))
    assert done.returncode == 75


WRITING = """
import time
from pipelines.support.files import atomic_path
with progress.stage("dancing", 100, "frames") as advance, atomic_path(Path("out.mp4")) as part:
    part.write_bytes(b"half")
    print("started", file=sys.stderr, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_130_and_143_stop_within_two_seconds_and_leave_nothing_half(
    tmp_path: Path, pretending, environment, number: signal.Signals, code: int
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    process = subprocess.Popen(
        [sys.executable, *pretending(WRITING), "train-motion"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "started\n"
    begin = _seconds_of(process.pid)
    process.send_signal(number)
    _, said = process.communicate(timeout=50)  # it would sleep for longer
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before - begin < 2
    assert process.returncode == code
    assert os.listdir(tmp_path) == []
    assert said.startswith("macedance: stopped")
    assert len(said.splitlines()) == 1


def _seconds_of(pid: int) -> float:
    """User time of a process up to now; the machine may have other work, which does not count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


def test_a_thread_that_does_not_end_delays_nothing(tmp_path: Path, pretending, environment) -> None:
    body = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "print('started', file=sys.stderr, flush=True)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, *pretending(body), "train-motion"],
        cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=50)
    assert process.returncode == 130


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_leaves_is_no_failure(
    tmp_path: Path, pretending, environment, stream: str
) -> None:
    body = "sys.stdin.read(); progress.say('hello'); progress.warn('careful')"
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    process = subprocess.Popen(
        [sys.executable, *pretending(body), "train-motion"],
        cwd=tmp_path,
        env=environment,
        **pipes,
    )
    getattr(process, stream).close()
    assert process.stdin is not None
    process.stdin.close()
    other = process.stderr if stream == "stdout" else process.stdout
    assert other is not None
    said = other.read()
    other.close()
    assert process.wait(timeout=30) == 0
    assert said == (b"hello\nwarning: careful\n" if stream == "stdout" else b"run\n")


def test_help_into_head_is_no_failure(environment):
    command = f"{sys.executable} -m macedance_cli.app --help"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1; echo ${{PIPESTATUS[0]}}"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_names_that_the_terminal_cannot_write_leave_as_they_came(macedance, pretending):
    body = "return pipeline.TrainMotionResult(Path('dancé'), None, 0, None, 0.0, 0.0, 0, 0.0, [])"
    done = macedance("train-motion", program=pretending(body), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "dancé\n")


def test_ctrl_c_inside_a_compiled_function(macedance, pretending):
    body = (
        "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt as error:\n"
        "    raise SystemError('returned a result with an exception set') from error"
    )
    done = macedance("train-motion", program=pretending(body))
    assert done.returncode == 130
    assert "run the same command again" in done.stderr


def test_what_is_doubtful_is_told(macedance, pretending):
    body = "import warnings; from pipelines.support.errors import Doubtful\n"
    body += "warnings.warn(Doubtful('a.bvh: says 3 frames and has 2'))\nwarnings.warn('other')"
    done = macedance("train-motion", program=pretending(body))
    assert done.stderr == "warning: a.bvh: says 3 frames and has 2\n"
