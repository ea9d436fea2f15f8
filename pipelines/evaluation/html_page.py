"""A self-contained page of tables and text, without scripts and without anything from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

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


def write_html(path: Path, title: str, parts: Sequence[str]) -> None:
    """Write a page of parts that are HTML already, empty ones left out, atomically."""
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{safe(title)}'
        f'</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(filter(None, parts))
    )
    write_text(path, page + "\n</body></html>\n")


def html_table(header: Sequence[str], rows: Sequence[str]) -> str:
    """A table of text above rows that are HTML already; it scrolls where it is too wide."""
    heads = "".join(f"<th>{safe(cell)}</th>" for cell in header)
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def safe(text: object) -> str:
    """Text as HTML."""
    return html.escape(str(text))
