"""report.html: a fair, bounded choice of clips, the funnel, and thresholds where they lie."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.curation.funnel import Funnel
from pipelines.curation.report import PER_REASON, Gallery, write_report
from pipelines.curation.selection import REASONS, Candidate
from pipelines.curation.settings import CurateConfig

CONFIG = CurateConfig(src=(Path("videos/<salsa> & more"),))


def clip(*reasons: str, number: int = 0, **scores: float | None) -> Candidate:
    known = {"motion": 0.3, "several": 0.0, "person_height": 300.0, "side": 480}
    return Candidate(
        f"id{number}", "shot", 20, 80, scores=known | scores, reasons=list(reasons)
    )  # fmt: skip


def gallery(*clips: Candidate, pictures: tuple[bytes, ...] = (b"a", b"b")) -> Gallery:
    result = Gallery(0)
    for one in clips:
        result.add(one, "v/a.mp4", 10.0, pictures)
    return result


def page(tmp_path: Path, shown: Gallery, funnel: Funnel | None = None) -> str:
    write_report(tmp_path / "report.html", CONFIG, funnel or Funnel(), shown)
    return (tmp_path / "report.html").read_text()


class Outline(HTMLParser):
    """Titles, and the text and pictures of each figure."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.titles: list[str] = []
        self.figures: list[dict] = []
        self._within: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self._within.append(tag)
        if tag == "figure":
            self.figures.append({"pictures": [], "caption": ""})
        if tag == "img":
            self.figures[-1]["pictures"].append(dict(attributes)["src"])

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "h2" in self._within:
            self.titles.append(data)
        if "figcaption" in self._within:
            self.figures[-1]["caption"] += data


def test_kept_and_dropped_clips_have_a_section_each_with_their_number(tmp_path):
    shown = gallery(clip(), clip(), clip("several", "nobody"))
    titles = Outline(page(tmp_path, shown)).titles
    assert titles[-3:] == ["Kept (2)", "Dropped: several people (1)", "Dropped: nobody (1)"]
    assert not any("hardly any motion" in title for title in titles)


