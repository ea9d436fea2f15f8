"""The report page: self-contained, escaped, and what it shows; the clips that it picks."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.evaluation.catalogue import COLUMNS, METRICS
from pipelines.evaluation.charts import beat_plot, histogram
from pipelines.evaluation.exhibits import (
    Exhibit,
    exhibit_motion,
    exhibit_poses,
    exhibit_video,
    worst_clips,
)
from pipelines.evaluation.profiles import keypoint_profile, motion_profile
from pipelines.evaluation.published import PUBLISHED
from pipelines.evaluation.report import write_report
from pipelines.evaluation.tables import published_table
from pipelines.keypoints.tracks import PoseTrack
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.npz import save_npz


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


def parsed(svg):
    return ElementTree.fromstring(re.sub(r"^<figure>.*?</figcaption>|</figure>$", "", svg))


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


def test_worst_clips(result):
    assert [name for name, _ in worst_clips(result, "a<b")] == ["<5>", "<4>", "<3>"]
    result["clips"]["v"] = {str(k): {"psnr": 20.0 + k} for k in range(4)}
    assert worst_clips(result, "v", 2) == [("0", "PSNR 20.00"), ("1", "PSNR 21.00")]
    result["clips"]["nothing"] = {"a": {}}
    assert worst_clips(result, "nothing") == []


def test_exhibits(dance, tmp_path):
    save_npz(dance(0), tmp_path / "a.npz")
    beats = np.array([1.0, 2.0, 99.0])
    shown = exhibit_motion(tmp_path / "a.npz", "s", "a", "w", motion_profile("strict"), beats)
    assert len(shown.pictures) == 6
    assert all(parsed(picture).tag == "svg" for picture in shown.pictures)
    assert shown.music_beats.tolist() == [1.0, 2.0]
    assert len(shown.speed) == 89
    joints = dance(1).joints()
    xy = np.stack([joints[..., 0], -joints[..., 2]], axis=-1) * 200 + 500
    names = tuple("nose" if name == "head" else name for name in JOINT_NAMES)
    track = PoseTrack(names, xy, np.ones(xy.shape[:2]), 30.0, "test")
    shown = exhibit_poses(track, "s", "a", "w", keypoint_profile("strict"), beats)
    assert len(shown.pictures) == 6
    assert len([e for e in parsed(shown.pictures[0]) if e.tag == "line"]) == 1 + 12
    assert shown.music_beats.tolist() == [1.0, 2.0]
    assert len(shown.speed) == 89
    with VideoWriter(tmp_path / "v.mp4", 64, 96, Fraction(10)) as video:
        for grey in range(12):
            video.write(np.full((96, 64, 3), 20 * grey, np.uint8))
    shown = exhibit_video(tmp_path / "v.mp4", "s", "v", "w")
    assert len(shown.pictures) == 6
    assert all("data:image/jpeg;base64," in picture for picture in shown.pictures)


def test_the_papers_rows_fit_the_columns():
    for protocol, rows in PUBLISHED.items():
        for row in rows.values():
            assert set(row) <= set(COLUMNS[protocol]) <= set(METRICS)
        table = published_table(protocol)
        assert all(len(row) == len(table.header) for row in table.rows)
    assert PUBLISHED["motion-appearance"]["MACE-Dance"]["bas"] == 0.523
    assert PUBLISHED["animation"]["MACE Appearance Expert"]["fvd"] == 274.94
