"""The page of a judged study names who counted, who did not, and why."""

from __future__ import annotations

from pipelines.evaluation.study.report import write_study_report

NUMBER = {"value": 3.0, "low": 2.5, "high": 3.5, "n": 9}


def test_who_counted_and_who_did_not(tmp_path):
    result = {
        "study": "user-study-1", "versions": {"macedance": "9"}, "criteria": ["quality"],
        "warnings": ["3 people: <few>"], "means": {"a&b": {"quality": NUMBER}}, "wins": {"a&b": {}},
        "agreement": {"choice": {"alpha": 0.5, "equal": 0.75}},
        "raters": [{"who": "anna", "file": "1.json", "answers": 9, "caught": 3, "catches": 4}],
        "excluded": {"2.json": "inattentive: saw through 1 of 4 distorted dances"},
        "unusable": {"3.json": "not JSON, or cut short"},
    }  # fmt: skip
    write_study_report(tmp_path / "report.html", result)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in ("anna", "3 of 4", "inattentive: saw", "cut short", "a&amp;b", "&lt;few&gt;",
                  "3.00<small>2.50–3.50</small>"):  # fmt: skip
        assert words in text
    assert "http" not in text and "<script" not in text
    write_study_report(tmp_path / "r.html", result | {"excluded": {}, "unusable": {}})
    assert "Who did not" not in (tmp_path / "r.html").read_text(encoding="utf-8")
