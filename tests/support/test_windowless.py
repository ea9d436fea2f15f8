"""OpenCV is imported where the libraries of its windows are not there."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.support.windowless import LIBRARIES, empty_library, lacking

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux needs it")


@pytest.fixture
def hidden(tmp_path: Path) -> dict[str, str]:
    """An environment whose loader finds none of the libraries: it stops at an empty file."""
    for name in LIBRARIES:
        (tmp_path / name).touch()
    return {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}


def python(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", program]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def test_opencv_computes_without_the_libraries_of_its_windows(hidden):
    program = """
import pipelines
from pipelines.support.windowless import LIBRARIES, lacking
print(lacking() == list(LIBRARIES))
import cv2, numpy
print(cv2.resize(numpy.eye(2), (4, 4), interpolation=cv2.INTER_NEAREST).sum())
"""
    done = python(program, hidden)
    assert done.stdout.split() == ["True", "8.0"], done.stderr
    assert done.stderr == ""


def test_the_finders_are_the_same_before_and_after(hidden):
    """Else a thread that goes through them meanwhile misses one, and finds no package."""
    program = """
import pipelines, sys
before = list(sys.meta_path)
from importlib.util import find_spec
print(find_spec("cv2") is not None, sys.meta_path == before)
import cv2
print(sys.meta_path == before)
"""
    done = python(program, hidden)
    assert done.stdout.split() == ["True"] * 3, done.stderr


def test_nothing_is_imported_while_python_holds_its_lock_on_imports(hidden):
    """Else two threads wait for each other for ever: one imports, one asks where OpenCV is."""
    program = """
import pipelines, sys
before = set(sys.modules)
from importlib.util import find_spec
before |= {name for name in sys.modules if name.startswith("importlib")}
assert find_spec("cv2") is not None
print(sorted(set(sys.modules) - before))
"""
    done = python(program, hidden)
    assert done.stdout == "[]\n", done.stderr


def test_where_they_are_there_nothing_stands_in(hidden):
    if lacking():
        pytest.skip("this machine lacks them")
    program = "import pipelines, cv2; print([n for n in open('/proc/self/maps') if 'memfd' in n])"
    done = python(program, {key: hidden[key] for key in hidden if key != "LD_LIBRARY_PATH"})
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["libx.so.1", "libsomething-with-a-longer-name-2.0.so.0"])
def test_an_empty_library_has_its_name_and_nothing_else(name, tmp_path):
    (tmp_path / "file").write_bytes(empty_library(name))
    library = ctypes.CDLL(str(tmp_path / "file"))
    assert ctypes.CDLL(name)._handle == library._handle
    with pytest.raises(AttributeError):
        _ = library.g_malloc
