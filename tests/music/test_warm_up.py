from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pipelines.music.warm_up import compile_cache_folder

ASK = (
    "import numba; before = numba.config.CACHE_DIR, numba.guvectorize;"
    "from pipelines.music.warm_up import import_librosa; librosa = import_librosa();"
    "assert (numba.config.CACHE_DIR, numba.guvectorize) == before;"
    "assert import_librosa() is librosa; print(librosa.__name__);"
    "import sys; assert {'librosa.core.audio', 'librosa.core.pitch'} <= set(sys.modules);"
    "import numpy as np; librosa.estimate_tuning(y=np.sin(np.arange(8192.0)), sr=22050)"
)


def test_cache_is_the_users_and_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compile_cache_folder() == tmp_path / "macedance" / "numba"
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    fallback = compile_cache_folder()
    assert fallback.is_dir() and fallback.stat().st_mode & 0o077 == 0
    assert compile_cache_folder() != fallback
    fallback.rmdir()


def test_numba_is_left_as_it_was() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**environment, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.stdout.strip(), done.returncode) == ("librosa", 0), done.stderr


STAND_IN = """
import time
begun = time.monotonic()
import numba

@numba.vectorize(["float64(float64)"], cache=True)
def twice(x):
    return 2 * x

@numba.guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
def summed(given, sums):
    sums[0] = given[0]
    for i in range(1, given.shape[0]):
        sums[i] = sums[i - 1] + given[i]

ended = time.monotonic()
"""


def test_processes_that_start_together_leave_a_cache_that_works(tmp_path: Path) -> None:
    """With one loop of each sort in librosa's place: its own compile for half a minute."""
    package = tmp_path / "librosa"
    for folder in (package, package / "core"):
        folder.mkdir()
        (folder / "__init__.py").write_text("from . import beat, core, feature, onset\n")
    (package / "core" / "__init__.py").write_text("from . import audio, constantq, pitch\n")
    for name in ("onset", "feature", "core/audio", "core/constantq", "core/pitch"):
        (package / f"{name}.py").write_text("onset_strength = mfcc = None\n")
    (package / "beat.py").write_text(f"{STAND_IN}\nbeat_track = None\n")
    ask = (
        "import numpy as np; from pipelines.music.warm_up import import_librosa;"
        "beat = import_librosa().beat; ones = np.ones(3);"
        "assert (beat.twice(beat.summed(ones)) == [2, 4, 6]).all(); print(beat.begun, beat.ended)"
    )
    cache = tmp_path / "cache"
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    start = partial(
        subprocess.Popen, [sys.executable, "-c", ask], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(cache)},
    )  # fmt: skip
    together = [start(), start()]
    said = [process.communicate(timeout=300)[0] for process in together]
    (_, first), (second, _) = sorted([float(time) for time in text.split()] for text in said)
    assert first <= second  # one after the other
    made = {file.name for file in cache.rglob("*.nb[ic]")}
    assert any("summed" in name for name in made) and any("twice" in name for name in made)
    last = start()
    last.communicate(timeout=300)
    assert [process.returncode for process in (*together, last)] == [0, 0, 0]
    assert made == {file.name for file in cache.rglob("*.nb[ic]")}


def test_features_module_does_not_import_librosa() -> None:
    ask = (
        "import sys, pipelines.music.features, pipelines.music.beats, pipelines.music.warm_up;"
        "print([m for m in ('librosa', 'numba', 'torch') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]", done.stderr
