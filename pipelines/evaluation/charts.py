"""Small drawings for the report, as SVG: histograms over clips, and speed curves with beats."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from pipelines.evaluation.exhibits import Exhibit
from pipelines.metrics.joints import Float

_WIDTH, _HEIGHT = 300, 130
_LEFT, _BOTTOM = 8, 20


def histogram(series: dict[str, Sequence[float]], label: str) -> str:
    """Shares of clips per bin, one outline per system, over a common axis."""
    values = np.concatenate([np.asarray(v, dtype=np.float64) for v in series.values()])
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    bins = int(np.clip(np.sqrt(len(values)), 6, 24))
    edges = np.linspace(low, high, bins + 1)
    shares = {name: np.histogram(v, edges)[0] / max(1, len(v)) for name, v in series.items()}
    top = max(float(share.max()) for share in shares.values()) or 1.0
    span = _WIDTH - 2 * _LEFT
    drawn = []
    for number, (name, share) in enumerate(shares.items()):
        if not share.any():
            continue
        points = [f"{_LEFT},{_HEIGHT - _BOTTOM}"]
        for k, value in enumerate(share):
            y = _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _BOTTOM - 12)
            points += [f"{_LEFT + span * k / bins:.1f},{y:.1f}",
                       f"{_LEFT + span * (k + 1) / bins:.1f},{y:.1f}"]  # fmt: skip
        points.append(f"{_LEFT + span},{_HEIGHT - _BOTTOM}")
        drawn.append(f'<polygon class="series s{number}" points="{" ".join(points)}">'
                     f"<title>{html.escape(name)}</title></polygon>")  # fmt: skip
    base = _HEIGHT - _BOTTOM
    return (
        f'<figure><figcaption>{label}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="histogram of {label}">'
        f'{"".join(drawn)}<line class="axis" x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _LEFT}" '
        f'y2="{base}"/><text x="{_LEFT}" y="{_HEIGHT - 5}">{low:.3g}</text>'
        f'<text class="end" x="{_WIDTH - _LEFT}" y="{_HEIGHT - 5}">{high:.3g}</text></svg></figure>'
    )


def beat_plot(exhibit: Exhibit) -> str:
    """The body's speed with the music's beats as lines and its rests as dots."""
    width, height, left, bottom = 860, 150, 40, 22
    speed = exhibit.speed
    seconds = len(speed) / exhibit.fps
    top = max(float(speed.max()), 1e-9)

    def x(time: float) -> float:
        return left + (width - left - 8) * time / seconds

    def y(value: float) -> float:
        return height - bottom - (height - bottom - 10) * value / top

    middle = (np.arange(len(speed)) + 0.5) / exhibit.fps
    path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in zip(middle, speed, strict=True))
    music = "".join(
        f'<line class="beat" x1="{x(b):.1f}" y1="8" x2="{x(b):.1f}" y2="{height - bottom}"/>'
        for b in exhibit.music_beats
    )
    rests = "".join(
        f'<circle class="rest" cx="{x(b):.1f}" cy="{y(_at(speed, middle, b)):.1f}" r="3.5"/>'
        for b in exhibit.rests
    )
    ticks = "".join(
        f'<text class="middle" x="{x(s):.1f}" y="{height - 6}">{s} s</text>'
        for s in range(0, int(seconds) + 1, 2)
    )
    return (
        f'<svg class="beats" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="speed of {html.escape(exhibit.clip)} with the beats">{music}'
        f'<polyline class="speed" points="{path}"/>{rests}{ticks}'
        f'<text x="2" y="18">{top:.1f}</text><text x="2" y="30">m/s</text>'
        f'<line class="axis" x1="{left}" y1="{height - bottom}" x2="{width - 8}" '
        f'y2="{height - bottom}"/></svg>'
    )


def _at(speed: Float, times: Float, time: float) -> float:
    return float(np.interp(time, times, speed))
