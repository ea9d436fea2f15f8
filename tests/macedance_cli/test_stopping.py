"""A stop is never lost, and never harms code that is being loaded."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

# Python drops what is raised inside a callback from C; it runs on after `call()`.
CALLBACK = """
import ctypes, time

@ctypes.CFUNCTYPE(None)
def call():
    {name}()

def {name}():
    print("started", file=sys.stderr, flush=True)
    while not Path("sent").exists():
        pass
    time.sleep(0.1)
    print("whole", file=sys.stderr, flush=True)

call()
for _ in range(600):  # a signal just before one long sleep would go unheard in it
    time.sleep(0.1)
"""


def stopped_inside(
    name: str, number: signal.Signals, pretending, environment: dict[str, str], folder: Path
) -> tuple[int, str]:
    process = subprocess.Popen(
        [sys.executable, *pretending(CALLBACK.format(name=name)), "train-motion"],
        cwd=folder, env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "started\n"
    process.send_signal(number)
    (folder / "sent").touch()
    _, said = process.communicate(timeout=50)
    return process.returncode, said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_a_callback_swallows_is_raised_again(
    tmp_path, pretending, environment, number, code
) -> None:
    ended, said = stopped_inside("callback", number, pretending, environment, tmp_path)
    assert ended == code
    assert said.startswith("macedance: stopped")
    assert len(said.splitlines()) == 1


def test_code_is_loaded_whole_before_the_stop(tmp_path, pretending, environment) -> None:
    name = "_raw_object_cache_getbuffer"
    ended, said = stopped_inside(name, signal.SIGINT, pretending, environment, tmp_path)
    assert ended == 130
    assert said.startswith("whole\nmacedance: stopped")


def test_the_name_by_which_loading_is_known_is_llvms() -> None:
    from llvmlite.binding.executionengine import ExecutionEngine

    from macedance_cli.stopping import _LOADING_CODE

    assert [name for name in vars(ExecutionEngine) if name.startswith(_LOADING_CODE)]


def test_a_background_job_does_not_hear_of_ctrl_c(tmp_path, pretending, environment) -> None:
    body = "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(0.1)"
    done = subprocess.run(
        [sys.executable, *pretending(body), "train-motion"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
