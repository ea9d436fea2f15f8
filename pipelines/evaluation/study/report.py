"""report.html of a study: the tables, who counted, who did not and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.evaluation.html_page import html_table, safe, write_html
from pipelines.evaluation.study.tables import study_tables
from pipelines.evaluation.tables import Table


def write_study_report(path: Path, result: dict[str, Any]) -> None:
    """Write the page of a judged study, atomically."""
    title = "User study"
    warnings = "".join(f"<li>{safe(line)}</li>" for line in result["warnings"])
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="facts">study <code>{safe(result["study"])}</code>, macedance '
        f"{safe(result['versions'].get('macedance', ''))}</p>",
        f'<ul class="warnings">{warnings}</ul>' if warnings else "",
        *map(_shown, study_tables(result)),
        "<p>In brackets 95 % intervals: people and clips are drawn with replacement. Agreement: "
        "α is 1 where all agree and 0 where they agree as chance would have it.</p>",
        _listed("Who counted", ["", "distorted dances seen through", "pairs", "file"], [
            [who["who"], f"{who['caught']} of {who['catches']}", who["answers"], who["file"]]
            for who in result["raters"]
        ]),
        _listed("Who did not", ["file", "why"], [
            [file, why] for key in ("excluded", "unusable") for file, why in result[key].items()
        ]),
    ]  # fmt: skip
    write_html(path, title, parts)


def _shown(table: Table) -> str:
    rows = []
    for name, *cells in table.rows:
        written = [f"<td>{safe(name)}</td>"]
        for cell in cells:
            main, _, rest = cell.partition(" (")
            small = f"<small>{safe(rest.removesuffix(')'))}</small>" if rest else ""
            written.append(f"<td>{safe(main)}{small}</td>")
        rows.append(f"<tr>{''.join(written)}</tr>")
    return f"<h2>{safe(table.title)}</h2>{html_table(table.header, rows)}"


def _listed(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return ""
    written = ["<tr>" + "".join(f"<td>{safe(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    return f"<h2>{title}</h2>{html_table(header, written)}"
