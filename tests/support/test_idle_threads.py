"""Threads that wait sleep; numpy has one, whatever the user says."""

import os
import subprocess
import sys

from pipelines.support.idle_threads import keep_numpy_to_one_thread, let_idle_threads_sleep


def test_what_the_user_has_set_stands(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    let_idle_threads_sleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["GOMP_SPINCOUNT"] == "0"


def test_numpy_gets_one_thread_whatever_is_set(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    keep_numpy_to_one_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_every_command_asks_for_it_before_the_libraries_are_loaded(environment):
    """They read the environment when they are loaded, and never again."""
    program = (
        "import sys, pipelines.train_motion as pipeline\n"
        "def train_motion(config, progress):\n"
        "    import os\n"
        "    loaded = {'torch', 'numpy'} & set(sys.modules)\n"
        "    threads = os.environ['OPENBLAS_NUM_THREADS']\n"
        "    progress.say(f\"{os.environ['OMP_WAIT_POLICY']} {threads} {loaded}\")\n"
        "    raise SystemExit(0)\n"
        "pipeline.train_motion = train_motion\n"
        "sys.argv = ['macedance', 'train-motion']\n"
        "from macedance_cli.app import main\n"
        "main()\n"
    )
    plain = {
        k: v for k, v in environment.items() if not k.startswith(("OMP", "GOMP", "KMP", "OPENBLAS"))
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=plain, capture_output=True, text=True, check=False
    )
    assert done.stderr == "PASSIVE 1 set()\n"
