"""Calls in a process that may take so much memory and time and touch nothing but one folder."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SECONDS = 20
MEMORY = 1 << 30
"""Bytes that a call may take beyond what the process has."""
_CHANGES = {
    "os.rename": (0, 1), "os.remove": (0,), "os.rmdir": (0,), "os.mkdir": (0,), "os.link": (1,),
    "os.symlink": (1,), "os.truncate": (0,), "shutil.rmtree": (0,),
}  # fmt: skip
_HARMLESS = ("/dev/", "/proc/", "<")


def outcomes(
    calls: list[Callable[[], Any]], folder: Path, memory: int = MEMORY
) -> Iterator[tuple[str, str]]:
    """For each call in order: "right", "refused" or what is a fault, and words.

    Faults: "traceback" (an exception that is no refusal), "hang", "crash" (a signal), "touched".
    """
    number = 0
    while number < len(calls):
        # A crash ends a batch early; another one begins behind it.
        for kind, words in _batch(calls, number, folder, memory):
            number += 1
            yield kind, words


def _batch(
    calls: list[Callable[[], Any]], first: int, folder: Path, memory: int
) -> Iterator[tuple[str, str]]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _serve(calls, first, folder, memory, theirs)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        for line in stream:
            kind, words = json.loads(line)
            yield kind, words
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        name = signal.Signals(-status).name if status < 0 else f"exit {status}"
        yield "hang" if name == "SIGALRM" else "crash", name


def _serve(
    calls: list[Callable[[], Any]], first: int, folder: Path, memory: int, told: int
) -> None:
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        warnings.simplefilter("ignore")
        sys.dont_write_bytecode = True
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        touched: list[str] = []
        sys.addaudithook(lambda event, details: _watch(event, details, folder, touched))
        for number in range(first, len(calls)):
            touched.clear()
            signal.alarm(SECONDS)
            kind, words = _outcome(calls[number])
            signal.alarm(0)
            if touched:
                kind, words = "touched", touched[0]
            os.write(told, (json.dumps([kind, words]) + "\n").encode())
    finally:
        os._exit(0 if sys.exc_info()[0] is None else 1)


def _outcome(call: Callable[[], Any]) -> tuple[str, str]:
    from pipelines.support.errors import MacedanceError, exit_code_of

    try:
        call()
    except MacedanceError as error:
        return "refused", error.what
    except MemoryError:
        return "memory", "MemoryError"
    except BaseException as error:
        if isinstance(error, OSError) and exit_code_of(error) == 3:
            return "refused", str(error)
        return "traceback", "".join(traceback.format_exception(error)[-4:])
    return "right", ""


def _watch(event: str, details: tuple[Any, ...], folder: Path, touched: list[str]) -> None:
    if event == "open":
        name, _, flags = details
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        names = [name] if writes else []
    elif event in ("os.system", "os.exec"):
        names = [f"{event} {details!r}"]
    else:
        names = [details[place] for place in _CHANGES.get(event, ())]
    for name in names:
        if isinstance(name, int):
            continue
        text = os.path.abspath(os.fsdecode(name)) if event != "os.system" else name
        if not text.startswith((*_HARMLESS, str(folder))):
            touched.append(text)
