"""Draws textured triangles over the plate: twice supersampled, in bands, one thread per core.

Pixel (x, y) covers the square from (x, y) to (x + 1, y + 1); its centre is at + 0.5. Texture
coordinates follow the same rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.painting.bands import BAND_ROWS, Bands
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList
from pipelines.body.triangles import columns_covered, rows_covered
from pipelines.support.compiled import compiled

SUPERSAMPLING = 2


@compiled(error_model="numpy")
def _fill_triangle(tile: Any, top: Any, p: Any, t: Any, texture: Any, opacity: Any) -> None:
    """Blend one triangle over a premultiplied tile; p, t (3, 2) in subpixels and texels."""
    rows, columns = tile.shape[0], tile.shape[1]
    ax, ay = p[0, 0], p[0, 1]
    bx, by = p[1, 0] - ax, p[1, 1] - ay
    cx, cy = p[2, 0] - ax, p[2, 1] - ay
    area = bx * cy - by * cx
    if abs(area) < 1e-7:
        return
    ub, vb = t[1, 0] - t[0, 0], t[1, 1] - t[0, 1]
    uc, vc = t[2, 0] - t[0, 0], t[2, 1] - t[0, 1]
    u_x, u_y = (ub * cy - uc * by) / area, (uc * bx - ub * cx) / area
    v_x, v_y = (vb * cy - vc * by) / area, (vc * bx - vb * cx) / area
    first, last = rows_covered(p)
    tall, wide = texture.shape[0] - 1, texture.shape[1] - 1
    for row in range(max(0, first - top), min(rows, last - top)):
        y = row + top + 0.5
        begin, end = columns_covered(p, y)
        for column in range(max(0, begin), min(columns, end)):
            dx, dy = column + 0.5 - ax, y - ay
            u = min(max(t[0, 0] + u_x * dx + u_y * dy - 0.5, 0.0), wide - 1e-3)
            v = min(max(t[0, 1] + v_x * dx + v_y * dy - 0.5, 0.0), tall - 1e-3)
            iu, iv = int(u), int(v)
            fu, fv = np.float32(u - iu), np.float32(v - iv)
            w11 = fu * fv
            w10 = fv - w11
            w01 = fu - w11
            w00 = np.float32(1) - fu - w10
            alpha = (
                w00 * texture[iv, iu, 3] + w01 * texture[iv, iu + 1, 3]
                + w10 * texture[iv + 1, iu, 3] + w11 * texture[iv + 1, iu + 1, 3]
            )  # fmt: skip
            if alpha <= 0:
                continue
            alpha *= opacity
            keep = np.float32(1) - alpha * np.float32(1 / 255)
            for k in range(3):
                value = (
                    w00 * texture[iv, iu, k] + w01 * texture[iv, iu + 1, k]
                    + w10 * texture[iv + 1, iu, k] + w11 * texture[iv + 1, iu + 1, k]
                )  # fmt: skip
                tile[row, column, k] = tile[row, column, k] * keep + value * opacity
            tile[row, column, 3] = tile[row, column, 3] * keep + alpha


@compiled(error_model="numpy")
def _draw_band(  # noqa: C901  (flat loops are what numba compiles well)
    out: Any,
    plate: Any,
    tile: Any,
    top: Any,
    xy: Any,
    uv: Any,
    triangles: Any,
    culled: Any,
    opacity: Any,
    texture: Any,
) -> None:
    """Paint rows [top, top + band) of `out`: plate, then every triangle that reaches them."""
    factor = SUPERSAMPLING
    bottom = min(out.shape[0], top + tile.shape[0] // factor)
    height, width = bottom - top, out.shape[1]
    left, right = 1e9, -1e9
    for i in range(xy.shape[0]):
        left = min(left, xy[i, 0])
        right = max(right, xy[i, 0])
    x0 = max(0, int(left) - 1)
    x1 = min(width, int(right) + 2)
    tile[: height * factor, x0 * factor : max(x0, x1) * factor] = 0
    p = np.empty((3, 2))
    t = np.empty((3, 2))
    for n in range(triangles.shape[0]):
        low, high = 1e9, -1e9
        for i in range(3):
            vertex = triangles[n, i]
            p[i, 0], p[i, 1] = xy[vertex, 0] * factor, xy[vertex, 1] * factor
            t[i, 0], t[i, 1] = uv[vertex, 0], uv[vertex, 1]
            low = min(low, p[i, 1])
            high = max(high, p[i, 1])
        if high < top * factor or low > bottom * factor:
            continue
        if culled[n]:
            area = (p[1, 0] - p[0, 0]) * (p[2, 1] - p[0, 1])
            area -= (p[1, 1] - p[0, 1]) * (p[2, 0] - p[0, 0])
            if area <= 0:
                continue
        _fill_triangle(tile[: height * factor], top * factor, p, t, texture, opacity[n])
    share = np.float32(1.0 / (factor * factor))
    for y in range(height):
        for x in range(width):
            if x < x0 or x >= x1:
                for k in range(3):
                    out[top + y, x, k] = np.uint8(plate[top + y, x, k] + np.float32(0.5))
                continue
            r, g, b, a = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for i in range(factor):
                for j in range(factor):
                    r += tile[y * factor + i, x * factor + j, 0]
                    g += tile[y * factor + i, x * factor + j, 1]
                    b += tile[y * factor + i, x * factor + j, 2]
                    a += tile[y * factor + i, x * factor + j, 3]
            keep = np.float32(1) - a * share * np.float32(1 / 255)
            red = plate[top + y, x, 0] * keep + r * share + np.float32(0.5)
            green = plate[top + y, x, 1] * keep + g * share + np.float32(0.5)
            blue = plate[top + y, x, 2] * keep + b * share + np.float32(0.5)
            out[top + y, x, 0] = np.uint8(min(red, np.float32(255)))
            out[top + y, x, 1] = np.uint8(min(green, np.float32(255)))
            out[top + y, x, 2] = np.uint8(min(blue, np.float32(255)))


class Compositor:
    """Paints draw lists of one canvas size."""

    def __init__(self, width: int, height: int, texture_HW4: NDArray[np.uint8]) -> None:
        """Keep the premultiplied RGBA atlas and one scratch tile per thread."""
        self._shape = (height, width, 3)
        self._texture = np.ascontiguousarray(texture_HW4)
        self._bands = Bands()
        tile = (BAND_ROWS * SUPERSAMPLING, width * SUPERSAMPLING, 4)
        self._tiles = [np.zeros(tile, np.float32) for _ in range(self._bands.threads)]

    def paint(self, plate: NDArray[np.float32], draw: DrawList) -> NDArray[np.uint8]:
        """The plate (H, W, 3) in 0..255 with the triangles over it, as a new uint8 frame."""
        out = np.empty(self._shape, np.uint8)

        def paint_band(thread: int, top: int) -> None:
            _draw_band(
                out, plate, self._tiles[thread], top,
                draw.xy, draw.uv, draw.triangles, draw.culled, draw.opacity, self._texture,
            )  # fmt: skip

        self._bands.paint(self._shape[0], paint_band)
        return out

    def close(self) -> None:
        """Let the threads go."""
        self._bands.close()
