"""What makes a run this run: the options it was begun with, kept in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.support.errors import BadUsage
from pipelines.support.files import read_json, write_json

if TYPE_CHECKING:
    from pipelines.training.processes import Processes

_OPTIONS = "options.json"


def check_same_run(folder: Path, identity: dict[str, Any], resume: bool) -> None:
    """Refuse to go on with a run that was begun with other options, unless told to.

    Args:
        folder: the run's folder.
        identity: the options that make it another run when they change, JSON-able.
        resume: whether it was told to.
    """
    path = folder / _OPTIONS
    if not path.exists() or resume:
        return
    before = read_json(path)
    changed = [name for name in identity if before.get(name) != identity[name]]
    if changed:
        flag = changed[0].replace("_", "-")
        raise BadUsage(
            f"run {folder.name} was begun with --{flag} {before.get(changed[0])}, "
            f"not {identity[changed[0]]}",
            "use --resume to go on with the new value, or --run for another name",
        )


def remember_run(folder: Path, identity: dict[str, Any], processes: Processes) -> None:
    """Keep the options for `check_same_run`, once every process has checked."""
    processes.wait()
    if processes.leads:
        note_run(folder, identity)


def note_run(folder: Path, identity: dict[str, Any]) -> None:
    """Keep the options for `check_same_run`."""
    write_json(folder / _OPTIONS, identity)
