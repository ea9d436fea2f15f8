"""From exceptions to the lines on stderr and the exit code."""

from __future__ import annotations

import errno
import os

import pytest
import typer

from macedance_cli.failures import debugging, describe, report
from pipelines.support import errors


@pytest.mark.parametrize(
    ("error", "lines", "code"),
    [
        (errors.BadUsage("--x 3: no", "try 4"), ["macedance: error: --x 3: no", "  try 4"], 2),
        (errors.UnsuitableInput("a.wav: silent"), ["macedance: error: a.wav: silent"], 3),
        (errors.MissingAsset("no weights", "get them"),
         ["macedance: error: no weights", "  get them"], 4),
        (MemoryError(), ["macedance: error: out of memory",
                         "  try a shorter --duration, a smaller --size or --candidates"], 6),
        (OSError(errno.ENOSPC, "No space left on device", "out.mp4"),
         ["macedance: error: out.mp4: the disk is full", "  free some space, or write elsewhere"],
         6),
        (PermissionError(errno.EACCES, "Permission denied", "a.wav"),
         ["macedance: error: a.wav: permission denied"], 3),
        (ModuleNotFoundError("No module named 'ray'", name="ray"),
         ["macedance: error: No module named 'ray'", "  macedance doctor says what to install"],
         4),
        (ZeroDivisionError("oops\n  twice"),
         ["macedance: error: unexpected ZeroDivisionError: oops twice",
          "  this is a bug; set MACEDANCE_DEBUG=1 to see where it happened"], 1),
        (SystemExit(errors.TERMINATED), ["macedance: stopped"], errors.TERMINATED),
        (KeyboardInterrupt(),
         ["macedance: stopped; run the same command again to go on from what is finished"],
         errors.INTERRUPTED_BY_USER),
        (typer.BadParameter("not a number"),
         ["macedance: error: Invalid value: not a number",
          "  macedance --help lists what there is"], 2),
    ],
    ids=lambda found: type(found).__name__ if isinstance(found, BaseException) else "",
)  # fmt: skip
def test_what_people_read_and_scripts_see(error, lines, code, capsys, monkeypatch):
    monkeypatch.delenv("MACEDANCE_DEBUG", raising=False)
    assert describe(error) == lines
    assert report(error) == code
    assert capsys.readouterr().err.splitlines() == lines


def test_a_traceback_only_when_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("MACEDANCE_DEBUG", "1")
    assert debugging()
    try:
        raise errors.BadUsage("--x: no")
    except errors.BadUsage as error:
        assert report(error) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    monkeypatch.setenv("MACEDANCE_DEBUG", "0")
    assert not debugging()


def test_names_that_are_not_utf8_are_told(capsys):
    name = os.fsdecode(b"d\xffnce.wav")
    (line,) = describe(FileNotFoundError(errno.ENOENT, "No such file or directory", name))
    assert line.endswith(": no such file or directory")
