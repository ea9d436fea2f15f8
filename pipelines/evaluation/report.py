"""report.html: one self-contained page, without scripts and without anything from elsewhere."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.evaluation.catalogue import METRICS, columns
from pipelines.evaluation.charts import beat_plot, histogram
from pipelines.evaluation.exhibits import Exhibit
from pipelines.evaluation.tables import Table, comparison_table, main_table, published_table
from pipelines.support.files import write_text

_STYLE = """
:root { --ink: #1d2330; --soft: #5f6878; --line: #d9dde5; --ground: #ffffff; --tint: #f5f6f9;
  --one: #2463c2; --two: #c2571a; --three: #5b7f1f; --warn: #8a5a00; --warn-ground: #fff6e0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #9aa4b5; --line: #38404f;
  --ground: #151922; --tint: #1d2330; --one: #7fb0ff; --two: #ff9d5c; --three: #a9d45f;
  --warn: #ffd58a; --warn-ground: #33290f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1180px; color: var(--ink);
  background: var(--ground); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 10px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
p.facts { color: var(--soft); margin: 0; } code { font-size: 13px; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } thead th { color: var(--soft); }
td small { display: block; color: var(--soft); font-size: 12px; }
tr.aside td { color: var(--soft); } tr.first td { border-top: 2px solid var(--line); }
ul.warnings { background: var(--warn-ground); color: var(--warn); padding: 12px 12px 12px 32px;
  border-radius: 6px; margin: 12px 0; }
div.charts { display: flex; flex-wrap: wrap; gap: 18px; } figure { margin: 0; }
figcaption { color: var(--soft); font-size: 13px; }
svg text { font-size: 11px; fill: var(--soft); } svg text.end { text-anchor: end; }
svg text.middle, svg.figure text { text-anchor: middle; }
.axis, .floor { stroke: var(--line); stroke-width: 1; }
.series { stroke-width: 1.5; fill-opacity: .18; }
.s0 { stroke: var(--one); fill: var(--one); } .s1 { stroke: var(--two); fill: var(--two); }
.s2 { stroke: var(--three); fill: var(--three); }
.key span { margin-right: 18px; } .key i { display: inline-block; width: 12px; height: 12px;
  border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.k0 { background: var(--one); } .k1 { background: var(--two); } .k2 { background: var(--three); }
.beat { stroke: var(--two); stroke-width: 1; stroke-dasharray: 3 3; }
.speed { fill: none; stroke: var(--one); stroke-width: 1.5; }
.rest { fill: var(--ground); stroke: var(--one); stroke-width: 1.5; }
svg.figure line { stroke: var(--ink); stroke-width: 3; stroke-linecap: round; }
svg.figure line.floor { stroke: var(--line); stroke-width: 1; }
svg.figure circle { fill: var(--ink); } svg.beats { max-width: 100%; height: auto; }
div.pictures { display: flex; flex-wrap: wrap; gap: 6px; } div.pictures img { border-radius: 4px; }
details { margin: 12px 0; } pre { background: var(--tint); padding: 12px; overflow-x: auto;
  border-radius: 6px; font-size: 12.5px; }
"""


def write_report(path: Path, result: dict[str, Any], exhibits: Sequence[Exhibit]) -> None:
    """Write the page of a judged result, atomically."""
    title = f"{result['protocol']} · profile {result['profile']}"
    parts = [
        f"<h1>{_safe(title)}</h1>",
        f'<p class="facts">protocol version {result["version"]}, hash '
        f"<code>{result['protocol_sha256'][:16]}</code>, macedance "
        f"{_safe(result['versions'].get('macedance', ''))}</p>",
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
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_safe(title)}'
        f'</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(filter(None, parts))
    )
    write_text(path, page + "\n</body></html>\n")


def _results(result: dict[str, Any]) -> str:
    ours, paper = main_table(result), published_table(result["protocol"])
    metrics = [m for m in columns(result["protocol"]) if m in ours.metrics or m in paper.metrics]
    header = ["", "N", *(METRICS[m].label for m in metrics)]
    rows = [_row(_spread(ours, row, metrics, offset=2), row[1]) for row in ours.rows]
    for number, row in enumerate(paper.rows):
        kind = "aside first" if number == 0 else "aside"
        named = [f"{row[0]} (paper)", *row[1:]]
        rows.append(_row(_spread(paper, named, metrics, offset=1), "", kind))
    return _html_table(header, rows) + (
        "<p>The paper's rows come from its own test set and scripts; they are comparable with "
        "those of an official profile on the same data only.</p>"
    )


def _spread(table: Table, row: list[str], metrics: list[str], offset: int) -> list[str]:
    cells = dict(zip(table.metrics, row[offset:], strict=True))
    return [row[0], *(cells.get(metric, "–") for metric in metrics)]


def _row(cells: list[str], count: str, kind: str = "") -> str:
    name, *values = cells
    written = [f"<td>{_safe(name)}</td><td>{_safe(count)}</td>"]
    for value in values:
        main, _, rest = value.partition(" (")
        small = f"<small>{_safe(rest.removesuffix(')'))}</small>" if rest else ""
        written.append(f"<td>{_safe(main)}{small}</td>")
    return f'<tr class="{kind}">{"".join(written)}</tr>'


def _html_table(header: Sequence[str], rows: Sequence[str]) -> str:
    heads = "".join(f"<th>{_safe(cell)}</th>" for cell in header)
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _comparison(result: dict[str, Any]) -> str:
    table = comparison_table(result)
    if table is None:
        return ""
    rows = ["<tr>" + "".join(f"<td>{_safe(c)}</td>" for c in row) + "</tr>" for row in table.rows]
    return (
        f"<h2>{_safe(table.title)}</h2>{_html_table(table.header, rows)}<p>Means: sign-flip test "
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
        f'<span><i class="k{number}"></i>{_safe(name)}</span>' for number, name in enumerate(names)
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
        parts.append(
            f"<h3>{_safe(exhibit.system)}: {_safe(exhibit.clip)}, {_safe(exhibit.why)}</h3>"
        )
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
    return f'<ul class="warnings">{"".join(f"<li>{_safe(line)}</li>" for line in lines)}</ul>'


def _small_print(result: dict[str, Any]) -> str:
    parts = ["<h2>How it was measured</h2>"]
    used = [m for m in columns(result["protocol"]) if any(m in r for r in result["rows"].values())]
    listed = "".join(f"<li>{_safe(METRICS[m].label)}: {_safe(METRICS[m].about)}</li>" for m in used)
    parts.append(f"<ul>{listed}</ul>")
    for title, key in (("Names without a partner", "unmatched"),
                       ("Clips without music", "without_music"),
                       ("Settings", "settings"), ("Versions", "versions")):  # fmt: skip
        if result[key]:
            text = _safe(json.dumps(result[key], indent=2, ensure_ascii=False))
            parts.append(f"<details><summary>{title}</summary><pre>{text}</pre></details>")
    return "".join(parts)


def _safe(text: object) -> str:
    return html.escape(str(text))
