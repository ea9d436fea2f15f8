"""What was tried so far, kept in a file, so that a long trial can be stopped and taken up."""

from __future__ import annotations

import json
from pathlib import Path


class Counts:
    """Numbers by part and row, and notes of what was found; every change is written at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.rows: dict[str, dict[str, dict[str, int]]] = {}
        self.notes: dict[str, list[str]] = {}
        if file.exists():
            kept = json.loads(file.read_text())
            self.rows, self.notes = kept["rows"], kept["notes"]

    def add(self, part: str, row: str, **numbers: int) -> None:
        """Add to the numbers of a row."""
        counted = self.rows.setdefault(part, {}).setdefault(row, {})
        for name, number in numbers.items():
            counted[name] = counted.get(name, 0) + int(number)
        self._write()

    def note(self, part: str, text: str) -> None:
        """Keep what was found."""
        self.notes.setdefault(part, []).append(text)
        self._write()

    def total(self, part: str, name: str) -> int:
        """The sum of one number over a part's rows."""
        return sum(row.get(name, 0) for row in self.rows.get(part, {}).values())

    def of(self, part: str, row: str, name: str) -> int:
        """One number, 0 where nothing was counted."""
        return self.rows.get(part, {}).get(row, {}).get(name, 0)

    def table(self, part: str) -> str:
        """A part's rows in Markdown, with their sum."""
        rows = self.rows.get(part, {})
        if not rows:
            return f"{part}: nothing yet"
        names = list(dict.fromkeys(name for row in rows.values() for name in row))
        lines = [f"| {part} | {' | '.join(names)} |", "|--|" + "--:|" * len(names)]
        for title, row in rows.items():
            lines.append(f"| {title} | " + " | ".join(f"{row.get(n, 0):,}" for n in names) + " |")
        sums = " | ".join(f"{self.total(part, name):,}" for name in names)
        return "\n".join([*lines, f"| all | {sums} |"])

    def _write(self) -> None:
        part = self._file.with_suffix(".new")
        part.write_text(json.dumps({"rows": self.rows, "notes": self.notes}, indent=1))
        part.replace(self._file)
