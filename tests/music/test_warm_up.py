from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.music.warm_up import compile_cache_folder

ASK = (
    "import numba; before = numba.config.CACHE_DIR, numba.guvectorize;"
    "from pipelines.music.warm_up import import_librosa; librosa = import_librosa();"
    "assert (numba.config.CACHE_DIR, numba.guvectorize) == before;"
    "assert import_librosa() is librosa; print(librosa.__name__)"
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
    assert done.stdout.strip() == "librosa", done.stderr


def test_processes_that_start_together_leave_a_cache_that_works(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    ask = (
        "import sys, numpy as np; from pipelines.music.warm_up import import_librosa;"
        "librosa = import_librosa();"
        "assert {'librosa.core.audio', 'librosa.core.pitch'} <= set(sys.modules);"
        "librosa.estimate_tuning(y=np.sin(np.arange(8192.0)), sr=22050)"
    )
    environment = {**os.environ, "PYTHONPATH": root, "NUMBA_CACHE_DIR": str(tmp_path)}
    together = [subprocess.Popen([sys.executable, "-c", ask], env=environment) for _ in range(2)]
    assert [process.wait(300) for process in together] == [0, 0]
    assert subprocess.run([sys.executable, "-c", ask], env=environment, timeout=300).returncode == 0


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
