"""What people said as tables: intervals in brackets, gaps where nothing was said."""

from __future__ import annotations

from pipelines.evaluation.study.tables import study_csv, study_tables
from pipelines.evaluation.tables import to_latex, to_markdown

ESTIMATE = {"value": 4.254, "low": 4.1, "high": 4.4, "n": 30}
NOTHING = {"value": None, "low": None, "high": None, "n": 0}
WIN = {"value": 0.642, "low": 0.571, "high": 0.709, "n": 200}
RESULT = {
    "protocol": "user-study", "criteria": ["quality", "creativity"], "raters": [{}, {}],
    "means": {"my_own": {"quality": ESTIMATE, "creativity": NOTHING},
              "truth": {"quality": ESTIMATE, "creativity": ESTIMATE}},
    "wins": {"my_own": {"truth": WIN}, "truth": {}},
    "agreement": {"choice": {"alpha": 0.41, "equal": 0.77},
                  "quality": {"alpha": None, "equal": 1.0}},
}  # fmt: skip


def test_ratings_wins_and_agreement():
    ratings, wins, agreed = study_tables(RESULT)
    assert ratings.title == "Ratings from 1 to 5 by 2 people"
    assert ratings.header == ["", "N", "Quality ↑", "Creativity ↑"]
    assert ratings.rows[0] == ["my_own", "30", "4.25 (4.10–4.40)", "–"]
    assert wins.rows == [["my_own", "–", "64.2 (57.1–70.9)"], ["truth", "–", "–"]]
    assert agreed.rows == [["choice", "0.41", "77"], ["quality", "–", "100"]]


def test_papers_and_pages_can_take_them():
    ratings, wins, agreed = study_tables(RESULT)
    assert r" & N & Quality $\uparrow$ & Creativity $\uparrow$ \\" in to_latex(ratings)
    assert r"my\_own & 30 & 4.25 & -- \\" in to_latex(ratings)
    assert r"$\alpha$" in to_latex(agreed)
    assert "| my_own | – | 64.2 (57.1–70.9) |" in to_markdown(wins)


def test_all_numbers_unrounded():
    lines = study_csv(RESULT).splitlines()
    assert lines[1] == "user-study,quality,my_own,,4.254,4.1,4.4,30"
    assert "user-study,preferred,my_own,truth,0.642,0.571,0.709,200" in lines
    assert "user-study,agreement on choice: alpha,,,0.41,,," in lines
