"""Threads that wait sleep; what the user says stands."""

import os
import subprocess
import sys
import time

from pipelines.support.idle_threads import let_idle_threads_sleep


def test_what_the_user_has_set_stands(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    let_idle_threads_sleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["GOMP_SPINCOUNT"] == "0"


def test_a_team_that_waits_takes_no_processor_time():
    """After one parallel operation the main thread sleeps; the others of its team do so too."""
    program = (
        "from pipelines.support.idle_threads import let_idle_threads_sleep as calm; calm()\n"
        "import time, torch; torch.set_num_threads(4)\n"
        "x = torch.randn(400, 400)\n"
        "begin = time.process_time()\n"
        "for _ in range(20):\n"
        "    (x @ x).relu_(); time.sleep(0.05)\n"
        "print(time.process_time() - begin)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP", "GOMP", "KMP"))}
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.7 * (time.monotonic() - begin)
