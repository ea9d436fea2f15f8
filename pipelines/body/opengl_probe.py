"""Draw one triangle without a screen and look whether it is there.

Run as a program, in a process of its own: a broken driver may crash or hang. Prints the
renderer's name and exits 0 if the triangle was drawn.
"""

from __future__ import annotations

import ctypes
import os
import sys

SIZE = 64
_GREEN = (0, 255, 0)


def draw_triangle(platform: str = "egl") -> tuple[str, bool]:
    """Renderer's name, and whether a green triangle covers the centre but not the corner.

    Args:
        platform: "egl" or "osmesa".

    Raises whatever PyOpenGL raises where the platform is missing or refuses a context.
    """
    os.environ["PYOPENGL_PLATFORM"] = platform
    # The context lives as long as what it draws into is held.
    held = _osmesa_context() if platform == "osmesa" else _egl_context()
    from OpenGL import GL

    GL.glClearColor(0.0, 0.0, 0.0, 1.0)
    GL.glClear(GL.GL_COLOR_BUFFER_BIT)
    GL.glColor3f(0.0, 1.0, 0.0)
    GL.glBegin(GL.GL_TRIANGLES)
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.0, 0.5)):
        GL.glVertex2f(x, y)
    GL.glEnd()
    GL.glFinish()
    pixels = bytes(GL.glReadPixels(0, 0, SIZE, SIZE, GL.GL_RGB, GL.GL_UNSIGNED_BYTE))
    centre = 3 * (SIZE // 2 * SIZE + SIZE // 2)
    drawn = tuple(pixels[centre : centre + 3]) == _GREEN and tuple(pixels[:3]) == (0, 0, 0)
    return GL.glGetString(GL.GL_RENDERER).decode(), drawn and held is not None


def _egl_context() -> object:
    from OpenGL import EGL

    display = EGL.eglGetDisplay(EGL.EGL_DEFAULT_DISPLAY)
    EGL.eglInitialize(display, ctypes.c_long(), ctypes.c_long())
    EGL.eglBindAPI(EGL.EGL_OPENGL_API)
    wanted = [EGL.EGL_SURFACE_TYPE, EGL.EGL_PBUFFER_BIT, EGL.EGL_RENDERABLE_TYPE,
              EGL.EGL_OPENGL_BIT, EGL.EGL_RED_SIZE, 8, EGL.EGL_NONE]  # fmt: skip
    configs, found = (EGL.EGLConfig * 1)(), ctypes.c_long()
    EGL.eglChooseConfig(display, (EGL.EGLint * len(wanted))(*wanted), configs, 1, found)
    extent = [EGL.EGL_WIDTH, SIZE, EGL.EGL_HEIGHT, SIZE, EGL.EGL_NONE]
    surface = EGL.eglCreatePbufferSurface(display, configs[0], (EGL.EGLint * len(extent))(*extent))
    context = EGL.eglCreateContext(display, configs[0], EGL.EGL_NO_CONTEXT, None)
    EGL.eglMakeCurrent(display, surface, surface, context)
    return surface


def _osmesa_context() -> object:
    from OpenGL.osmesa import (
        OSMESA_RGBA,
        OSMesaCreateContextAttribs,  # noqa: F401  pyrender needs it; PyOpenGL 3.1.10 has it
        OSMesaCreateContextExt,
        OSMesaMakeCurrent,
    )

    context = OSMesaCreateContextExt(OSMESA_RGBA, 24, 0, 0, None)
    pixels = (ctypes.c_ubyte * (4 * SIZE * SIZE))()
    if not OSMesaMakeCurrent(context, pixels, 0x1401, SIZE, SIZE):  # GL_UNSIGNED_BYTE
        raise RuntimeError("OSMesa refused a context")
    return pixels


if __name__ == "__main__":
    renderer, visible = draw_triangle(*sys.argv[1:])
    print(renderer)
    sys.exit(0 if visible else 1)
