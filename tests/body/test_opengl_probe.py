"""The probe for OpenGL without a screen: a program that tells a renderer's name or fails."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.body import opengl_probe


def probe(platform: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, opengl_probe.__file__, platform],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("platform", ["egl", "osmesa"])
def test_the_answer_is_a_name_and_success_or_a_failure(platform):
    """Both happen on machines that we support; neither may hang, crash or say yes to nothing."""
    done = probe(platform)
    if done.returncode == 0:
        assert len(done.stdout.strip().splitlines()) == 1
        assert done.stdout.strip()
    else:
        assert done.returncode > 0, "killed by a signal"


def test_a_platform_that_does_not_exist_is_no_yes():
    done = probe("nonsense")
    assert done.returncode != 0 or done.stdout.strip()


def drawn(monkeypatch: pytest.MonkeyPatch, centre: bytes, corner: bytes) -> bool:
    """What `draw_triangle` thinks of a picture with these pixels, on an OpenGL of paper."""
    import types

    size = opengl_probe.SIZE
    pixels = bytearray(3 * size * size)
    pixels[:3] = corner
    middle = 3 * (size // 2 * size + size // 2)
    pixels[middle : middle + 3] = centre

    class Paper(types.ModuleType):
        def __getattr__(self, name: str):
            answers = {"glReadPixels": bytes(pixels), "glGetString": b"paper"}
            return lambda *arguments: answers.get(name)

    package = types.ModuleType("OpenGL")
    package.GL = Paper("OpenGL.GL")
    monkeypatch.setitem(sys.modules, "OpenGL", package)
    monkeypatch.setitem(sys.modules, "OpenGL.GL", package.GL)
    monkeypatch.setattr(opengl_probe, "_egl_context", object)
    monkeypatch.setenv("PYOPENGL_PLATFORM", "")
    name, visible = opengl_probe.draw_triangle()
    assert name == "paper"
    return visible


def test_only_a_green_centre_in_a_black_picture_counts(monkeypatch):
    green, black, white = b"\x00\xff\x00", b"\x00\x00\x00", b"\xff\xff\xff"
    assert drawn(monkeypatch, green, black)
    assert not drawn(monkeypatch, black, black), "nothing was drawn"
    assert not drawn(monkeypatch, green, green), "everything was drawn"
    assert not drawn(monkeypatch, white, black), "in another colour"
