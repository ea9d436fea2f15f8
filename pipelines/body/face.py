"""The face of the shipped body: brows, mouth and eyes drawn on it, and the colours of its skin.

Fields are positive inside what they outline, in the coordinates of the baked T-pose (ANNY.md):
metres, y up, facing +z.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.body.mesh import RestBody
from pipelines.body.outfit import Array
from pipelines.body.shapes import Patchwork


def lips(p: Array) -> Array:
    """Field of the lips at rest positions (V, 3)."""
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    middle = 0.6280 + 0.02 * x
    height = 0.0106 * np.sqrt(np.clip(1 - (x / 0.0250) ** 2, 0.0, None)) - 0.0012
    cupid = 0.0016 * np.exp(-((x / 0.004) ** 2)) * (y > middle)
    return np.asarray(np.minimum(height - cupid - np.abs(y - middle), z - 0.105))


def brows(p: Array) -> Array:
    """Field of both eyebrows at rest positions (V, 3)."""
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    along = np.clip((x - 0.012) / 0.044, 0, 1)
    arch = 0.7195 + 0.0065 * np.sin(along * 2.5)
    height = 0.0040 * np.sqrt(np.clip(1 - ((x - 0.033) / 0.023) ** 2, 0, None)) - 0.0008
    return np.asarray(np.minimum(height * (1.15 - 0.5 * along) - np.abs(y - arch), z - 0.08))


def round_face(work: Patchwork) -> NDArray[np.bool_]:
    """Triangles round brows and mouth, whose outlines need a finer mesh."""
    x, y, z = work.points[work.faces].mean(1).T
    brows = (np.abs(np.abs(x) - 0.034) < 0.028) & (np.abs(y - 0.722) < 0.012)
    mouth = (np.abs(x) < 0.032) & (np.abs(y - 0.628) < 0.016)
    return np.asarray((brows | mouth) & (z > 0.085))


def smiling(rest: Array, surface: Array) -> Array:
    """The corners of the mouth pulled up a little: at rest the face looks sullen."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    near = np.exp(-(((x - 0.027) / 0.013) ** 2) - ((y - 0.629) / 0.013) ** 2) * (z > 0.07)
    cheek = np.exp(-(((x - 0.040) / 0.016) ** 2) - ((y - 0.655) / 0.014) ** 2) * (z > 0.07)
    lifted = surface.astype(np.float64)
    lifted[:, 1] += 0.0062 * near + 0.0015 * cheek
    lifted[:, 2] += -0.0015 * near + 0.002 * cheek
    lifted[:, 0] += 0.002 * near * np.sign(rest[:, 0])
    return lifted


def from_gaze(p: Array, body: RestBody) -> Array:
    """Distance of points from the line of sight of the eye on their side; the back is far."""
    eye = body.vertices[body.parts == 2].mean(0)
    away = np.hypot(np.abs(p[:, 0]) - abs(eye[0]), p[:, 1] - eye[1])
    return np.asarray(np.where(p[:, 2] > eye[2], away, 1.0))
