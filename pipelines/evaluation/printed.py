"""A finished evaluation as tables, whoever judged, and those where the config wants them."""

from __future__ import annotations

from typing import Any

from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.study.tables import study_csv, study_tables
from pipelines.evaluation.tables import (
    Table,
    comparison_table,
    main_table,
    to_csv,
    to_latex,
    to_markdown,
)
from pipelines.support.files import write_text
from pipelines.workspace.run_record import RunRecord


def tables_of(result: dict[str, Any]) -> list[Table]:
    """The tables of a result as metrics.json has it."""
    if PROTOCOLS[result["protocol"]].asks_people:
        return study_tables(result)
    return [main_table(result), *filter(None, [comparison_table(result)])]


def hand_over(config: EvaluateConfig, result: dict[str, Any], record: RunRecord) -> None:
    """Write the tables where the config wants them."""
    people = PROTOCOLS[result["protocol"]].asks_people
    tables = tables_of(result)
    texts = {
        "latex": lambda: "\n".join(map(to_latex, tables if people else tables[:1])),
        "markdown": lambda: "\n".join(map(to_markdown, tables)),
        "csv": lambda: study_csv(result) if people else to_csv(result),
    }
    for flag, path in config.targets():
        write_text(path, texts[flag]())
        record.wrote(path)