def test_a_figure_shows_first_middle_and_last_picture_and_tells_its_scores(tmp_path):
    one = clip("several", several=0.25, motion=None)
    one.named["several"] = [1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    one.repeats = "id7"
    pictures = tuple(bytes([number]) for number in range(9))
    (figure,) = Outline(page(tmp_path, gallery(one, pictures=pictures))).figures
    decoded = [base64.b64decode(src.split(",")[1]) for src in figure["pictures"]]
    assert decoded == [b"\x00", b"\x04", b"\x08"]
    assert all(src.startswith("data:image/jpeg;base64,") for src in figure["pictures"])
    assert figure["caption"] == (
        "v/a.mp4, 2.00 to 8.00 s · several people · repeats id7 · several 0.25 · "
        "person height 300 · several at 1.5, 2, 2.5, 3, 3.5 s"
    )


def test_names_from_outside_cannot_break_the_page(tmp_path):
    shown = Gallery(0)
    shown.add(clip(), "<script>alert(1)</script>.mp4", 10.0, ())
    funnel = Funnel(
        failed=[{"file": "<b>.mp4", "reason": "a & b"}],
        remarks=[{"file": "<i>.mp4", "remark": "'quoted'"}],
    )
    text = page(tmp_path, shown, funnel)
    assert "<script" not in text and "<b>" not in text and "<i>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.mp4, 2.00 to 8.00 s" in text
    assert "&lt;b&gt;.mp4: a &amp; b" in text
    assert "videos/&lt;salsa&gt; &amp; more" in text


def test_nothing_is_loaded_from_elsewhere(tmp_path):
    text = page(tmp_path, gallery(clip(), clip("still")))
    assert not re.findall(r"(?:src|href)=['\"](?!data:)", text)
    assert "http" not in text and "url(" not in text


def test_failed_and_unusual_files_are_listed_only_where_there_are_any(tmp_path):
    titles = Outline(page(tmp_path, gallery())).titles
    assert titles == ["From videos to clips", "Scores"]
    funnel = Funnel(failed=[{"file": "a", "reason": "b"}] * 2, remarks=[])
    assert Outline(page(tmp_path, gallery(), funnel)).titles[-1] == "Failed (2)"


def test_the_threshold_stands_where_it_lies_on_the_axis(tmp_path):
    """Motion from 0 to 0.4: the threshold of 0.02 stands at a twentieth of the width."""
    text = page(tmp_path, gallery(clip(motion=0.4), clip(motion=0.1)))
    (svg,) = re.findall(r"<svg.*?motion, body heights.*?</svg>", text)
    (place,) = re.findall(r"<line x1=([\d.]+) ", svg)
    assert float(place) == pytest.approx(300 * 0.02 / 0.4, abs=0.1)
    assert "--min-motion 0.02" in svg and ">0.4</text>" in svg


def test_a_histogram_counts_every_clip_once_and_scales_to_the_highest_bar(tmp_path):
    shown = gallery(*[clip(motion=0.3)] * 3, clip(motion=0.05), clip("short", motion=0.3))
    (svg,) = re.findall(r"<svg.*?motion, body heights.*?</svg>", page(tmp_path, shown))
    heights = [float(h) for h in re.findall(r"<rect .*? height=([\d.]+)", svg)]
    # 30 bins from 0 to the highest score: 0.05 of 0.3 falls into the sixth.
    assert [(place, h) for place, h in enumerate(heights) if h] == [(5, 30.0), (29, 90.0)]
    assert len(heights) == 30


def test_scores_that_nobody_has_have_no_histogram(tmp_path):
    text = page(tmp_path, gallery(clip(motion=None)))
    assert "motion, body heights" not in text
    assert "height of the person" in text


def test_the_funnel_has_a_row_per_stage_and_bars_by_hours(tmp_path):
    funnel = Funnel(found=5)
    funnel.read.add(7200.0)
    funnel.kept.add(3600.0)
    text = page(tmp_path, gallery(), funnel)
    widths = [float(w) for w in re.findall(r"width:([\d.]+)rem", text.split("</style>")[1])]
    assert widths[0] == 20.0 and widths[-1] == 10.0
    assert "<td class=n>5<td class=n><td></tr>" in text  # videos that were found have no hours


def test_the_choice_is_bounded_and_the_same_for_the_same_seed():
    def chosen(seed: int) -> list[str]:
        result = Gallery(seed)
        for number in range(200):
            result.add(clip("still", number=number), f"{number}.mp4", 10.0, ())
        assert result.counts["still"] == 200
        return [one.caption.split(".")[0] for one in result.shown["still"]]

    assert len(chosen(0)) == PER_REASON == len(set(chosen(0)))
    assert chosen(0) == chosen(0) != chosen(1)


def test_every_clip_has_the_same_chance_however_late_it_comes():
    hits = [0] * 96
    for seed in range(400):
        result = Gallery(seed)
        for number in range(96):
            result.add(clip(number=number), f"{number}.mp4", 10.0, ())
        for one in result.shown["kept"]:
            hits[int(one.caption.split(".")[0])] += 1
    # 400 draws of 24 in 96: each is expected 100 times, with a deviation of 8.7.
    thirds = [sum(hits[k : k + 32]) / 32 for k in (0, 32, 64)]
    assert all(abs(mean - 100) < 6 for mean in thirds), thirds
    assert min(hits) > 60 and max(hits) < 140


def test_a_bounded_section_says_that_it_is_a_choice(tmp_path):
    shown = gallery(*[clip()] * (PER_REASON + 5))
    (title,) = [t for t in Outline(page(tmp_path, shown)).titles if t.startswith("Kept")]
    assert title == f"Kept ({PER_REASON + 5}, {PER_REASON} of them by chance)"


def test_every_rule_with_a_score_has_an_option_of_its_name():
    from pipelines.curation.report import _SCORES

    assert all(hasattr(CONFIG, option) for _, option in _SCORES.values())
    assert set(REASONS) >= {"still", "several", "nobody", "cut_off", "small_person", "black_bars"}
