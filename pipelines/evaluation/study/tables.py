"""What people said as tables: ratings and wins of each system, and how far people agree."""

from __future__ import annotations

import csv
import io
from typing import Any

from pipelines.evaluation.study.page import CRITERIA
from pipelines.evaluation.tables import Table

_NONE = "–"


def study_tables(result: dict[str, Any]) -> list[Table]:
    """Ratings, wins and agreement of a judged study."""
    return [ratings_table(result), wins_table(result), agreement_table(result)]


def ratings_table(result: dict[str, Any]) -> Table:
    """Mean ratings, 1 to 5, with 95 % intervals."""
    criteria = result["criteria"]
    header = ["", "N", *(f"{CRITERIA[key][0]} ↑" for key in criteria)]
    rows = []
    for system, means in result["means"].items():
        count = max(means[key]["n"] for key in criteria)
        rows.append([system, str(count), *(_cell(means[key], 1, 2) for key in criteria)])
    people = len(result["raters"])
    title = f"Ratings from 1 to 5 by {people} {'person' if people == 1 else 'people'}"
    return Table(title, header, [], rows)


def wins_table(result: dict[str, Any]) -> Table:
    """How often, in percent, a row's system was preferred to a column's."""
    systems = list(result["wins"])
    rows = [
        [one, *(_cell(result["wins"][one].get(other), 100, 1) for other in systems)]
        for one in systems
    ]
    return Table("Preferred, in percent, to", ["", *systems], [], rows)


def agreement_table(result: dict[str, Any]) -> Table:
    """How far people agree: Krippendorff's alpha, and how often two of them say the same."""
    rows = [
        ["choice" if key == "choice" else CRITERIA[key][0].lower(),
         _number(found["alpha"], 1, 2), _number(found["equal"], 100, 0)]
        for key, found in result["agreement"].items()
    ]  # fmt: skip
    return Table("Agreement", ["", "Krippendorff's α", "two say the same, in percent"], [], rows)


def study_csv(result: dict[str, Any]) -> str:
    """One line per number, unrounded: value, interval, N."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["protocol", "measure", "system", "against", "value", "low", "high", "n"])
    for system, means in result["means"].items():
        for key, found in means.items():
            writer.writerow([result["protocol"], key, system, "", *_numbers(found)])
    for system, others in result["wins"].items():
        for other, found in others.items():
            writer.writerow([result["protocol"], "preferred", system, other, *_numbers(found)])
    for key, found in result["agreement"].items():
        for kind, value in found.items():
            row = [result["protocol"], f"agreement on {key}: {kind}", "", "", value, "", "", ""]
            writer.writerow(row)
    return stream.getvalue()


def _numbers(found: dict[str, Any]) -> list[Any]:
    return [found[key] for key in ("value", "low", "high", "n")]


def _cell(found: dict[str, Any] | None, scale: float, digits: int) -> str:
    if found is None or found["value"] is None:
        return _NONE
    value, low, high = (_number(found[key], scale, digits) for key in ("value", "low", "high"))
    return f"{value} ({low}–{high})"


def _number(value: float | None, scale: float, digits: int) -> str:
    return _NONE if value is None else f"{value * scale:.{digits}f}"
