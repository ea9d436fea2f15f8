"""Running the command line inside the test's process, or with a pipeline that a test writes."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from macedance_cli.app import app
from macedance_cli.failures import run_to_exit_code

# The command line is the real one; only the pipeline behind train-motion is replaced, since it
# imports nothing heavy.
_PROGRAM = """
import sys
import pipelines.train_motion as pipeline
from pathlib import Path

def train_motion(config, progress):
{body}
    return pipeline.TrainMotionResult(Path("run"), None, 0, None, 0.0, 0.0, 0, 0.0, [])

pipeline.train_motion = train_motion
sys.argv[0] = "macedance"
from macedance_cli.app import main
main()
"""


@pytest.fixture
def pretending():
    """From the body of a pipeline to the arguments with which Python runs the command line."""

    def build(body: str) -> tuple[str, str]:
        indented = "\n".join(f"    {line}" for line in body.splitlines())
        return ("-c", _PROGRAM.format(body=indented))

    return build


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run the command line inside this process, in an empty folder: (code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "dumb")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["macedance", *arguments])
        before = signal.getsignal(signal.SIGTERM)
        try:
            code = run_to_exit_code(app)
        finally:
            signal.signal(signal.SIGTERM, before)
        return (code, *capfd.readouterr())

    return run
