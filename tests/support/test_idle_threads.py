"""Threads that wait sleep; what the user says stands."""

import os
import subprocess
import sys

from pipelines.support.idle_threads import let_idle_threads_sleep


def test_what_the_user_has_set_stands(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    let_idle_threads_sleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["GOMP_SPINCOUNT"] == "0"


def test_every_command_asks_for_it_before_torch_is_loaded(environment):
    """The runtime reads the environment when it is loaded, and never again."""
    program = (
        "import sys, pipelines.train_motion as pipeline\n"
        "def train_motion(config, progress):\n"
        "    import os\n"
        "    progress.say(f\"{os.environ['OMP_WAIT_POLICY']} {'torch' in sys.modules}\")\n"
        "    raise SystemExit(0)\n"
        "pipeline.train_motion = train_motion\n"
        "sys.argv = ['macedance', 'train-motion']\n"
        "from macedance_cli.app import main\n"
        "main()\n"
    )
    plain = {k: v for k, v in environment.items() if not k.startswith(("OMP", "GOMP", "KMP"))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=plain, capture_output=True, text=True, check=False
    )
    assert done.stderr == "PASSIVE False\n"
