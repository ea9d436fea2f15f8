"""A skeleton fitted to the outline of a drawn figure that the pose detector does not know.

The figure must show its limbs: two hands and two feet that stand out of the outline, as in a
child's drawing of a person. Geodesic distances from the body's middle find those tips; paths
through the middle of each limb find elbows and knees; widths find neck and torso.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from pipelines.keypoints.anatomy import Points, complete

Mask = NDArray[np.bool_]

_WORKING_SIDE = 256
_TRUST = 0.7


@dataclass(frozen=True)
class _Figure:
    """A mask on a small grid. Points are (x, y) of that grid."""

    mask: Mask
    thickness: NDArray[np.float32]
    top: int
    bottom: int
    middle: NDArray[np.float64]

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class _Tips:
    left_hand: NDArray[np.float64]
    right_hand: NDArray[np.float64]
    left_foot: NDArray[np.float64]
    right_foot: NDArray[np.float64]


def points_of_silhouette(figure: Mask) -> Points | None:
    """The 29 points of a figure that faces the viewer, or None if it does not look like a body.

    Args:
        figure: (H, W) True inside the outline.
    """
    scale = min(1.0, _WORKING_SIDE / max(figure.shape))
    area = cv2.resize(
        figure.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    # Low, so that arms drawn as a single line stay in one piece.
    padded = np.pad(area > 0.2, 1)
    if padded.sum() < 200:
        return None
    body = _measure(padded)
    tips = _tips(body)
    if tips is None:
        return None
    points = _skeleton(body, tips)
    if points is None:
        return None
    points.xy = (points.xy - 1 + 0.5) / scale - 0.5
    height, width = figure.shape
    points.xy = np.clip(points.xy, 0, (width - 1, height - 1))
    return points


def _measure(mask: Mask) -> _Figure:
    thickness = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    rows, columns = np.nonzero(mask)
    core = thickness[rows, columns] ** 3
    middle = np.array([np.average(columns, weights=core), np.average(rows, weights=core)])
    nearest = np.hypot(columns - middle[0], rows - middle[1]).argmin()
    return _Figure(
        mask=mask,
        thickness=thickness,
        top=int(rows.min()),
        bottom=int(rows.max()),
        middle=np.array([columns[nearest], rows[nearest]], dtype=np.float64),
    )


class _Paths:
    """Shortest ways inside the figure, along the middle of its limbs."""

    def __init__(self, body: _Figure, central: bool) -> None:
        height, width = body.mask.shape
        index = np.full((height, width), -1)
        index[body.mask] = np.arange(int(body.mask.sum()))
        self._index = index
        self._pixels = np.argwhere(body.mask)[:, ::-1]
        cost = 1.0 / (0.15 + body.thickness / body.thickness.max()) if central else None
        starts, ends, weights = [], [], []
        for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
            here = index[max(0, -dy) : height - max(0, dy), : width - dx]
            there = index[max(0, dy) : height + min(0, dy), dx:]
            both = (here >= 0) & (there >= 0)
            starts.append(here[both])
            ends.append(there[both])
            step = np.full(int(both.sum()), float(np.hypot(dx, dy)))
            if cost is not None:
                flat = cost[body.mask]
                step = step * (flat[here[both]] + flat[there[both]]) / 2
            weights.append(step)
        size = len(self._pixels)
        entries = (np.concatenate(weights), (np.concatenate(starts), np.concatenate(ends)))
        self._graph = csr_matrix(entries, shape=(size, size))

    def distances(self, source: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance map (H, W) from a point; infinite outside."""
        lengths = dijkstra(self._graph, directed=False, indices=self._at(source))
        field = np.full(self._index.shape, np.inf)
        field[self._pixels[:, 1], self._pixels[:, 0]] = lengths
        return field

    def way(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) points from start to end."""
        _, before = dijkstra(
            self._graph, directed=False, indices=self._at(start), return_predecessors=True
        )
        node, chain = self._at(end), []
        while node >= 0:
            chain.append(node)
            node = int(before[node])
        return self._pixels[chain[::-1]].astype(np.float64)

    def _at(self, point: NDArray[np.float64]) -> int:
        return int(np.abs(self._pixels - point).sum(1).argmin())


def _tips(body: _Figure) -> _Tips | None:
    """Hands and feet: where the outline is locally furthest from the body's middle."""
    outlines, _ = cv2.findContours(
        body.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(outlines, key=len)[:, 0, :].astype(np.float64)
    away = _Paths(body, central=False).distances(body.middle)
    profile = away[outline[:, 1].astype(int), outline[:, 0].astype(int)]
    turn = int(profile.argmin())
    outline, profile = np.roll(outline, -turn, axis=0), np.roll(profile, -turn)
    peaks, _ = find_peaks(profile, prominence=0.05 * body.height)
    return _choose_tips(body, outline[peaks], profile[peaks])


def _choose_tips(
    body: _Figure, tips: NDArray[np.float64], away: NDArray[np.float64]
) -> _Tips | None:
    """Hands reach out furthest sideways, so hair is not taken for them; feet stand lowest."""
    level = (tips[:, 1] - body.top) / max(1, body.height)
    aside = tips[:, 0] - body.middle[0]
    upper = (level > 0.12) & (level < 0.72) & (np.abs(aside) > 0.13 * body.height)
    lower = level > max(0.72, float(level.max(initial=0.0)) - 0.15)
    found = []
    for candidates in (upper, lower):
        chosen = np.flatnonzero(candidates)
        reach = aside[chosen] * (1.0 + 0.3 * away[chosen] / max(1.0, float(away.max(initial=1.0))))
        if len(chosen) < 2 or reach.max() <= 0 or reach.min() >= 0:
            return None
        found += [tips[chosen[reach.argmax()]], tips[chosen[reach.argmin()]]]
    # The figure faces us: its left hand is on the right of the picture.
    return _Tips(*found)


def _skeleton(body: _Figure, tips: _Tips) -> Points | None:
    crotch = _crotch(body, tips)
    if crotch is None:
        return None
    neck_y, crown, half_head, head_x = _head(body, crotch)
    hip_y = crotch - 0.03 * body.height
    torso = hip_y - neck_y
    if torso < 0.12 * body.height:
        return None
    paths = _Paths(body, central=True)
    points = Points()

    def put(name: str, x: float, y: float) -> None:
        points.set(name, np.array([x, y]), _TRUST)

    chest = np.array([body.middle[0], neck_y + 0.3 * torso])
    belly = np.array([body.middle[0], hip_y])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = _root(body, paths.way(getattr(tips, f"{side}_hand"), chest))
        shoulder[1] = np.clip(shoulder[1], neck_y + 0.05 * torso, neck_y + 0.5 * torso)
        hip = _root(body, paths.way(getattr(tips, f"{side}_foot"), belly))
        hip[1] = hip_y
        put(f"{side}_shoulder", *shoulder)
        put(f"{side}_hip", *hip)
        arm = paths.way(shoulder, getattr(tips, f"{side}_hand"))
        leg = paths.way(hip, getattr(tips, f"{side}_foot"))
        for name, share in (("elbow", 0.45), ("wrist", 0.82), ("hand", 0.94)):
            put(f"{side}_{name}", *_along(arm, share))
        for name, share in (("knee", 0.45), ("ankle", 0.86), ("foot", 0.97)):
            put(f"{side}_{name}", *_along(leg, share))
        put(f"{side}_eye", head_x + sign * 0.40 * half_head, crown + 0.46 * (neck_y - crown))
        put(f"{side}_ear", head_x + sign * 0.92 * half_head, crown + 0.52 * (neck_y - crown))
    put("nose", head_x, crown + 0.58 * (neck_y - crown))
    return complete(points)


def _root(body: _Figure, way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a limb joins the body: the first place on the way inwards that is thick for a limb."""
    columns, rows = way[:, 0].astype(int), way[:, 1].astype(int)
    thick = body.thickness[rows, columns]
    limb = float(np.median(thick[len(thick) // 8 : max(1, round(0.6 * len(thick)))]))
    wide = np.flatnonzero(thick > 1.5 * limb + 1)
    wide = wide[wide > 0.35 * len(way)]
    place = int(wide[0]) if len(wide) else round(0.75 * (len(way) - 1))
    return np.array(way[place])


def _crotch(body: _Figure, tips: _Tips) -> float | None:
    """The row where the legs part: the highest background between the feet."""
    low = int(min(tips.left_foot[1], tips.right_foot[1]))
    left, right = sorted((int(tips.left_foot[0]), int(tips.right_foot[0])))
    if right - left < 3:
        return None
    parting = body.bottom
    row = low
    gap = np.zeros(body.mask.shape[1], bool)
    gap[left : right + 1] = True
    while row > body.top:
        open_here = gap & ~body.mask[row]
        if not open_here.any():
            break
        gap = cv2.dilate(open_here.astype(np.uint8)[None], np.ones((1, 3), np.uint8))[0] > 0
        parting = row
        row -= 1
    level = (parting - body.top) / max(1, body.height)
    return float(parting) if 0.40 < level < 0.92 else None


def _head(body: _Figure, crotch: float) -> tuple[float, float, float, float]:
    """Row of the neck, of the crown, half the head's width, and its middle's column.

    The neck is the narrowest place between the head's and the shoulders' width; a figure without
    one gets it where an average drawing has it.
    """
    stop = round(body.top + 0.62 * (crotch - body.top))
    centres, widths = _runs_upwards(body, stop)
    tall = len(widths)
    best, depth = 0.42 * (crotch - body.top), 0.15 * float(widths.max(initial=1.0))
    for row in range(3, tall - 2):
        waist = min(widths[:row].max(), widths[row + 1 :].max()) - widths[row]
        if waist > depth:
            best, depth = float(row), waist
    rows = slice(0, max(1, round(best)))
    widest = float(np.percentile(widths[rows], 70)) if best > 1 else 4.0
    middle = float(np.average(centres[rows], weights=widths[rows] + 1e-6))
    return float(body.top + best), float(body.top), max(2.0, widest / 2), middle


def _runs_upwards(body: _Figure, stop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle and width of the figure's central run in each row from the top to `stop`.

    Followed upwards from the chest, so that a head held to one side is not lost.
    """
    centre = body.middle[0]
    centres, widths = [], []
    for row in range(stop, body.top - 1, -1):
        left, right = _run(body, row, centre)
        if right > left:
            centre = 0.7 * centre + 0.3 * (left + right) / 2
        centres.append((left + right) / 2)
        widths.append(right - left)
    return np.array(centres[::-1]), np.array(widths[::-1])


def _run(body: _Figure, row: int, x: float) -> tuple[float, float]:
    """Left and right end of the run of figure pixels nearest to x in a row; (x, x) without one."""
    row = int(np.clip(row, 0, body.mask.shape[0] - 1))
    line = body.mask[row]
    inside = np.flatnonzero(line)
    if not len(inside):
        return x, x
    column = int(inside[np.abs(inside - x).argmin()])
    holes = np.flatnonzero(~line)
    left = holes[holes < column].max(initial=-1) + 1
    right = holes[holes > column].min(initial=len(line)) - 1
    return float(left), float(right)


def _along(way: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """The point after `share` of a path's length, the path smoothed a little."""
    if len(way) < 2:
        return np.array(way[0])
    steps = np.concatenate([[0.0], np.linalg.norm(np.diff(way, axis=0), axis=1).cumsum()])
    place = share * steps[-1]
    return np.array([np.interp(place, steps, way[:, axis]) for axis in (0, 1)])
