"""What can go wrong, each with the exit code that the shell sees (DESIGN: the command line)."""

from __future__ import annotations


class MacedanceError(Exception):
    """A failure that a user can act on.

    Args:
        what: what went wrong, where and why, in one line.
        hint: the command, flag or file that helps, in one line; may be empty.
    """

    exit_code = 1

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class BadUsage(MacedanceError):
    """The flags contradict each other or a value is out of range."""

    exit_code = 2


class UnsuitableInput(MacedanceError):
    """A file cannot be read, or holds something this command cannot use."""

    exit_code = 3


class MissingAsset(MacedanceError):
    """A model, weight file or program that this command needs is not there."""

    exit_code = 4


class SomeItemsFailed(MacedanceError):
    """The run finished, but some of its items failed; the message names them."""

    exit_code = 5


class OutOfResources(MacedanceError):
    """Memory or disk space ran out."""

    exit_code = 6


class Interrupted(MacedanceError):
    """Stopped after a checkpoint; running the same command again goes on from there."""

    exit_code = 75
