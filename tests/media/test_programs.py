"""Where ffmpeg is found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.media.programs import find_ffmpeg


@pytest.mark.parametrize("path", [None, "/nowhere"])
def test_ffmpeg_is_found_on_the_path_and_else_in_a_wheel(path, monkeypatch):
    if path is not None:
        monkeypatch.setenv("PATH", path)
    found = find_ffmpeg()
    assert ("imageio_ffmpeg" in found) == (path is not None)
    done = subprocess.run([found, "-version"], capture_output=True, check=True)
    assert done.stdout.startswith(b"ffmpeg")


def test_there_may_be_none(bare, monkeypatch):
    assert find_ffmpeg() is None
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert find_ffmpeg() is None
