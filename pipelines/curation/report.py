"""report.html: the funnel, and for each reason what was dropped, to judge thresholds by eye."""

from __future__ import annotations

import base64
import html
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.curation.funnel import Funnel
from pipelines.curation.selection import REASONS, Candidate
from pipelines.curation.settings import CurateConfig
from pipelines.support.files import write_text

PER_REASON = 24
"""Clips that are shown of each kind; a random choice where there are more."""

CAPTURED = "captured in 3D"
_STRIP = 3
_SCORES = {
    "motion": ("motion, body heights per second", "min_motion"),
    "several": ("share of frames with several people", "max_several"),
    "nobody": ("share of frames with nobody", "max_nobody"),
    "whole_body": ("share of frames with the whole body", "min_whole_body"),
    "person_height": ("height of the person, pixels", "min_person"),
    "black_bars": ("share of black bars", "max_black_bars"),
    "capture": ("grade of the capture", "min_capture"),
}
_BINS = 30
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;
color:#1d2126;background:#fbfbfa}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d9dcdf}
table{border-collapse:collapse}td,th{padding:.15rem .9rem .15rem 0;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.bar{background:#4c78a8;height:.8rem;display:inline-block}
.drop .bar{background:#d9a3a0}.drop td{color:#7a4743}
.grid{display:flex;flex-wrap:wrap;gap:.8rem;align-items:flex-start}
figure{margin:0;background:#fff;border:1px solid #dfe2e5;border-radius:6px;padding:.4rem;
max-width:36rem;width:min-content}
figure div{white-space:nowrap}
figure img{height:96px;margin-right:2px;border-radius:3px}
figcaption{font-size:.78rem;color:#454b52;overflow-wrap:anywhere}
svg text{font:11px system-ui,sans-serif;fill:#454b52}.hists{display:flex;flex-wrap:wrap;gap:1.2rem}
"""


@dataclass
class _Shown:
    caption: str
    pictures: list[bytes]


@dataclass
class Gallery:
    """A bounded, random choice of clips per reason, and all scores; filled source by source."""

    seed: int
    shown: dict[str, list[_Shown]] = field(default_factory=lambda: defaultdict(list))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._grades: list[tuple[float, int, _Shown]] = []

    def add(self, one: Candidate, file: str, fps: float, pictures: Sequence[bytes]) -> None:
        """Take a clip, or a short shot, into account."""
        if one.reasons != ["short"]:
            for name in _SCORES:
                value = one.scores.get(name)
                if value is not None:
                    self.scores[name].append(value)
        for reason in one.reasons or ["kept"]:
            self.counts[reason] += 1
            shown = self.shown[reason]
            # Reservoir sampling: every clip has the same chance, however many come.
            place = (
                len(shown)
                if len(shown) < PER_REASON
                else self._random.randrange(self.counts[reason])
            )
            if place < PER_REASON:
                shown[place : place + 1] = [_Shown(_caption(one, file, fps), _some(pictures))]

    def add_capture(
        self, one: Candidate, file: str, fps: float, overlay: bytes, said: Sequence[str]
    ) -> None:
        """Take a capture into account; the lowest grades are shown."""
        grade = one.scores.get("capture") or 0.0
        self.scores["capture"].append(grade)
        self.counts[CAPTURED] += 1
        caption = " · ".join([_caption(one, file, fps), *said])
        self._grades.append((grade, self.counts[CAPTURED], _Shown(caption, [overlay])))
        self._grades = sorted(self._grades, key=lambda entry: entry[:2])[:PER_REASON]
        self.shown[CAPTURED] = [shown for _, _, shown in self._grades]


def write_report(path: Path, config: CurateConfig, funnel: Funnel, gallery: Gallery) -> None:
    """Write the page; it holds all its pictures and needs nothing else."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>Curated clips</title><style>{_STYLE}</style><h1>Curated clips</h1>",
        f"<p>{html.escape(', '.join(map(str, config.sources())))}</p>",
        _funnel_table(funnel),
        "<h2>Scores</h2><p>Each clip counts once; the line is the threshold.</p><div class=hists>",
        *(_histogram(name, gallery.scores[name], config) for name in _SCORES),
        "</div>",
        _section(CAPTURED, "Captured, the worst first", gallery),
        _section("kept", "Kept", gallery),
        *(_section(name, f"Dropped: {text}", gallery) for name, text in REASONS.items()),
        _lines("Failed", [f"{one['file']}: {one['reason']}" for one in funnel.failed]),
        _lines("Unusual", [f"{one['file']}: {one['remark']}" for one in funnel.remarks]),
        "</html>\n",
    ]
    write_text(path, "\n".join(part for part in parts if part))


def _funnel_table(funnel: Funnel) -> str:
    rows = funnel.rows()
    most = max((abs(hours) for _, _, hours in rows if hours == hours), default=0) or 1
    lines = ["<h2>From videos to clips</h2><table>"]
    lines.append("<tr><th>stage<th>number<th>hours<th></tr>")
    for text, number, hours in rows:
        known = hours == hours
        kind = " class=drop" if text.startswith(" ") else ""
        bar = f"<span class=bar style='width:{20 * abs(hours) / most:.2f}rem'>" if known else ""
        lines.append(
            f"<tr{kind}><td>{'&emsp;' if kind else ''}{html.escape(text.strip())}"
            f"<td class=n>{number}<td class=n>{f'{hours:.3f}' if known else ''}<td>{bar}</tr>"
        )
    return "\n".join([*lines, "</table>"])


def _histogram(name: str, values: Sequence[float], config: CurateConfig) -> str:
    if not values:
        return ""
    title, option = _SCORES[name]
    threshold = float(getattr(config, option))
    top = max([*values, threshold * 1.2, 1e-6])
    counts = [0] * _BINS
    for value in values:
        counts[min(_BINS - 1, int(value / top * _BINS))] += 1
    width, height = 300, 90
    bars = "".join(
        f"<rect x={i * width / _BINS:.1f} y={height - height * n / max(counts):.1f} "
        f"width={width / _BINS - 1:.1f} height={height * n / max(counts):.1f} fill='#4c78a8'/>"
        for i, n in enumerate(counts)
    )
    x = threshold / top * width
    anchor = "start" if x < width / 2 else "end"
    flag = option.replace("_", "-")
    return (
        f"<svg width={width + 10} height={height + 54} role=img>"
        f"<g transform='translate(4 20)'><text y=-7>{html.escape(title)}</text>{bars}"
        f"<line x1={x:.1f} x2={x:.1f} y1=0 y2={height} stroke='#c0392b' stroke-width=2 />"
        f"<text y={height + 14}>0</text>"
        f"<text x={x:.1f} y={height + 28} style='fill:#c0392b' text-anchor={anchor}>"
        f"--{flag} {threshold:g}</text>"
        f"<text x={width} y={height + 14} text-anchor=end>{top:.3g}</text></g></svg>"
    )


def _section(name: str, title: str, gallery: Gallery) -> str:
    shown = gallery.shown.get(name)
    if not shown:
        return ""
    count = gallery.counts[name]
    some = f", {len(shown)} of them{_chosen(name)}" if count > len(shown) else ""
    figures = "".join(
        "<figure><div>"
        + "".join(f"<img alt='' src='data:image/jpeg;base64,{_text(p)}'>" for p in one.pictures)
        + f"</div><figcaption>{html.escape(one.caption)}</figcaption></figure>"
        for one in shown
    )
    return f"<h2>{html.escape(title)} ({count}{some})</h2><div class=grid>{figures}</div>"


def _chosen(name: str) -> str:
    return "" if name == CAPTURED else " by chance"


def _lines(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<h2>{title} ({len(lines)})</h2><ul>{items}</ul>"


def _caption(one: Candidate, file: str, fps: float) -> str:
    span = f"{file}, {one.start / fps:.2f} to {one.stop / fps:.2f} s"
    scores = [
        f"{k.replace('_', ' ')} {v:g}"
        for k, v in one.scores.items()
        if v is not None and k in _SCORES
    ]
    frames = [f"{k} at {', '.join(f'{s:g}' for s in v[:5])} s" for k, v in one.named.items()]
    why = [REASONS[reason] for reason in one.reasons if reason in REASONS]
    if one.repeats:
        why.append(f"repeats {one.repeats}")
    return " · ".join([span, *why, *scores, *frames])


def _some(pictures: Sequence[bytes]) -> list[bytes]:
    if len(pictures) <= _STRIP:
        return list(pictures)
    return [pictures[round(i * (len(pictures) - 1) / (_STRIP - 1))] for i in range(_STRIP)]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
