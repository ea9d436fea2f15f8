"""The bodies that a dance can be drawn with, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.mesh import Body, BodyMesh
from pipelines.body.smpl_model import SmplBody, load_smpl
from pipelines.body.stick_body import skeleton_body
from pipelines.body.variety import Look
from pipelines.body.wardrobe import dressed_body

BODIES: tuple[str, ...] = ("anny", "skeleton", "smpl")


def open_body(
    kind: str, look: Look, model: Path | None = None, betas: NDArray[np.floating[Any]] | None = None
) -> Body:
    """A body in the clothes of a look.

    Args:
        kind: one of BODIES.
        look: clothes, and where it has betas, shape.
        model: the SMPL, SMPL-H or SMPL-X file of "smpl".
        betas: (10,) shape of this dancer, for "smpl" where the look has none.

    Raises:
        UnsuitableInput: the model file is missing, or no such model.
    """
    if kind == "skeleton":
        return skeleton_body()
    if kind == "anny":
        return dressed_body(look.outfit, look.betas)
    assert model is not None
    return load_smpl(model, betas if look.betas is None else look.betas, look.outfit)


def as_skin(body: Body) -> BodyMesh:
    """The body as a mesh with skin weights, which is what files can hold."""
    if isinstance(body, SmplBody):
        return body.skinned()
    assert isinstance(body, BodyMesh)
    return body
