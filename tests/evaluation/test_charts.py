"""Drawings of the report: their parts stand where the numbers are."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from pipelines.evaluation.charts import beat_plot, histogram
from pipelines.evaluation.exhibits import Exhibit


def parsed(svg):
    return ElementTree.fromstring(re.sub(r"^<figure>.*?</figcaption>|</figure>$", "", svg))


def test_histograms_share_an_axis():
    drawn = histogram({"a": [0.0, 1.0, 1.0], "none": [], "b": [0.5, 0.5]}, "x")
    polygons = [e for e in parsed(drawn) if e.tag == "polygon"]
    assert [p.get("class") for p in polygons] == ["series s0", "series s2"]
    assert parsed(histogram({"a": [2.0, 2.0]}, "constant")) is not None


def test_beat_plot_marks_beats_and_rests():
    exhibit = Exhibit("s", "c", "w", [], np.linspace(0, 1, 90), 30.0, np.array([1.0, 2.0]),
                      np.array([0.5]))  # fmt: skip
    drawn = parsed(beat_plot(exhibit))
    beats = [e for e in drawn if e.get("class") == "beat"]
    assert len(beats) == 2
    assert float(beats[1].get("x1")) - float(beats[0].get("x1")) == pytest.approx(812 / 3, abs=0.2)
    (rest,) = (e for e in drawn if e.get("class") == "rest")
    assert float(rest.get("cx")) == pytest.approx(40 + 812 / 6, abs=0.2)


def test_bars_are_shares_of_the_tallest():
    drawn = histogram({"a": [0.0] * 9 + [1.0] * 3}, "x")
    (polygon,) = (e for e in parsed(drawn) if e.tag == "polygon")
    heights = [110 - float(point.split(",")[1]) for point in polygon.get("points").split()]
    assert max(heights) == pytest.approx(98)
    assert heights[-2] == pytest.approx(98 / 3, abs=0.1)
    ends = [e.text for e in parsed(drawn) if e.tag == "text"]
    assert ends == ["0", "1"]


def test_names_are_escaped():
    drawn = histogram({"<b>": [0.0, 1.0]}, "x")
    assert "<b>" not in drawn and "&lt;b&gt;" in drawn
    assert "&lt;i&gt;" in beat_plot(Exhibit("s", "<i>", "w", [], np.ones(30)))


def test_the_speed_curve_spans_the_clip_and_its_top_is_labelled():
    drawn = parsed(beat_plot(Exhibit("s", "c", "w", [], np.linspace(0, 2.5, 120), 60.0)))
    (curve,) = (e for e in drawn if e.tag == "polyline")
    points = [tuple(map(float, p.split(","))) for p in curve.get("points").split()]
    assert len(points) == 120
    assert points[0][1] == pytest.approx(128) and points[-1][1] == pytest.approx(10)
    texts = [e.text for e in drawn if e.tag == "text"]
    assert texts == ["0 s", "2 s", "2.5", "m/s"]
