"""Drawing a posed mesh: with OpenGL through pyrender, or on the CPU where there is none.

Both get the same lit vertex colours, so they draw the same picture but for the edges' smoothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from ctypes.util import find_library
from functools import cache, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.body.camera import Camera
from pipelines.body.feet import level_of
from pipelines.body.mesh import Body
from pipelines.body.rasterizer import SurfaceDepth, draw_mesh, surface_depth
from pipelines.body.scene import Scene, draw_backdrop, draw_shadow, lit_colours
from pipelines.body.stick_body import skeleton_body
from pipelines.support.compiled import compiled
from pipelines.support.errors import MissingAsset

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_SOFTWARE_OPENGL = ("llvmpipe", "softpipe", "swrast", "software")


class Renderer(Protocol):
    """Draws one mesh again and again.

    Attributes:
        name: "pyrender (...)" or "built-in".
    """

    name: str

    def draw(
        self, picture: Picture, vertices: Floats, colours: Floats, camera: Camera
    ) -> SurfaceDepth:
        """Draw the mesh at `vertices` (V, 3) in lit `colours` (V, 3) over a picture, in place.

        Returns how far away the surface is; it holds until the next frame is drawn.
        """
        ...

    def close(self) -> None:
        """Give back what the renderer holds."""
        ...


def open_renderer(mesh: Body, width: int, height: int, kind: str = "auto") -> Renderer:
    """A renderer for one mesh and picture size.

    Args:
        mesh: gives the triangles.
        width, height: pixels.
        kind: pyrender; builtin; or auto: pyrender on a graphics card, the several times faster
            built-in one where OpenGL is missing or only emulated on the CPU.

    Raises:
        MissingAsset: pyrender was asked for and no OpenGL context can be made.
    """
    if kind == "builtin" or (kind == "auto" and not _graphics_card()):
        return BuiltIn(mesh)
    try:
        return Pyrender(mesh, width, height)
    except Exception as error:  # every GL stack fails with types of its own
        if kind == "auto":
            return BuiltIn(mesh)
        raise MissingAsset(
            f"OpenGL: no offscreen context ({' '.join(str(error).split()) or type(error)})",
            "apt-get install libegl1 libgl1-mesa-dri, or use the built-in renderer",
        ) from error


@cache
def _graphics_card() -> bool:
    """Whether OpenGL draws on something faster than this processor; asked once per process."""
    try:
        renderer = Pyrender(skeleton_body(), 32, 32)
    except Exception:  # see above
        return False
    renderer.close()
    return not any(word in renderer.name.lower() for word in _SOFTWARE_OPENGL)


def render_dance(
    renderer: Renderer,
    mesh: Body,
    rotations_TJ33: Array,
    trans_T3: Array,
    cameras: Sequence[Camera],
    scene: Scene,
) -> Iterator[Picture]:
    """The pictures of `drawn_frames` alone."""
    for picture, _ in drawn_frames(renderer, mesh, rotations_TJ33, trans_T3, cameras, scene):
        yield picture


def drawn_frames(
    renderer: Renderer,
    mesh: Body,
    rotations_TJ33: Array,
    trans_T3: Array,
    cameras: Sequence[Camera],
    scene: Scene,
) -> Iterator[tuple[Picture, SurfaceDepth]]:
    """Frames of a body that dances in a studio, one after the other, and how far it is away.

    Args:
        renderer: from `open_renderer`, for this mesh.
        mesh: as it is posed.
        rotations_TJ33: (T, 24, 3, 3) local rotations, z-up world.
        trans_T3: (T, 3) pelvis, metres.
        cameras: T of them, as from `cameras_of_view`.
        scene: light and studio; its floor is where the shadow falls.

    Yields:
        (height, width, 3) uint8 RGB, and the depth of the body's surface.
    """
    backdrop: Picture | None = None
    drawn_for: tuple[float, ...] = ()
    posed = mesh.pose(rotations_TJ33, trans_T3)
    for camera, (vertices, normals) in zip(cameras, posed, strict=True):
        # Rounded: a camera that turns or moves along the floor sees the same studio.
        seen = (camera.position[2], camera.rotation[2, 2], camera.focal, camera.distance)
        view = tuple(round(float(value), 6) for value in seen)
        if backdrop is None or view != drawn_for:
            backdrop, drawn_for = draw_backdrop(scene, camera), view
        picture = backdrop.copy()
        draw_shadow(picture, scene, vertices, camera)
        colours = lit_colours(scene, vertices, normals, mesh.colours, camera)
        yield picture, renderer.draw(picture, vertices, colours, camera)


def floor_under(mesh: Body, rotations_TJ33: Array, trans_T3: Array) -> float:
    """Height of the floor under a mesh that dances: `level_of` its lowest points."""
    step = max(1, len(trans_T3) // 100)
    posed = mesh.pose(rotations_TJ33[::step], trans_T3[::step])
    return level_of(np.array([float(vertices[:, 2].min()) for vertices, _ in posed]))


class BuiltIn:
    """The renderer of `rasterizer`."""

    name = "built-in"

    def __init__(self, mesh: Body) -> None:
        self._faces = mesh.faces

    def draw(
        self, picture: Picture, vertices: Floats, colours: Floats, camera: Camera
    ) -> SurfaceDepth:
        """Draw over a picture, in place."""
        return draw_mesh(picture, vertices, self._faces, colours, camera)

    def close(self) -> None:
        """Nothing is held."""


class Pyrender:
    """Offscreen OpenGL; the vertex buffer is overwritten in place for every frame.

    Replacing the mesh instead, as pyrender's examples do, costs more and leaks (packages 2).
    """

    def __init__(self, mesh: Body, width: int, height: int) -> None:
        os.environ.setdefault("PYOPENGL_PLATFORM", _platform())
        import pyrender
        from OpenGL import GL

        self._gl = GL
        self._flags = pyrender.RenderFlags.FLAT | pyrender.RenderFlags.RGBA
        self._offscreen = pyrender.OffscreenRenderer(width, height)
        # pyrender's layout of a vertex: position, normal, RGBA; the normals stay unused.
        count = len(mesh.colours)
        self._data = np.ones((count, 10), dtype=np.float32)
        self._primitive = pyrender.Primitive(
            positions=self._data[:, :3],
            normals=self._data[:, 3:6],
            color_0=self._data[:, 6:],
            indices=mesh.faces,
            material=pyrender.MetallicRoughnessMaterial(baseColorFactor=[1.0, 1.0, 1.0, 1.0]),
        )
        self._scene = pyrender.Scene(bg_color=[0.0, 0.0, 0.0, 0.0], ambient_light=[1.0, 1.0, 1.0])
        self._scene.add(pyrender.Mesh([self._primitive]))
        self._lens = pyrender.IntrinsicsCamera(1, 1, width / 2, height / 2, znear=0.05, zfar=100)
        self._eye = self._scene.add(self._lens)
        self._offscreen.render(self._scene, self._flags)
        self.name = f"pyrender ({GL.glGetString(GL.GL_RENDERER).decode()})"

    def draw(
        self, picture: Picture, vertices: Floats, colours: Floats, camera: Camera
    ) -> SurfaceDepth:
        """Draw over a picture, in place."""
        gl = self._gl
        self._lens.fx = self._lens.fy = camera.focal
        pose = np.eye(4)
        # OpenGL's camera looks along -z with y up.
        pose[:3, :3] = camera.rotation.T * [1, -1, -1]
        pose[:3, 3] = camera.position
        self._scene.set_pose(self._eye, pose)
        self._data[:, :3] = vertices
        self._data[:, 6:9] = colours / 255
        self._offscreen._platform.make_current()
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._primitive._buffers[0])
        gl.glBufferData(gl.GL_ARRAY_BUFFER, self._data.nbytes, self._data, gl.GL_DYNAMIC_DRAW)
        drawn, depth = self._offscreen.render(self._scene, self._flags)
        _lay_over(picture, _with_alpha(drawn, depth))
        return partial(_depth_at, depth)

    def close(self) -> None:
        """Release the OpenGL context."""
        self._offscreen.delete()


def _platform() -> str:
    """EGL, which draws on graphics cards too; OSMesa where it is all there is."""
    return "osmesa" if find_library("OSMesa") and not find_library("EGL") else "egl"


def _with_alpha(drawn: Picture, depth_HW: Floats) -> Picture:
    """RGBA also from OSMesa, which leaves the alpha out; without smoothing, a pixel is all body."""
    if drawn.shape[2] == 3:
        drawn = np.dstack([drawn, np.where(depth_HW > 0, 255, 0).astype(np.uint8)])
    return np.ascontiguousarray(drawn)


def _depth_at(depth_HW: Floats, pixels_K2: Array) -> Floats:
    inverse = np.zeros_like(depth_HW)  # pyrender writes 0 where there is nothing
    np.divide(1, depth_HW, out=inverse, where=depth_HW > 0)
    return surface_depth(inverse, np.zeros(2, dtype=int), 1, pixels_K2)


@compiled()
def _lay_over(picture: Any, drawn: Any) -> Any:
    """Premultiplied RGBA over RGB."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            alpha = drawn[y, x, 3]
            if alpha > 0:
                rest = np.float32(255 - alpha) / np.float32(255)
                for k in range(3):
                    value = drawn[y, x, k] + picture[y, x, k] * rest + np.float32(0.5)
                    picture[y, x, k] = np.uint8(min(value, 255))
