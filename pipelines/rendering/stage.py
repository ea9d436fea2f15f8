"""A dance set before a camera: body, clothes, studio, cameras and renderer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.body.bodies import open_body
from pipelines.body.camera import cameras_of_view
from pipelines.body.mesh import Body
from pipelines.body.rasterizer import SurfaceDepth
from pipelines.body.renderer import drawn_frames, floor_under, open_renderer
from pipelines.body.variety import Look, draw_look
from pipelines.motion.front import thinned
from pipelines.motion.motion import Motion
from pipelines.rendering.settings import RenderConfig
from pipelines.support.files import sha256_json

_CHUNK = 256


class Stage:
    """A dance with all that it takes to draw it.

    Attributes:
        config: what was asked for. dance: at the video's frame rate. body: that dances it.
        cameras: one per frame. renderer: to be closed with the stage.
    """

    def __init__(
        self, config: RenderConfig, dance: Motion, look: Look, body: Body, front: float
    ) -> None:
        self.config, self.dance, self.body = config, dance, body
        width, height = config.picture_size()
        few = thinned(dance, 100)
        floor = floor_under(body, few.rotations(), few.trans)
        self._scene = replace(look.scene, floor_height=floor)
        joints = dance.joints(body.offsets)
        self.cameras = cameras_of_view(
            config.camera, joints, dance.fps, width, height, front, look.lens
        )
        self.renderer = open_renderer(body, width, height, config.renderer)

    def frames(self) -> Iterator[tuple[NDArray[np.uint8], SurfaceDepth]]:
        """Picture after picture, with the depth of the body in it."""
        for start in range(0, self.dance.frames, _CHUNK):
            part = self.dance.sliced(start, start + _CHUNK)
            yield from drawn_frames(
                self.renderer, self.body, part.rotations(), part.trans,
                self.cameras[start : start + _CHUNK], self._scene,
            )  # fmt: skip

    def close(self) -> None:
        """Give back what the renderer holds."""
        self.renderer.close()


def look_and_body(config: RenderConfig, dance: Motion, subject: str) -> tuple[Look, Body]:
    """How body, clothes, light and camera look: always the same, or drawn for this subject."""
    betas = tuple(float(value) for value in dance.betas) if config.body == "smpl" else None
    if not config.vary:
        return Look(), _plain_body(config.body, config.body_model, betas)
    digest = sha256_json({"seed": config.seed, "subject": subject})
    look = draw_look(int(digest[:15], 16))
    return look, open_body(config.body, look, config.body_model)


@lru_cache(maxsize=1)
def _plain_body(kind: str, model: Path | None, betas: tuple[float, ...] | None) -> Body:
    return open_body(kind, Look(), model, None if betas is None else np.array(betas))
