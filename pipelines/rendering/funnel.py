"""What became of every dance: the list that a run of `render` ends with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import (
    BadUsage,
    MacedanceError,
    MissingAsset,
    OutOfResources,
    SomeItemsFailed,
    is_out_of_memory,
    is_out_of_space,
)
from pipelines.progress import Progress

_NAMED = 3


@dataclass
class Funnel:
    """What became of everything; JSON-able through `asdict`.

    Attributes:
        dances: found, in this shard. skipped: a line for each file that is none.
        read: how many could be read. seconds: their length.
        too_short: dances without a 5 s window.
        silent: dances without a song although songs were given.
        made, there: ids of clips made now, and found finished. clip_seconds: of both.
        failed: file and reason.
    """

    dances: int = 0
    skipped: list[str] = field(default_factory=list)
    read: int = 0
    seconds: float = 0.0
    too_short: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    clip_seconds: float = 0.0
    failed: list[dict[str, str]] = field(default_factory=list)

    def note_failure(self, file: Path, error: Exception, progress: Progress) -> None:
        """Put a file on the list; what would befall all the others too is raised instead."""
        if isinstance(error, (MissingAsset, OutOfResources, BadUsage)):
            raise error
        if is_out_of_space(error) or is_out_of_memory(error):
            raise error
        reason = " ".join(str(getattr(error, "what", error)).split())[:300]
        if not isinstance(error, MacedanceError):
            reason = f"unexpected {type(error).__name__}: {reason}"
        reason = reason.removeprefix(f"{file}: ")
        self.failed.append({"file": str(file), "reason": reason})
        progress.warn(f"{file}: {reason}")

    def tell(self, progress: Progress) -> None:
        """Say what was left out, and the whole funnel in a line."""
        for line in self.skipped:
            progress.say(f"left out: {line}")
        for file in self.too_short:
            progress.say(f"left out: {file}: shorter than a window of 5 s")
        progress.say(
            f"{self.dances} dances -> {self.read} read ({_hours(self.seconds)}) -> "
            f"{self.read - len(self.too_short)} long enough -> "
            f"{len(self.made) + len(self.there)} clips ({_hours(self.clip_seconds)}): "
            f"{len(self.made)} made, {len(self.there)} there already"
        )
        progress.say(f"{len(self.failed)} dances failed, {len(self.skipped)} files left out")

    def summary(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        facts = asdict(self)
        return facts | {key: round(facts[key], 3) for key in ("seconds", "clip_seconds")}


def failure(summary: dict[str, Any]) -> SomeItemsFailed | None:
    """The error with which a run ends that finished although some dances failed."""
    names = [entry["file"] for entry in summary.get("failed", [])]
    if not names:
        return None
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return SomeItemsFailed(
        f"{len(names)} of {summary['dances']} dances failed: {', '.join(names[:_NAMED])}{more}",
        "the reasons stand above, and in the run's record",
    )


def _hours(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
