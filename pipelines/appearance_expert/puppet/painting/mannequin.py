"""The fallback figure: lit capsules in the person's colours, hidden by depth per pixel."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.painting.bands import BAND_ROWS, Bands
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.support.compiled import compiled

# (from, to, radius at both ends in metres, palette entry)
_BONES: tuple[tuple[str, str, float, float, str], ...] = (
    ("left_hip", "right_hip", 0.105, 0.105, "legs"),
    ("pelvis", "spine2", 0.125, 0.12, "torso"),
    ("spine2", "spine3", 0.125, 0.125, "torso"),
    ("left_shoulder", "right_shoulder", 0.066, 0.066, "torso"),
    ("spine3", "left_collar", 0.105, 0.08, "torso"),
    ("spine3", "right_collar", 0.105, 0.08, "torso"),
    ("neck", "head", 0.052, 0.05, "skin"),
    ("left_shoulder", "left_elbow", 0.056, 0.043, "sleeves"),
    ("right_shoulder", "right_elbow", 0.056, 0.043, "sleeves"),
    ("left_elbow", "left_wrist", 0.042, 0.030, "skin"),
    ("right_elbow", "right_wrist", 0.042, 0.030, "skin"),
    ("left_wrist", "left_hand", 0.034, 0.042, "skin"),
    ("right_wrist", "right_hand", 0.034, 0.042, "skin"),
    ("left_hip", "left_knee", 0.088, 0.058, "legs"),
    ("right_hip", "right_knee", 0.088, 0.058, "legs"),
    ("left_knee", "left_ankle", 0.057, 0.038, "shanks"),
    ("right_knee", "right_ankle", 0.057, 0.038, "shanks"),
    ("left_ankle", "left_foot", 0.045, 0.036, "feet"),
    ("right_ankle", "right_foot", 0.045, 0.036, "feet"),
)
_HEAD_RADIUS = 0.115
_SAMPLES: dict[str, tuple[str, str]] = {
    "torso": ("spine3", "spine1"),
    "skin": ("nose", "nose"),
    "sleeves": ("left_shoulder", "left_elbow"),
    "legs": ("left_hip", "left_knee"),
    "shanks": ("left_knee", "left_ankle"),
    "feet": ("left_ankle", "left_foot"),
}


def palette(person: ReferencePerson) -> dict[str, NDArray[np.float32]]:
    """Average colours of the person where each piece of the body should be, (3,) in 0..255."""
    on_person = person.matte > 0.5
    pixels = person.image[on_person]
    overall = np.median(pixels, axis=0) if len(pixels) else np.array([150.0, 150, 160])
    colours = {}
    for name, (start, end) in _SAMPLES.items():
        path = np.linspace(person.xy[POINT[start]], person.xy[POINT[end]], 12)
        mask = np.zeros(person.matte.shape, np.uint8)
        width = max(3, round(0.012 * max(mask.shape)))
        cv2.polylines(mask, [np.round(path).astype(np.int32)], False, 1, width)
        found = person.image[(mask > 0) & on_person]
        colour = np.median(found, axis=0) if len(found) > 10 else overall
        colours[name] = np.clip(0.85 * colour + 20, 25, 235).astype(np.float32)
    return colours


class Mannequin:
    """Draws the capsule figure of a dance over a plate."""

    def __init__(self, person: ReferencePerson, dance: StagedDance) -> None:
        """Take colours from the person and bones from the dance."""
        colours = palette(person)
        bones = [
            bone for bone in _BONES
            if dance.coverage == "full" or person.confidence[POINT[bone[0]]] > 0
        ]  # fmt: skip
        start = [POINT[bone[0]] for bone in bones] + [POINT["head"]]
        end = [POINT[bone[1]] for bone in bones] + [POINT["head"]]
        radii = [bone[2:4] for bone in bones] + [(_HEAD_RADIUS, _HEAD_RADIUS)]
        scale = dance.pixels_per_metre
        self._radius = np.asarray(radii, dtype=np.float64) * scale
        self._colour = np.stack([colours[bone[4]] for bone in bones] + [colours["skin"]])
        depth = dance.depth[..., None] * scale
        placed = np.concatenate([dance.xy, depth], axis=2)
        self._start, self._end = placed[:, start], placed[:, end]
        up = -dance.rotations[:, POINT["head"], :, 1]
        lift = 0.08 * scale * np.array([1.0, 1.0, 1.0]) * -up
        self._start[:, -1] += 0.3 * lift
        self._end[:, -1] += lift
        self._bands = Bands()

    def paint(self, plate: NDArray[np.float32], frame: int) -> NDArray[np.uint8]:
        """The plate (H, W, 3) in 0..255 with the figure of one frame over it."""
        out = np.empty(plate.shape, np.uint8)
        start, end = self._start[frame], self._end[frame]

        def paint_band(_: int, top: int) -> None:
            _shade_band(out, plate, top, start, end, self._radius, self._colour)

        self._bands.paint(len(out), paint_band)
        return out

    def close(self) -> None:
        """Let the threads go."""
        self._bands.close()


@compiled(error_model="numpy")
def _shade_band(  # noqa: C901  (flat loops are what numba compiles well)
    out: Any, plate: Any, top: Any, start: Any, end: Any, radius: Any, colour: Any
) -> None:
    """Nearest capsule per subpixel (2 x 2), lit from the upper left with a soft rim."""
    bottom = min(out.shape[0], top + BAND_ROWS)
    left, right = 1e9, -1e9
    for i in range(start.shape[0]):
        reach = max(radius[i, 0], radius[i, 1])
        left = min(left, start[i, 0] - reach, end[i, 0] - reach)
        right = max(right, start[i, 0] + reach, end[i, 0] + reach)
    shown = np.empty(3)
    for y in range(top, bottom):
        for x in range(out.shape[1]):
            shown[0], shown[1], shown[2] = plate[y, x, 0], plate[y, x, 1], plate[y, x, 2]
            if x >= left - 1 and x <= right + 1:
                base0, base1, base2 = shown[0], shown[1], shown[2]
                shown[0], shown[1], shown[2] = 0.0, 0.0, 0.0
                for sub in range(4):
                    px, py = x + 0.25 + 0.5 * (sub % 2), y + 0.25 + 0.5 * (sub // 2)
                    nearest, light, which = 1e18, 0.0, -1
                    for i in range(start.shape[0]):
                        ax, ay = end[i, 0] - start[i, 0], end[i, 1] - start[i, 1]
                        qx, qy = px - start[i, 0], py - start[i, 1]
                        reach = max(radius[i, 0], radius[i, 1])
                        t = (qx * ax + qy * ay) / max(ax * ax + ay * ay, 1e-6)
                        t = min(max(t, 0.0), 1.0)
                        dx, dy = qx - t * ax, qy - t * ay
                        gap = dx * dx + dy * dy
                        if gap >= reach * reach:
                            continue
                        r = radius[i, 0] + t * (radius[i, 1] - radius[i, 0])
                        if gap >= r * r:
                            continue
                        rise = np.sqrt(r * r - gap)
                        z = start[i, 2] + t * (end[i, 2] - start[i, 2]) - rise
                        if z < nearest:
                            nearest, which = z, i
                            facing = rise / r
                            lit = (-0.45 * dx - 0.65 * dy) / r + 0.62 * facing
                            light = 0.52 + 0.52 * max(lit, 0.0) - 0.18 * (1 - facing) ** 2
                            light += 0.16 * max(lit, 0.0) ** 12
                    if which < 0:
                        shown[0] += 0.25 * base0
                        shown[1] += 0.25 * base1
                        shown[2] += 0.25 * base2
                    else:
                        for k in range(3):
                            shown[k] += 0.25 * min(255.0, colour[which, k] * light)
            for k in range(3):
                out[y, x, k] = np.uint8(min(max(shown[k] + 0.5, 0.0), 255.0))
