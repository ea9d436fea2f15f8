"""Bodies, clothes, light and cameras drawn from a seed, so that rendered data are not all alike."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import Lens
from pipelines.body.outfit import Colour, Outfit
from pipelines.body.scene import Scene

_SKINS = ((244, 208, 184), (236, 188, 160), (214, 162, 128), (176, 122, 92), (128, 84, 62),
          (92, 60, 46))  # fmt: skip
_HAIRS = ((36, 28, 26), (84, 50, 40), (122, 78, 48), (176, 134, 84), (148, 74, 44), (150, 148, 150))


@dataclass(frozen=True)
class Look:
    """One draw; without arguments, what bodies look like where no variety is wanted.

    Attributes:
        betas: (6,) shape of the body; None: the body's own.
        outfit: colours and hair.
        scene: studio and light; the floor is at 0, set it with `dataclasses.replace`.
        lens: height and distance of the camera, by tilt, framing and angle of view.
    """

    betas: NDArray[np.float64] | None = None
    outfit: Outfit = field(default_factory=Outfit)
    scene: Scene = field(default_factory=Scene)
    lens: Lens = field(default_factory=Lens)


def draw_look(seed: int) -> Look:
    """The look that belongs to a seed."""
    rng = np.random.default_rng(seed)
    betas = np.clip(rng.normal(size=6), -1.5, 1.5) * [0.6, 0.9, 0.9, 0.9, 0.6, 0.3]
    outfit = Outfit(
        skin=_SKINS[rng.integers(len(_SKINS))],
        hair=_HAIRS[rng.integers(len(_HAIRS))],
        eyes=_colour(rng, 0.5, 0.35),
        shirt=_colour(rng, rng.uniform(0.2, 0.8), rng.uniform(0.35, 1.0)),
        stripe=_colour(rng, rng.uniform(0.0, 0.6), rng.uniform(0.4, 1.0)),
        trousers=_colour(rng, rng.uniform(0.1, 0.6), rng.uniform(0.15, 0.75)),
        shoes=_colour(rng, rng.uniform(0.0, 0.8), rng.uniform(0.15, 0.95)),
        hair_length=float(rng.uniform(0.01, 0.13)),
    )
    warmth, strength = rng.uniform(-0.06, 0.06), rng.uniform(0.85, 1.1)
    scene = Scene(
        wall=_colour(rng, rng.uniform(0.0, 0.35), rng.uniform(0.45, 0.95)),
        floor=_colour(rng, rng.uniform(0.0, 0.3), rng.uniform(0.4, 0.9)),
        key_light=(float(rng.uniform(-0.9, 0.9)), -0.85, float(rng.uniform(0.5, 1.1))),
        key=(0.62 * strength + warmth, 0.60 * strength, 0.57 * strength - warmth),
        shadow=float(rng.uniform(0.35, 0.6)),
    )
    return Look(
        betas=betas,
        outfit=outfit,
        scene=scene,
        lens=Lens(
            pitch=float(rng.uniform(-0.02, 0.16)),
            zoom=float(rng.uniform(0.75, 1.0)),
            vertical_view=float(rng.uniform(0.40, 0.75)),
        ),
    )


def _colour(rng: np.random.Generator, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(float(rng.random()), saturation, value)
    return (255 * red, 255 * green, 255 * blue)
