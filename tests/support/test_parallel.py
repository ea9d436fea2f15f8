import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from pipelines.support.errors import UnsuitableInput
from pipelines.support.parallel import WorkerDied, each


def work(number: int) -> int:
    if number == 3:
        raise UnsuitableInput("three", "take another")
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def nap(folder: Path, number: int) -> None:
    (folder / f"{number}.begun").touch()
    try:
        time.sleep(60)
    finally:
        (folder / f"{number}.tidied").touch()


def be_deaf(number: int) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(number)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_has_its_result_or_its_error(workers):
    results = dict(each(work, [1, 2, 3], workers))
    assert (results[1], results[2]) == (1, 4)
    assert isinstance(results[3], UnsuitableInput)
    assert (results[3].what, results[3].hint) == ("three", "take another")


def test_a_worker_that_dies_takes_one_item_along():
    results = dict(each(work, [1, 4, 2, 5, 6], 2))
    assert isinstance(results.pop(4), WorkerDied)
    assert results == {1: 1, 2: 4, 5: 25, 6: 36}


def test_what_may_crash_has_a_process_of_its_own():
    results = dict(each(work, [4], 1, apart=True))
    assert isinstance(results[4], WorkerDied)
    assert list(each(work, [], 1, apart=True)) == []


def test_closing_stops_the_workers_and_lets_them_tidy_up(tmp_path):
    def interrupt(number, frame):
        if len(list(tmp_path.glob("*.begun"))) == 2:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        with (
            pytest.raises(KeyboardInterrupt),
            closing(each(partial(nap, tmp_path), [1, 2, 3], 2)) as results,
        ):
            next(results)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert {path.stem for path in tmp_path.glob("*.begun")} == {"1", "2"}
    assert {path.stem for path in tmp_path.glob("*.tidied")} == {"1", "2"}


def test_a_result_that_nobody_waits_for_is_dropped_in_silence(capfd):
    with closing(each(be_deaf, [0, 2], 2)) as results:
        assert next(results) == (0, 0)
    assert capfd.readouterr().err == ""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    program = (
        "import time\n"
        "from functools import partial\n"
        "from pipelines.support.parallel import each\n"
        "from tests_parallel_helper import slow\n"
        "if __name__ == '__main__':\n"
        f"    list(each(partial(slow, {str(tmp_path)!r}), list(range(400)), 2))\n"
    )
    (tmp_path / "tests_parallel_helper.py").write_text(
        "import os, time\n"
        "def slow(folder, number):\n"
        "    open(f'{folder}/{os.getpid()}.pid', 'w').close()\n"
        "    time.sleep(0.1)\n"
    )
    (tmp_path / "main.py").write_text(program)
    search = os.pathsep.join([str(Path(__file__).parents[2]), str(tmp_path)])
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py")], env={**os.environ, "PYTHONPATH": search}
    )
    while len(list(tmp_path.glob("*.pid"))) < 2:
        time.sleep(0.05)
    process.kill()
    process.wait()
    pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{pid}").exists() and alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
