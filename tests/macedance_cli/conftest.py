"""Running the command line with a pipeline that does what a test wants."""

from __future__ import annotations

import pytest

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
