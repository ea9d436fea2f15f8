"""The tables of a result, whoever judged, and where the config wants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.evaluation.printed import hand_over, tables_of
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.workspace.run_record import RunRecord

NUMBER = {"value": 0.25, "low": 0.2, "high": 0.3, "n": 5}
MEASURED = {
    "protocol": "motion-3d", "profile": "strict", "rows": {"pred": {"bas": NUMBER}}, "floor": {},
    "chance": {}, "differences": {},
}  # fmt: skip
ASKED = {
    "protocol": "user-study", "criteria": ["quality"], "raters": [{}],
    "means": {"a": {"quality": NUMBER}}, "wins": {"a": {}}, "agreement": {},
}  # fmt: skip


@pytest.mark.parametrize(("result", "count"), [(MEASURED, 1), (ASKED, 3)])
def test_tables_go_where_they_are_wanted(result, count, tmp_path: Path):
    assert len(tables_of(result)) == count
    config = EvaluateConfig(
        protocol=result["protocol"], pred=tmp_path, latex=tmp_path / "t.tex",
        markdown=tmp_path / "t.md", csv=tmp_path / "t.csv",
    )  # fmt: skip
    record = RunRecord("evaluate", "run", {}, 0)
    hand_over(config, result, record)
    assert set(record.outputs) == {str(tmp_path / f"t.{kind}") for kind in ("tex", "md", "csv")}
    assert (tmp_path / "t.md").read_text().count("\n|--|") == count
    assert "0.25" in (tmp_path / "t.csv").read_text()
    assert (tmp_path / "t.tex").read_text().count(r"\bottomrule") == count
