"""The report page: self-contained, escaped, and what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.exhibits import Exhibit
from pipelines.evaluation.report import write_report


@pytest.fixture
def result():
    clips = {f"<{k}>": {"fsr": k / 10, "far_k": float(k), "bas": None} for k in range(6)}
    row = {"fsr": {"value": 0.25, "low": 0.1, "high": 0.4, "n": 6}}
    return {
        "protocol": "motion-3d", "profile": "strict", "version": 1, "protocol_sha256": "0" * 64,
        "settings": {"fps": 30.0}, "rows": {"a<b": row, "truth": row}, "floor": {"fid_k": 3.0},
        "chance": {}, "differences": {}, "warnings": ["beware of <script>"],
        "unmatched": {"pred without truth": ["x"]}, "left_out": {"a<b": {"y": "broken & gone"}},
        "without_music": {}, "clips": {"a<b": clips, "truth": clips}, "versions": {},
    }  # fmt: skip


def test_the_page_stands_alone_and_escapes(result, tmp_path):
    exhibit = Exhibit("a<b", "clip & co", "odd", ["<svg></svg>"], np.ones(60), 30.0,
                      np.array([0.5, 1.0]), np.array([0.7]))  # fmt: skip
    write_report(tmp_path / "r.html", result, [exhibit])
    page = (tmp_path / "r.html").read_text()
    assert "<script" not in page and "http" not in page
    for text in ("beware of &lt;script&gt;", "a&lt;b/y is left out: broken &amp; gone",
                 "clip &amp; co", "0.250", "0.100–0.400", "MACE Motion Expert (paper)", "770",
                 "pred without truth", "floor (half of the truth)"):  # fmt: skip
        assert text in page, text


def page_of(result, tmp_path, exhibits=()):
    write_report(tmp_path / "r.html", result, exhibits)
    return (tmp_path / "r.html").read_text()


def test_charts_show_every_metric_that_varies(result, tmp_path):
    page = page_of(result, tmp_path)
    assert page.count("<figure>") == 2
    assert "deviations from the truth (kinetic)" in page
    for clips in result["clips"].values():
        clips.clear()
    assert "Clip by clip" not in page_of(result, tmp_path)


def test_two_systems_stand_beside_each_other(result, tmp_path):
    assert "against" not in page_of(result, tmp_path)
    entry = {"value": -0.2, "low": -0.3, "high": -0.1, "p_value": 0.01, "n": 6}
    result["rows"] = {"a<b": result["rows"]["a<b"], "c": {}, "truth": {}}
    result["differences"] = {"fsr": entry}
    page = page_of(result, tmp_path)
    assert "a&lt;b against c, on the same clips" in page
    assert "a&lt;b is better" in page


def test_what_is_empty_has_no_heading(result, tmp_path):
    page = page_of(result | {"unmatched": {}, "warnings": [], "left_out": {}}, tmp_path)
    assert "<summary>Names without a partner" not in page
    assert '<ul class="warnings">' not in page
    assert "The worst clips" not in page


def test_only_the_first_of_many_left_out_clips_are_listed(result, tmp_path):
    result["left_out"] = {"s": {f"clip{k:02}": "broken" for k in range(30)}}
    page = page_of(result, tmp_path)
    assert "s/clip19 is left out" in page and "s/clip20 is left out" not in page
