"""report.html: one self-contained page, without scripts and without anything from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.evaluation.catalogue import METRICS, columns
from pipelines.evaluation.charts import beat_plot, histogram
from pipelines.evaluation.exhibits import Exhibit
from pipelines.evaluation.html_page import html_table, safe, write_html
from pipelines.evaluation.tables import Table, comparison_table, main_table, published_table


def write_report(path: Path, result: dict[str, Any], exhibits: Sequence[Exhibit]) -> None:
    """Write the page of a judged result, atomically."""
    title = f"{result['protocol']} · profile {result['profile']}"
    parts = [
        f"<h1>{safe(title)}</h1>",
        f'<p class="facts">protocol version {result["version"]}, hash '
        f"<code>{result['protocol_sha256'][:16]}</code>, macedance "
        f"{safe(result['versions'].get('macedance', ''))}</p>",
        _warnings(result),
        "<h2>Result, beside what the paper prints</h2>",
        "<p>Below each value its 95 % interval: bootstrap over clips for means, jackknife for "
        "distances. ↑ higher is better, ↓ lower, → nearer to the truth's own.</p>",
        _results(result),
        _comparison(result),
        _distributions(result),
        _exhibited(exhibits),
        _small_print(result),
    ]
    write_html(path, title, parts)


def _results(result: dict[str, Any]) -> str:
    ours, paper = main_table(result), published_table(result["protocol"])
    metrics = [m for m in columns(result["protocol"]) if m in ours.metrics or m in paper.metrics]
    header = ["", "N", *(METRICS[m].label for m in metrics)]
    rows = [_row(_spread(ours, row, metrics, offset=2), row[1]) for row in ours.rows]
    for number, row in enumerate(paper.rows):
        kind = "aside first" if number == 0 else "aside"
        named = [f"{row[0]} (paper)", *row[1:]]
        rows.append(_row(_spread(paper, named, metrics, offset=1), "", kind))
    return html_table(header, rows) + (
        "<p>The paper's rows come from its own test set and scripts; they are comparable with "
        "those of an official profile on the same data only.</p>"
    )


def _spread(table: Table, row: list[str], metrics: list[str], offset: int) -> list[str]:
    cells = dict(zip(table.metrics, row[offset:], strict=True))
    return [row[0], *(cells.get(metric, "–") for metric in metrics)]


def _row(cells: list[str], count: str, kind: str = "") -> str:
    name, *values = cells
    written = [f"<td>{safe(name)}</td><td>{safe(count)}</td>"]
    for value in values:
        main, _, rest = value.partition(" (")
        small = f"<small>{safe(rest.removesuffix(')'))}</small>" if rest else ""
        written.append(f"<td>{safe(main)}{small}</td>")
    return f'<tr class="{kind}">{"".join(written)}</tr>'


def _comparison(result: dict[str, Any]) -> str:
    table = comparison_table(result)
    if table is None:
        return ""
    rows = ["<tr>" + "".join(f"<td>{safe(c)}</td>" for c in row) + "</tr>" for row in table.rows]
    return (
        f"<h2>{safe(table.title)}</h2>{html_table(table.header, rows)}<p>Means: sign-flip test "
        "over clips. Distances: clips of one name are swapped between the systems.</p>"
    )


def _distributions(result: dict[str, Any]) -> str:
    charts = []
    names = list(result["clips"])
    for metric in (*columns(result["protocol"]), "far_k", "far_g"):
        series: dict[str, Sequence[float]] = {
            name: [s[metric] for s in clips.values() if s.get(metric) is not None]
            for name, clips in result["clips"].items()
        }
        if any(len(values) >= 2 for values in series.values()):
            label = METRICS[metric].label if metric in METRICS else _FAR[metric]
            charts.append(histogram(series, label))
    if not charts:
        return ""
    key = "".join(
        f'<span><i class="k{number}"></i>{safe(name)}</span>' for number, name in enumerate(names)
    )
    return (
        f'<h2>Clip by clip</h2><p class="key">{key}</p><div class="charts">{"".join(charts)}</div>'
    )


_FAR = {
    "far_k": "deviations from the truth (kinetic)",
    "far_g": "deviations from the truth (geometric)",
}


def _exhibited(exhibits: Sequence[Exhibit]) -> str:
    if not exhibits:
        return ""
    parts = ["<h2>The worst clips</h2>"]
    if any(len(e.speed) for e in exhibits):
        parts.append(
            "<p>Curve: mean speed of the joints. Circles: where the dancer rests. Dashed lines: "
            "beats of the music.</p>"
        )
    for exhibit in exhibits:
        parts.append(f"<h3>{safe(exhibit.system)}: {safe(exhibit.clip)}, {safe(exhibit.why)}</h3>")
        parts.append(f'<div class="pictures">{"".join(exhibit.pictures)}</div>')
        if len(exhibit.speed) > 1:
            parts.append(beat_plot(exhibit))
    return "".join(parts)


def _warnings(result: dict[str, Any]) -> str:
    lines = list(result["warnings"])
    for name, clips in result["left_out"].items():
        lines += [f"{name}/{clip} is left out: {why}" for clip, why in list(clips.items())[:20]]
    if not lines:
        return ""
    return f'<ul class="warnings">{"".join(f"<li>{safe(line)}</li>" for line in lines)}</ul>'


def _small_print(result: dict[str, Any]) -> str:
    parts = ["<h2>How it was measured</h2>"]
    used = [m for m in columns(result["protocol"]) if any(m in r for r in result["rows"].values())]
    listed = "".join(f"<li>{safe(METRICS[m].label)}: {safe(METRICS[m].about)}</li>" for m in used)
    parts.append(f"<ul>{listed}</ul>")
    for title, key in (("Names without a partner", "unmatched"),
                       ("Clips without music", "without_music"),
                       ("Settings", "settings"), ("Versions", "versions")):  # fmt: skip
        if result[key]:
            text = safe(json.dumps(result[key], indent=2, ensure_ascii=False))
            parts.append(f"<details><summary>{title}</summary><pre>{text}</pre></details>")
    return "".join(parts)
