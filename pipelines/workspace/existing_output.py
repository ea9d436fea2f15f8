"""Outputs that are there already: refused, unless the same command was stopped and left them."""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.support.errors import BadUsage
from pipelines.support.files import read_json, sha256_file
from pipelines.workspace.layout import Workspace


def refuse_existing(output: Path, workspace: Path, hint: str) -> None:
    """Raise BadUsage with `hint` if `output` is there.

    What the very same command had made before it was stopped may be written again without being
    asked to: nothing is lost.
    """
    if output.exists() and not _is_from_a_stopped_run(output, Workspace(workspace).runs):
        raise BadUsage(f"{output} exists", hint)


def outputs_before_the_stop(record: Path) -> dict[str, str]:
    """Path -> SHA-256 of what the very same command had made when it was stopped.

    Args:
        record: of a run (`run_record`), which need not be there.
    """
    try:
        told = read_json(record)
        if told["status"] == "done" or told["argv"] != sys.argv:
            return {}
        return {str(path): str(digest) for path, digest in told["outputs"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _is_from_a_stopped_run(output: Path, runs: Path) -> bool:
    if not output.is_file():
        return False
    made = (outputs_before_the_stop(record).get(str(output)) for record in runs.glob("*.json"))
    return any(digest == sha256_file(output) for digest in made if digest is not None)
