"""Items that fail while the others of a run go on: the list of them, and how the run then ends."""

from __future__ import annotations

from pathlib import Path

from pipelines.support.errors import (
    BadUsage,
    MacedanceError,
    MissingAsset,
    OutOfResources,
    SomeItemsFailed,
    is_out_of_memory,
    is_out_of_space,
    raise_stop_within,
)
from pipelines.support.progress import Progress

FailedItem = dict[str, str]
"""Its "file" and the "reason", one line."""

_NAMED = 3


def note_failure(
    failed: list[FailedItem], file: Path, error: Exception | str, progress: Progress
) -> None:
    """Put a file on the list and say so; what would befall all the others too is raised instead."""
    if isinstance(error, Exception):
        raise_stop_within(error)
        if _befalls_all(error):
            raise error
    reason = " ".join(str(getattr(error, "what", error)).split())[:300]
    if isinstance(error, Exception) and not isinstance(error, MacedanceError):
        reason = f"unexpected {type(error).__name__}: {reason}"
    reason = reason.removeprefix(f"{file}: ")
    failed.append({"file": str(file), "reason": reason})
    progress.warn(f"{file}: {reason}")


def some_failed(failed: list[FailedItem], of: str, where: str) -> SomeItemsFailed | None:
    """The error with which a run ends that finished although some items failed; None if none did.

    Args:
        failed: the list.
        of: what they are, after their number: "of 9 dances", "items".
        where: the hint, where the reasons stand.
    """
    if not failed:
        return None
    names = [item["file"] for item in failed]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return SomeItemsFailed(f"{len(names)} {of} failed: {', '.join(names[:_NAMED])}{more}", where)


def _befalls_all(error: Exception) -> bool:
    named = isinstance(error, (MissingAsset, OutOfResources, BadUsage))
    return named or is_out_of_space(error) or is_out_of_memory(error)
