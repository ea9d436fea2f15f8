"""From an exception to one or two lines on stderr and the exit code of docs/exit-codes.md."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import typer

from macedance_cli.console import leave_stdout, talk
from macedance_cli.listed_values import LISTING, repeated
from macedance_cli.stopping import stoppable
from pipelines.support.errors import (
    INTERRUPTED_BY_USER,
    TERMINATED,
    MacedanceError,
    exit_code_of,
    is_missing_package,
    is_out_of_memory,
    is_out_of_space,
    raise_stop_within,
)

DEBUG_VARIABLE = "MACEDANCE_DEBUG"


def debugging() -> bool:
    """Whether tracebacks and library warnings are wanted."""
    return os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")


def debug() -> None:
    """Want tracebacks and library warnings from here on."""
    os.environ[DEBUG_VARIABLE] = "1"
    warnings.resetwarnings()
    sys.unraisablehook = sys.__unraisablehook__


def leave(code: int) -> NoReturn:
    """End the process with `code`.

    After a stop everything of ours is cleaned up already; to take the libraries down in good
    order, and to wait for their threads, would cost a second or more.
    """
    if code in (INTERRUPTED_BY_USER, TERMINATED):
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def run_to_exit_code(app: Callable[..., Any]) -> int:
    """Run a Typer app on the program's arguments; report whatever ends it, return the exit code."""
    try:
        with stoppable():
            code = _run(app)
    except BaseException as error:
        return report(error)
    if code == INTERRUPTED_BY_USER:
        # Typer has turned the KeyboardInterrupt into this code.
        return report(KeyboardInterrupt())
    return int(code or 0)


def _run(app: Callable[..., Any]) -> Any:
    try:
        arguments = repeated(sys.argv[1:], LISTING)
        return app(arguments, standalone_mode=False, prog_name="macedance")
    except SystemError as error:
        raise_stop_within(error)
        raise
    except (BrokenPipeError, SystemExit) as error:
        # Who read stdout (`| head`) has left: nobody misses anything. Typer makes it an exit 1.
        if not isinstance(error.__context__ or error, BrokenPipeError):
            raise
        leave_stdout()
        return 0


def report(error: BaseException) -> int:
    """Tell what happened on stderr, and return the exit code."""
    code = error.exit_code if isinstance(error, typer.TyperException) else exit_code_of(error)
    if debugging():
        talk("".join(traceback.format_exception(error)).rstrip())
    for line in describe(error):
        talk(line)
    return code


def describe(error: BaseException) -> list[str]:
    """The one or two lines that a user reads."""
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, MacedanceError):
        return _lines(error.what, error.hint)
    if isinstance(error, SystemExit):
        return ["macedance: stopped"] if error.code == TERMINATED else []
    if isinstance(error, KeyboardInterrupt):
        return ["macedance: stopped; run the same command again to go on from what is finished"]
    if is_out_of_memory(error):
        return _lines("out of memory", "try a shorter --duration, a smaller --size or --candidates")
    if is_missing_package(error):
        return _lines(" ".join(str(error).split()), "macedance doctor says what to install")
    if is_out_of_space(error):
        return _lines(f"{_place(error)}the disk is full", "free some space, or write elsewhere")
    if isinstance(error, OSError) and error.filename is not None:
        return _lines(f"{_place(error)}{_reason(error)}", "")
    text = " ".join(str(error).split())[:200]
    return _lines(
        f"unexpected {type(error).__name__}: {text}".rstrip(": "),
        f"this is a bug; set {DEBUG_VARIABLE}=1 to see where it happened",
    )


def _usage(error: typer.TyperException) -> list[str]:
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "macedance")
    message = error.format_message().strip()
    # Without any argument Typer has already printed the help, and says nothing more.
    return _lines(message, f"{command} --help lists what there is") if message else []


def _lines(what: str, hint: str) -> list[str]:
    return [f"macedance: error: {what}"] + ([f"  {hint}"] if hint else [])


def _place(error: BaseException) -> str:
    filename = getattr(error, "filename", None)
    return "" if filename is None else f"{os.fsdecode(filename)}: "


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
