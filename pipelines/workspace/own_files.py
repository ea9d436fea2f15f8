"""The tool's own files among people's: a workspace inside a folder that is searched."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pipelines.support.files import read_json

_DANCES = ("dances", "generations", "clips")
_DANCE = "motion.npz"


def workspace_of(file: Path) -> Path | None:
    """The root of the workspace in which a file lies, if it lies in one."""
    folder = file.absolute().parent
    return next((one for one in (folder, *folder.parents) if is_workspace(one)), None)


@cache
def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace: the records of its runs tell."""
    for record in sorted((folder / "runs").glob("*.json"))[:1]:
        try:
            told = read_json(record)
        except (OSError, ValueError):
            continue
        return isinstance(told, dict) and {"command", "run", "argv", "versions"} <= set(told)
    return False


def is_kept_dance(file: Path, workspace: Path) -> bool:
    """Whether a file of a workspace is the dance of its folder, and not one of its other files."""
    room = file.absolute().relative_to(workspace).parts[0]
    return room in _DANCES and file.name == _DANCE
