"""Tables of a judged result, in every format."""

from __future__ import annotations

import csv
import io

import pytest

from pipelines.evaluation.catalogue import columns
from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.tables import (
    Table,
    comparison_table,
    main_table,
    published_table,
    to_csv,
    to_latex,
    to_markdown,
    verdict,
)


def test_tables(judged):
    table = main_table(judged)
    assert table.rows[0][:2] == ["ours", "60"]
    assert table.rows[-1][0] == "floor (half of the truth)"
    markdown, latex = to_markdown(table), to_latex(table)
    assert markdown.count("\n") == 3 + len(table.rows) + 1
    assert "FID$_k$ $\\downarrow$" in latex
    assert latex.count(r"\\") == 1 + len(table.rows)
    lines = to_csv(judged).splitlines()
    assert lines[0].startswith("protocol,profile,system,metric,value")
    value = judged["rows"]["ours"]["fid_k"]["value"]
    assert f"motion-3d,strict,ours,fid_k,{value}" in "\n".join(lines)


def test_intervals_and_arrows_stand_beside_values(judged):
    entry = judged["rows"]["ours"]["fsr"]
    table = main_table(judged)
    column = 2 + table.metrics.index("fsr")
    expected = f"{entry['value']:.3f} ({entry['low']:.3f}–{entry['high']:.3f})"
    assert table.rows[0][column] == expected
    assert table.header[column] == "FSR ↓"
    judged["rows"]["ours"]["fsr"]["low"] = None
    assert main_table(judged).rows[0][column] == f"{entry['value']:.3f}"
    judged["rows"]["ours"]["fsr"]["value"] = None
    assert main_table(judged).rows[0][column] == "–"


def test_chance_stands_in_the_beat_scores_column(judged):
    judged["rows"]["ours"]["bas"] = {"value": 0.4, "low": None, "high": None, "n": 60}
    judged["chance"] = {"ours": {"mean": 0.25, "deviation": 0.01, "p_value": 0.0099, "n": 6}}
    table = main_table(judged)
    assert table.rows[-1][0] == "chance for ours"
    assert table.rows[-1][2 + table.metrics.index("bas")] == "0.250 (p 0.0099)"
    assert "chance for ours,bas,0.25" in to_csv(judged)


def test_csv_has_every_number_once_and_unrounded(judged):
    rows = list(csv.DictReader(io.StringIO(to_csv(judged))))
    found = {(row["system"], row["metric"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    for name, line in judged["rows"].items():
        for metric, entry in line.items():
            assert float(found[name, metric]) == entry["value"]
    assert float(found["floor", "fid_k"]) == judged["floor"]["fid_k"]


@pytest.mark.parametrize(
    ("metric", "entry", "says"),
    [
        ("fsr", {"value": -1.0, "p_value": 0.01, "n": 6}, "a is better"),
        ("fsr", {"value": 1.0, "p_value": 0.01, "n": 6}, "b is better"),
        ("bas", {"value": 1.0, "p_value": 0.05, "n": 6}, "a is better"),
        ("div_k", {"value": 1.0, "p_value": 0.01, "n": 6}, "different"),
        ("bas", {"value": 1.0, "p_value": 0.06, "n": 6}, "no difference that could be told"),
        ("bas", {"value": 1.0, "p_value": 0.06, "n": 5}, "too few clips to tell: 5"),
        ("bas", {"value": 1.0, "p_value": None, "n": 1}, "too few clips to tell: 1"),
    ],
)
def test_verdicts(metric, entry, says):
    assert verdict(metric, entry, "a", "b") == says


def test_one_system_is_not_compared(judged):
    assert comparison_table(judged | {"differences": {}}) is None


def test_text_is_safe_in_markdown_and_latex():
    table = Table("t", ["", "FSR"], ["fsr"], [["a|b_c & 50% #1", "0.1 (0.0–0.2)"]])
    assert "| a\\|b_c & 50% #1 | 0.1 (0.0–0.2) |" in to_markdown(table)
    assert r"a|b\_c \& 50\% \#1 & 0.1 \\" in to_latex(table)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_papers_rows_are_as_wide_as_their_head(protocol):
    table = published_table(protocol)
    assert all(len(row) == len(table.header) for row in table.rows)
    assert set(table.metrics) <= set(columns(protocol))


def test_a_protocol_without_published_rows_has_an_empty_table():
    table = published_table("another")
    assert (table.rows, table.metrics) == ([], [])
