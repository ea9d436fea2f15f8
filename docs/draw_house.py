"""Draw docs/house.svg: the rooms on their floors, and which imports which, from the code itself.

    python docs/draw_house.py

Floors come from the import-linter contract in pyproject.toml, arrows from the import statements,
the line under a room's name from its own docstring. Each room is entered at one point from above;
arrows to one room share its colour and run together as soon as they can. An arrow is left out where
a longer way down says the same already, and so are those to `support`, which everything imports.
"""

from __future__ import annotations

import ast
import html
import textwrap
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import grimp
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "house.svg"
BOTTOM = "support"

WIDTH, MARGIN, LEFT = 1280, 28, 28
BOX, FLOOR_GAP, TOP = (200, 66), 56, 30
VERB_BOX, FULL_BOX = (150, 36), (WIDTH - 2 * LEFT, 46)
LINE_GAP = 22
SWEEPS = 60
COLOURS = (
    "#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#e15759", "#76b7b2", "#9c755f", "#edc948",
    "#8c6bb1", "#3a7d6b", "#d37295", "#5b8c2a",
)  # fmt: skip
BUCKETS = ((30, 7.0), (10, 5.0), (3, 3.2), (0, 1.8))
"""Import statements from which an arrow is so thick: coarse, so that it tells a friendship from an
acquaintance and does not change with every commit."""

Point = tuple[str, int]
"""A room, or the place where the arrows to it pass a floor: name and floor."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class House:
    """What is drawn: floors from the top, arrows with their number of imports, a line per room."""

    floors: list[list[str]]
    arrows: dict[tuple[str, str], int]
    about: dict[str, str]


def read_house() -> House:
    """Floors from the contract, arrows from the imports, lines from the docstrings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    floors = [
        [room.strip("() \\\n").removeprefix("pipelines.") for room in floor.split("|")]
        for floor in layers
    ]
    graph = grimp.build_graph("pipelines", "macedance_cli", cache_dir=None)
    counted: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            ends = _room(module), _room(imported)
            if all(ends) and ends[0] != ends[1]:
                counted[ends] += 1
    rooms = [room for floor in floors for room in floor]
    about = {room: _about(room) for room in rooms}
    return House(floors, dict(sorted(counted.items())), about)


def _room(module: str) -> str:
    first, _, rest = module.partition(".")
    return first if first == "macedance_cli" else rest.partition(".")[0]


def _about(room: str) -> str:
    place = ROOT / room if room == "macedance_cli" else ROOT / "pipelines" / room
    if not place.is_dir():
        return ""
    source = (place / "__init__.py").read_text(encoding="utf-8")
    line = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    return line.rstrip(".").replace("`", "")


