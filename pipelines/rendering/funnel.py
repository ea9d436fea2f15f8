"""What became of every dance: the list that a run of `render` ends with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.support.errors import SomeItemsFailed
from pipelines.support.failed_items import FailedItem, note_failure, some_failed
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.rendering.examination import Examined
    from pipelines.rendering.source import Source


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
    failed: list[FailedItem] = field(default_factory=list)

    def count(self, source: Source, found: Examined) -> None:
        """Count a dance that was read, and its clips that are there."""
        self.read += 1
        self.seconds += found.seconds
        self.clip_seconds += found.finished_seconds
        self.there += found.finished
        if not found.jobs and not found.finished:
            self.too_short.append(str(source.motion))
        if found.music_missing:
            self.silent.append(str(source.motion))

    def note_failure(self, file: Path, error: Exception, progress: Progress) -> None:
        """Put a file on the list; what would befall all the others too is raised instead."""
        note_failure(self.failed, file, error, progress)

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
    where = "the reasons stand above, and in the run's record"
    of = f"of {summary.get('dances')} dances"
    return some_failed(summary.get("failed", []), of, where)


def _hours(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
