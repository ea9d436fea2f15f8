"""What can go wrong, each with the exit code that the shell sees (docs/exit-codes.md)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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


class Doubtful(UserWarning):
    """What was read may not be what was meant; the command line tells it as a warning."""


INTERRUPTED_BY_USER = 130
TERMINATED = 143

_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT))


def is_out_of_space(error: BaseException) -> bool:
    """Whether the disk, or the user's share of it, is full.

    Libraries that are not written in Python raise errors of their own with the system's words.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _OUT_OF_SPACE
    return not isinstance(error, MacedanceError) and any(w in str(error) for w in _FULL_WORDS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on the host or on a GPU (torch raises RuntimeErrors for both)."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    said = ("can't allocate memory", "out of memory")
    return isinstance(error, RuntimeError) and any(words in str(error) for words in said)


def raise_stop_within(error: BaseException) -> None:
    """Raise the stop that a compiled function has hidden in a SystemError, if there is one.

    A Ctrl-C that arrives while such a function hands back a tuple surfaces as "returned a result
    with an exception set", which is an Exception like any other to those who go on after failures.
    """
    hidden = error.__cause__ or error.__context__
    if isinstance(error, SystemError) and isinstance(hidden, (KeyboardInterrupt, SystemExit)):
        raise hidden


def is_missing_package(error: BaseException) -> bool:
    """Whether a package of others, or a library that one needs, is not installed."""
    own = ("pipelines", "macedance_cli")
    return isinstance(error, ImportError) and (error.name or "").partition(".")[0] not in own


def exit_code_of(error: BaseException) -> int:
    """The exit code that the shell sees when `error` ends a command (docs/exit-codes.md)."""
    if isinstance(error, MacedanceError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED_BY_USER
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if is_out_of_memory(error) or is_out_of_space(error):
        return OutOfResources.exit_code
    if is_missing_package(error):
        return MissingAsset.exit_code
    if isinstance(error, OSError) and error.filename is not None:
        return UnsuitableInput.exit_code
    return MacedanceError.exit_code


@contextmanager
def refused(path: Path, reason: str) -> Iterator[None]:
    """Turn whatever a library raises on the bytes of `path` into UnsuitableInput with `reason`.

    Only for the library's own call: zipfile, zlib, tokenize, struct and others raise what they like
    on damaged bytes, and a size that a damaged header claims may exceed any memory.
    """
    try:
        yield
    except MacedanceError:
        raise
    except Exception as error:
        raise_stop_within(error)
        raise UnsuitableInput(f"{path}: {reason}") from error
