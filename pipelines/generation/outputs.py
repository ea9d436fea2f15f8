"""What `generate` hands over: where it goes, and what is already there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelines.generation.settings import GenerateConfig
from pipelines.support.files import copy_atomically, sha256_file
from pipelines.support.progress import Progress
from pipelines.workspace.existing_output import refuse_existing
from pipelines.workspace.run_record import RunRecord


def refuse_others(config: GenerateConfig, made: Mapping[Path, Path]) -> None:
    """Raise BadUsage for an output that is there and is not what this command would make.

    Args:
        config: what is asked; with --force nothing is refused.
        made: output -> the file that an earlier run finished and that would go there.
    """
    if config.force:
        return
    if config.preview is not None:
        hint = "add --force to replace it, or choose another --preview"
        refuse_existing(config.preview, config.workspace, hint)
    for flag, path in config.targets():
        if not is_there(made.get(path), path):
            hint = f"add --force to replace it, or choose another {flag}"
            refuse_existing(path, config.workspace, hint)


def is_there(made: Path | None, target: Path) -> bool:
    """Whether `target` already holds what was made."""
    if made is None or not (made.is_file() and target.is_file()):
        return False
    same_size = made.stat().st_size == target.stat().st_size
    return same_size and sha256_file(made) == sha256_file(target)


def hand_over(made: Path, target: Path, record: RunRecord, progress: Progress) -> None:
    """Copy what was made to where it was asked for, unless it is there."""
    if is_there(made, target):
        progress.say(f"{target} is there already, as this command makes it")
    else:
        copy_atomically(made, target)
    record.wrote(target)
