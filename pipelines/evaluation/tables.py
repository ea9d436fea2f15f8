"""A judged result as rows of cells, and those as LaTeX, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import Any

from pipelines.evaluation.catalogue import METRICS, columns, shown
from pipelines.evaluation.published import PUBLISHED
from pipelines.evaluation.sets import TRUTH

_LEVEL = 0.05
"""Below which a difference is called one. Of n pairs a test by signs or swaps reaches 2 / 2^n at
best."""
_TOO_FEW = "too few clips to tell: {}"
_ARROWS = {"low": "↓", "high": "↑", "truth": "→"}


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes:
        title: one line. header: one cell per column, the first names the rows.
        metrics: the metric of each column but the first. rows: as wide as the header.
    """

    title: str
    header: list[str]
    metrics: list[str]
    rows: list[list[str]]


def main_table(result: dict[str, Any]) -> Table:
    """Systems, truth, floor and chance: value with its 95 % interval."""
    protocol = result["protocol"]
    used = _used(result)
    header = ["", "N", *(f"{METRICS[m].label} {_ARROWS[METRICS[m].better]}" for m in used)]
    rows = []
    for name, row in result["rows"].items():
        count = max((entry["n"] for entry in row.values()), default=0)
        rows.append([name, str(count), *(_with_interval(m, row.get(m)) for m in used)])
    if result["floor"]:
        rows.append(["floor (half of the truth)", "",
                     *(shown(m, result["floor"].get(m)) for m in used)])  # fmt: skip
    for name, level in result["chance"].items():
        cells = [
            f"{shown(m, level['mean'])} (p {level['p_value']:.2g})" if m == "bas" else "–"
            for m in used
        ]
        rows.append([f"chance for {name}", "", *cells])
    title = f"{protocol}, profile {result['profile']}"
    return Table(title, header, used, rows)


def comparison_table(result: dict[str, Any]) -> Table | None:
    """Differences of the two compared systems, or None where nothing is compared."""
    if not result["differences"]:
        return None
    a, b = (name for name in result["rows"] if name != TRUTH)
    rows = []
    for metric, entry in result["differences"].items():
        rows.append([
            METRICS[metric].label, shown(metric, entry["value"]),
            f"{shown(metric, entry['low'])} … {shown(metric, entry['high'])}",
            "–" if entry["p_value"] is None else f"{entry['p_value']:.2g}",
            str(entry["n"]), verdict(metric, entry, a, b),
        ])  # fmt: skip
    header = ["", f"{a} − {b}", "95 %", "p", "N", ""]
    return Table(f"{a} against {b}, on the same clips", header, list(result["differences"]), rows)


def verdict(metric: str, entry: dict[str, Any], a: str, b: str) -> str:
    """Which system is better at 5 %, in words."""
    if entry["p_value"] is None:
        return _TOO_FEW.format(entry["n"])
    if entry["p_value"] > _LEVEL:
        few = 2 / 2 ** entry["n"] > _LEVEL
        return _TOO_FEW.format(entry["n"]) if few else "no difference that could be told"
    better = METRICS[metric].better
    if better == "truth":
        return "different"
    return f"{a if (entry['value'] > 0) == (better == 'high') else b} is better"


def published_table(protocol: str) -> Table:
    """The paper's rows."""
    published = PUBLISHED.get(protocol, {})
    used = [m for m in columns(protocol) if any(m in row for row in published.values())]
    rows = [
        [name, *(f"{row[m]:.{METRICS[m].digits}f}" if m in row else "–" for m in used)]
        for name, row in published.items()
    ]
    return Table("MACE-Dance, as published", ["", *(METRICS[m].label for m in used)], used, rows)


def to_markdown(table: Table) -> str:
    """A pipe table."""
    lines = [f"**{table.title}**", "", _piped(table.header)]
    lines.append("|" + "--|" * len(table.header))
    lines += [_piped(row) for row in table.rows]
    return "\n".join(lines) + "\n"


def to_latex(table: Table) -> str:
    """A booktabs table of values alone, as papers print them."""
    names = [METRICS[m].latex for m in table.metrics]
    arrows = {"low": r"$\downarrow$", "high": r"$\uparrow$", "truth": r"$\rightarrow$"}
    heads = [f"{n} {arrows[METRICS[m].better]}" for n, m in zip(names, table.metrics, strict=True)]
    extra = len(table.header) - len(heads) - 1
    head = ["", *map(_latex, table.header[1 : 1 + extra]), *heads]
    lines = [r"\begin{tabular}{l" + "r" * (len(head) - 1) + "}", r"\toprule"]
    lines.append(" & ".join(head) + r" \\")
    lines.append(r"\midrule")
    lines += [" & ".join(_latex(cell.split(" (")[0] if k > 0 else cell)
                         for k, cell in enumerate(row)) + r" \\" for row in table.rows]  # fmt: skip
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def to_csv(result: dict[str, Any]) -> str:
    """One line per system and metric, unrounded and unscaled: value, interval, N."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["protocol", "profile", "system", "metric", "value", "low", "high", "n"])
    for name, row in result["rows"].items():
        for metric, entry in row.items():
            numbers = [entry["value"], entry["low"], entry["high"], entry["n"]]
            writer.writerow([result["protocol"], result["profile"], name, metric, *numbers])
    for metric, value in result["floor"].items():
        writer.writerow([result["protocol"], result["profile"], "floor", metric, value, "", "", ""])
    for name, level in result["chance"].items():
        writer.writerow([result["protocol"], result["profile"], f"chance for {name}", "bas",
                         level["mean"], "", "", ""])  # fmt: skip
    return stream.getvalue()


def _used(result: dict[str, Any]) -> list[str]:
    return [
        m for m in columns(result["protocol"]) if any(m in row for row in result["rows"].values())
    ]


def _with_interval(metric: str, entry: dict[str, Any] | None) -> str:
    if entry is None or entry["value"] is None:
        return "–"
    value = shown(metric, entry["value"])
    if entry["low"] is None or not math.isfinite(entry["low"]):
        return value
    return f"{value} ({shown(metric, entry['low'])}–{shown(metric, entry['high'])})"


def _piped(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _latex(text: str) -> str:
    for plain, safe in (("\\", r"\textbackslash{}"), ("_", r"\_"), ("&", r"\&"), ("%", r"\%"),
                        ("#", r"\#"), ("–", "--"), ("−", "$-$"),
                        ("↑", r"$\uparrow$"), ("α", r"$\alpha$")):  # fmt: skip
        text = text.replace(plain, safe)
    return text
