"""What became of everything: from sources to clips, stage by stage, with hours and reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.curation.selection import REASONS, Candidate
from pipelines.support.errors import SomeItemsFailed
from pipelines.support.failed_items import FailedItem, note_failure, some_failed
from pipelines.support.progress import Progress


@dataclass
class Count:
    """So many things of so many seconds altogether."""

    number: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.number += 1
        self.seconds += seconds


@dataclass
class Funnel:
    """Counts by stage.

    Attributes:
        found: videos of this shard. read: those that could be watched to the end.
        shots, windows, kept: of those.
        dropped: reason -> clips (for "short": shots) counted under it.
        failed: file and reason. remarks: file and what is unusual about it.
        made: clips made now; the other ones were there.
        turned_down: clips that were made, now or before, and are not kept.
        captured: those of the kept clips that have a motion; None where nobody asked for it.
        distinct_seconds: of the videos, that some kept clip shows.
        overlap: what was asked for.
        unused_labels: rows of the table of labels that no video has the name of.
    """

    found: int = 0
    read: Count = field(default_factory=Count)
    shots: Count = field(default_factory=Count)
    windows: Count = field(default_factory=Count)
    kept: Count = field(default_factory=Count)
    dropped: dict[str, Count] = field(default_factory=dict)
    failed: list[FailedItem] = field(default_factory=list)
    remarks: list[dict[str, str]] = field(default_factory=list)
    made: int = 0
    turned_down: int = 0
    test_clips: int = 0
    captured: Count | None = None
    distinct_seconds: float = 0.0
    overlap: float = 0.0
    unused_labels: list[str] = field(default_factory=list)

    def count(self, one: Candidate, fps: float) -> None:
        """Count a window, or a short shot, under what became of it."""
        seconds = (one.stop - one.start) / fps
        if one.reasons != ["short"]:
            self.windows.add(seconds)
        if one.kept:
            self.kept.add(seconds)
        else:
            first = next(name for name in REASONS if name in one.reasons)
            self.dropped.setdefault(first, Count()).add(seconds)

    def note_failure(self, file: Path, error: Exception | str, progress: Progress) -> None:
        """Put a file on the list; what would befall all the others too is raised instead."""
        note_failure(self.failed, file, error, progress)

    def note_remark(self, file: Path, remark: str, progress: Progress) -> None:
        """Something unusual that does not stop a video from being used."""
        self.remarks.append({"file": str(file), "remark": remark})
        progress.say(f"{file}: {remark}")

    def rows(self) -> list[tuple[str, int, float]]:
        """Stage, number and hours, in order; what each rule dropped is indented."""
        rows = [
            ("videos found", self.found, float("nan")),
            ("videos read", self.read.number, self.read.seconds / 3600),
            ("shots", self.shots.number, self.shots.seconds / 3600),
        ]
        for name, text in REASONS.items():
            if name in self.dropped:
                gone = self.dropped[name]
                rows.append((f"  {text}", -gone.number, -gone.seconds / 3600))
            if name == "short":
                rows.append(("windows", self.windows.number, self.windows.seconds / 3600))
        rows.append(("clips kept", self.kept.number, self.kept.seconds / 3600))
        if self.captured is not None:
            rows.append(("  captured in 3D", self.captured.number, self.captured.seconds / 3600))
        return rows

    def note_labels(self, unused: list[str], table: Path | None, progress: Progress) -> None:
        """Rows of a table of labels that are about no video."""
        self.unused_labels = unused
        if unused:
            names = ", ".join(unused[:10]) + (", ..." if len(unused) > 10 else "")
            progress.warn(f"--labels {table}: no video is called {names} ({len(unused)} rows)")

    def turn_down(self, one: Candidate, fps: float) -> None:
        """Count a clip that was kept under the reason that was found since."""
        seconds = (one.stop - one.start) / fps
        self.kept.number -= 1
        self.kept.seconds -= seconds
        self.turned_down += 1
        first = next(name for name in REASONS if name in one.reasons)
        self.dropped.setdefault(first, Count()).add(seconds)

    def tell(self, progress: Progress) -> None:
        """Say the whole funnel, a line per stage."""
        for text, number, hours in self.rows():
            length = "" if hours != hours else f"{hours:>10.3f} h"
            progress.say(f"{text:<32}{number:>8}{length}")
        if self.overlap:
            progress.say(
                f"clips of one shot overlap (--overlap {self.overlap:g}): "
                f"{self.kept.seconds:.0f} s of clips show {self.distinct_seconds:.0f} s of video"
            )
        there = self.kept.number + self.turned_down - self.made
        progress.say(
            f"{self.made} made now, {there} there already; "
            f"{self.test_clips} of the clips are for testing; {len(self.failed)} videos failed"
        )

    def summary(self) -> dict[str, Any]:
        """All of it, JSON-able."""

        def plain(count: Count) -> dict[str, Any]:
            return {"number": count.number, "seconds": round(count.seconds, 3)}

        captured = {} if self.captured is None else {"captured": plain(self.captured)}
        return captured | {
            "videos": self.found,
            "read": plain(self.read),
            "shots": plain(self.shots),
            "windows": plain(self.windows),
            "kept": plain(self.kept),
            "distinct_seconds": round(self.distinct_seconds, 3),
            "dropped": {
                name: plain(self.dropped[name]) for name in REASONS if name in self.dropped
            },
            "made": self.made,
            "test_clips": self.test_clips,
            "remarks": self.remarks,
            "unused_labels": self.unused_labels,
            "failed": self.failed,
        }


def failure(summary: dict[str, Any]) -> SomeItemsFailed | None:
    """The error with which a run ends that finished although some videos failed."""
    where = "the reasons stand above, in the report and in the run's record"
    return some_failed(summary.get("failed", []), "items", where)