def essential(arrows: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The arrows without those to the bottom, and without those that a longer way implies."""
    kept = {ends: count for ends, count in arrows.items() if ends[1] != BOTTOM}
    below: dict[str, set[str]] = defaultdict(set)
    for above, under in kept:
        below[above].add(under)

    def reached(room: str) -> set[str]:
        return below[room].union(*(reached(other) for other in below[room]))

    implied = {room: set().union(*map(reached, below[room])) for room in list(below)}
    return {(a, b): count for (a, b), count in kept.items() if b not in implied[a]}


class Layout:
    """Where everything lies.

    Attributes:
        rows: per floor its points from left to right.
        x: middle of each point.
        links: (from, to, imports that run along it), each from one floor to the next.
    """

    def __init__(self, house: House) -> None:
        self.floor_of = {room: f for f, floor in enumerate(house.floors) for room in floor}
        self.links = self._routed(essential(house.arrows))
        self.rows: list[list[Point]] = [[(r, f) for r in fl] for f, fl in enumerate(house.floors)]
        for point in sorted({end for a, b, _ in self.links for end in (a, b)}):
            if point not in self.rows[point[1]]:
                self.rows[point[1]].append(point)
        self._order()
        self.x = self._placed()

    def _routed(self, arrows: dict[tuple[str, str], int]) -> list[tuple[Point, Point, int]]:
        """One shared way per target: its arrows meet on the floor below where they begin."""
        counted: Counter[tuple[Point, Point]] = Counter()
        for (above, under), count in arrows.items():
            here: Point = (above, self.floor_of[above])
            for floor in range(self.floor_of[above] + 1, self.floor_of[under] + 1):
                counted[here, (under, floor)] += count
                here = (under, floor)
        return [(a, b, count) for (a, b), count in sorted(counted.items())]

    def _order(self) -> None:
        """Sort rows by the mean place of their neighbours, keeping what crosses least."""
        best, least = [list(row) for row in self.rows], self._crossings()
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for floor in range(len(self.rows)) if down else reversed(range(len(self.rows))):
                self._sort_row(floor, down, sweep)
            if (now := self._crossings()) < least:
                best, least = [list(row) for row in self.rows], now
        self.rows = best

    def _sort_row(self, floor: int, down: bool, sweep: int) -> None:
        place = {point: (k + 0.5) / len(row) for row in self.rows for k, point in enumerate(row)}
        both = sweep % 5 > 2

        def mean(point: Point) -> float:
            above = [place[a] for a, b, _ in self.links if b == point]
            under = [place[b] for a, b, _ in self.links if a == point]
            near = above + under if both else (above if down else under) or above + under
            return sum(near) / len(near) if near else place[point]

        self.rows[floor].sort(key=lambda point: (round(mean(point), 9), point))

    def _crossings(self) -> int:
        place = {point: k for row in self.rows for k, point in enumerate(row)}
        total = 0
        for floor in range(len(self.rows)):
            ends = [(place[a], place[b]) for a, b, _ in self.links if a[1] == floor]
            total += sum((p[0] - q[0]) * (p[1] - q[1]) < 0 for p in ends for q in ends)
        return total

    def width(self, point: Point) -> float:
        """Of the box; of a passing line, what it keeps free."""
        if self.floor_of[point[0]] != point[1]:
            return LINE_GAP
        return float(box_of(point)[0])

    def _placed(self) -> dict[Point, float]:
        """Every point as near to its neighbours as the row's order and widths allow."""
        x: dict[Point, float] = {}
        for row in self.rows:
            share = (WIDTH - 2 * LEFT) / len(row)
            x |= {point: LEFT + share * (k + 0.5) for k, point in enumerate(row)}
        for step in range(200):
            rows = self.rows if step % 2 else self.rows[::-1]
            for row in rows:
                wanted = np.array([self._pull(point, x) for point in row])
                for point, place in zip(row, self._spread(row, wanted), strict=True):
                    x[point] = 0.5 * x[point] + 0.5 * place
        return {point: float(round(place)) for point, place in x.items()}

    def _pull(self, point: Point, x: dict[Point, float]) -> float:
        """Where its neighbours want it; lines that pass a floor want to be straight."""
        near = [(x[point], 0.2)]
        for a, b, _ in self.links:
            if point in (a, b):
                straight = self.floor_of[b[0]] > point[1] and a[0] == b[0]
                near.append((x[b if a == point else a], 8.0 if straight else 1.0))
        return sum(p * w for p, w in near) / sum(w for _, w in near)

    def _spread(self, row: list[Point], wanted: Array) -> Array:
        """The nearest places to the wanted ones at which nothing overlaps (least squares)."""
        widths = np.array([self.width(point) for point in row])
        gaps = (widths[1:] + widths[:-1]) / 2 + 14
        offsets = np.concatenate([[0.0], np.cumsum(gaps)])
        places = isotonic_regression(wanted - offsets).x
        low, high = LEFT + widths[0] / 2, WIDTH - LEFT - widths[-1] / 2 - offsets[-1]
        return np.asarray(np.clip(places, min(low, high), max(low, high)) + offsets)


def box_of(point: Point) -> tuple[int, int]:
    """Width and height of a room's box; command line and ground take a whole floor."""
    if point[0] in ("macedance_cli", BOTTOM):
        return FULL_BOX
    return VERB_BOX if (ROOT / "pipelines" / f"{point[0]}.py").is_file() else BOX


def drawn(house: House) -> str:
    """The picture, as SVG."""
    layout = Layout(house)
    heights = [max(box_of((room, 0))[1] for room in floor) for floor in house.floors]
    tops = [TOP + sum(heights[:f]) + f * FLOOR_GAP for f in range(len(heights))]
    bottom = tops[-1] + heights[-1] + TOP
    targets = sorted({b[0] for _, b, _ in layout.links}, key=lambda r: (layout.floor_of[r], r))
    colour = {room: COLOURS[k % len(COLOURS)] for k, room in enumerate(targets)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif">',
        f'<rect width="{WIDTH}" height="{bottom}" rx="14" fill="#fbfaf7"/>',
        *(_band(top, height) for top, height in zip(tops, heights, strict=True)),
        *(_link(link, layout, tops, heights, colour) for link in layout.links),
        *(
            _room_box(point, layout, tops, heights, house.about[point[0]], colour)
            for row in layout.rows
            for point in row
            if layout.floor_of[point[0]] == point[1]
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _band(top: float, height: float) -> str:
    return (
        f'<rect x="{MARGIN / 2:g}" y="{top - 12:g}" width="{WIDTH - MARGIN}" '
        f'height="{height + 24:g}" rx="12" fill="#f0eee6"/>'
    )


def _link(
    link: tuple[Point, Point, int],
    layout: Layout,
    tops: list[float],
    heights: list[float],
    colour: dict[str, str],
) -> str:
    above, under, count = link
    x1, x2 = _port(link, layout), layout.x[under]
    passes = layout.floor_of[above[0]] != above[1]
    y1 = tops[above[1]] + heights[above[1]]
    arrives = layout.floor_of[under[0]] == under[1]
    y2 = tops[under[1]] - (7 if arrives else 0)
    middle = (y1 + y2) / 2
    thick = next(width for least, width in BUCKETS if count >= least)
    start = f"M{x1:g} {tops[above[1]]:g} V{y1:g}" if passes else f"M{x1:g} {y1:g}"
    path = f"{start} C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"
    hue = colour[under[0]]
    line = (
        f'<path d="{path}" fill="none" stroke="{hue}" stroke-width="{thick}" '
        f'stroke-linecap="round" stroke-opacity="0.85"/>'
    )
    if arrives:
        line += f'<path d="M{x2 - 6:g} {y2 - 3:g} h12 l-6 10 z" fill="{hue}"/>'
    return line


def _port(link: tuple[Point, Point, int], layout: Layout) -> float:
    """Where a line leaves the box: side by side, in the order of where they go."""
    above = link[0]
    if layout.floor_of[above[0]] != above[1]:
        return layout.x[above]
    out = sorted((layout.x[b], b) for a, b, _ in layout.links if a == above)
    if layout.width(above) == FULL_BOX[0]:
        return layout.x[link[1]]
    step = min(22.0, 0.7 * layout.width(above) / len(out))
    place = [b for _, b in out].index(link[1]) - (len(out) - 1) / 2
    return layout.x[above] + step * place


def _room_box(
    point: Point,
    layout: Layout,
    tops: list[float],
    heights: list[float],
    about: str,
    colour: dict[str, str],
) -> str:
    width, height = layout.width(point), heights[point[1]]
    x, y = layout.x[point] - width / 2, tops[point[1]]
    lines = textwrap.wrap(about, int((width - 14) / 5.4))
    first = y + height / 2 + 5 - 6 * len(lines)
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" fill="#ffffff" '
        f'stroke="{colour.get(point[0], "#8a8578")}" stroke-width="1.6"/>',
        f'<text x="{layout.x[point]:g}" y="{first:g}" text-anchor="middle" font-size="14" '
        f'font-weight="600" fill="#2b2a27">{point[0]}</text>',
    ]
    parts += [
        f'<text x="{layout.x[point]:g}" y="{first + 15 + 12 * k:g}" text-anchor="middle" '
        f'font-size="10" fill="#5c5950">{html.escape(line)}</text>'
        for k, line in enumerate(lines)
    ]
    return "".join(parts)


if __name__ == "__main__":
    TARGET.write_text(drawn(read_house()), encoding="utf-8")
