"""The rows of `motion_quality.py` as Markdown."""

from __future__ import annotations

from typing import Any

import numpy as np

Row = dict[str, Any]

COLUMNS = (
    ("dances", "N", "{:.0f}"), ("fid_k", "FID_k", "{:.0f}"), ("floor_k", "floor", "{:.0f}"),
    ("fid_l", "FID_l", "{:.0f}"), ("floor_l", "floor", "{:.0f}"), ("fid_g", "FID_g", "{:.0f}"),
    ("floor_g", "floor", "{:.0f}"), ("div_k", "DIV_k", "{:.1f}"), ("div_g", "DIV_g", "{:.1f}"),
    ("fsr", "FSR", "{:.3f}"), ("pfc", "PFC", "{:.2f}"), ("jitter", "jitter m/s³", "{:.0f}"),
    ("join_jerk", "jerk at joins", "{:.2f}"), ("join_slide", "FSR at joins", "{:.3f}"),
    ("travel", "travel m", "{:.2f}"), ("front", "front", "{:.2f}"), ("back", "back", "{:.2f}"),
    ("feet_r", "R feet", "{:.2f}"), ("feet_foreign", "foreign", "{:.2f}"),
    ("body_r", "R body", "{:.2f}"), ("half", "half a beat moves feet by", "{:.2f}"),
    ("novelty", "novelty m", "{:.3f}"), ("longest_copy", "longest copy s", "{:.1f}"),
    ("longest_piece", "longest piece s", "{:.1f}"), ("takes_a_minute", "takes / min", "{:.0f}"),
    ("recognised", "style recognised", "{:.2f}"),
)  # fmt: skip
WITH_INTERVAL = ("fsr", "feet_r", "half", "recognised")


def markdown(rows: dict[str, Row]) -> str:
    """One line a row; 95 % intervals in brackets."""
    lines = [["", *(title for _, title, _ in COLUMNS)], ["--"] * (len(COLUMNS) + 1)]
    for name, row in rows.items():
        lines.append([name, *(_cell(row, key, form) for key, _, form in COLUMNS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(row: Row, key: str, form: str) -> str:
    value = row.get(key)
    if value is None or not np.isfinite(value):
        return ""
    between = row.get(f"{key}_interval")
    if key not in WITH_INTERVAL or between is None:
        return form.format(value)
    return f"{form.format(value)} [{form.format(between[0])}, {form.format(between[1])}]"
