"""Progress in log files and on terminals."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys

import pytest

from macedance_cli.console import PlainProgress, TerminalProgress, _duration, print_facts


def test_plain_lines_tell_amount_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    progress = PlainProgress(seconds_between_lines=0.0)
    with progress.stage("dancing", 4, "frames") as advance:
        advance(1)
    with progress.stage("listening", None, "seconds") as advance:
        advance(2.5)
    progress.warn("this is a draft")
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "dancing: 1 of 4 frames (25 %), 0.0 s left"
    assert lines[1].startswith("dancing: done in ")
    assert lines[2] == "listening: 2.5 seconds"
    assert lines[4] == "warning: this is a draft"


def test_plain_lines_are_rare(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainProgress(seconds_between_lines=60).stage("dancing", 1000) as advance:
        for _ in range(1000):
            advance(1)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_stage_that_fails_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="x"), PlainProgress().stage("dancing"):
        raise ValueError("x")
    assert "done" not in capsys.readouterr().err


def test_terminal_lines_keep_brackets_and_nested_stages() -> None:
    stream = io.StringIO()
    progress = TerminalProgress(stream)
    with progress.stage("outer", 2, "songs") as outer:
        with progress.stage("inner [red]", 1) as inner:
            inner(1)
        progress.say("kept [bold]as it is[/bold]")
        outer(2)
    with progress.stage("again"):
        pass
    text = stream.getvalue()
    for expected in ("✓ inner [red]", "kept [bold]as it is[/bold]", "✓ outer", "✓ again"):
        assert expected in text


def test_bars_on_a_real_terminal(pretending, environment) -> None:
    body = (
        "import time\n"
        "with progress.stage('dancing', 30, 'frames') as advance:\n"
        "    for _ in range(30):\n"
        "        advance(1); time.sleep(0.02)\n"
    )
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *pretending(body), "train-motion"],
        stdout=subprocess.PIPE,
        stderr=slave,
        env={**environment, "TERM": "xterm"},
    )
    os.close(slave)
    seen = _read_all(master)
    assert process.stdout is not None
    assert process.stdout.read() == b"run\n"
    process.stdout.close()
    assert process.wait() == 0
    assert "━" in seen
    assert "of 30 frames" in seen
    assert "✓ dancing" in seen


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (3725, "1 h 02 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert _duration(seconds) == text


def _read_all(descriptor: int) -> str:
    """Everything that is written to a terminal until its other end closes."""
    pieces = []
    while select.select([descriptor], [], [], 30)[0]:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(descriptor)
    return b"".join(pieces).decode()


def test_facts_within_a_fact_are_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts({"clips": 2, "memory": {"weights": 1.5, "total": 2.0}, "skipped": []}, False)
    assert capsys.readouterr().out.splitlines() == [
        "clips            2", "memory: weights  1.5", "memory: total    2.0",
        "skipped          nothing",
    ]  # fmt: skip


def test_lines_tell_of_the_whole_run_where_more_is_to_come(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = PlainProgress(seconds_between_lines=0.0)
    progress.expect({"dancing": 1.0, "drawing": 1.0})
    for name in ("dancing", "drawing"):
        with progress.stage(name, 4, "frames") as advance:
            advance(1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "dancing: 1 of 4 frames (25 %), 0.0 s left, the whole run 0.0 s"
    assert lines[2] == "drawing: 1 of 4 frames (25 %), 0.0 s left"
