"""The decorator of all compiled loops."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np

from pipelines.support.compiled import compiled

ROOT = Path(__file__).resolve().parents[2]


def total(values):
    result = 0.0
    for value in values:
        result += value
    return result


def test_compiles():
    fast = compiled()(total)
    assert fast(np.arange(5.0)) == 10
    assert fast.targetoptions["nogil"]


def test_an_installation_that_cannot_be_written_compiles_anew(monkeypatch):
    njit = numba.njit

    def read_only(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", read_only)
    fast = compiled(error_model="numpy")(total)
    assert fast(np.arange(5.0)) == 10
    assert fast.targetoptions["error_model"] == "numpy"


_ROUNDING = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import loops
values = np.linspace(0.1, 3, 6400).reshape(64, 100).astype(np.float32)
out, sums = np.empty_like(values), np.empty(64, np.float32)
loops.rounded(0, 64, values, out, sums)
sys.stdout.write(out.tobytes().hex() + sums.tobytes().hex())
"""

_LOOPS = """
import numpy as np
from pipelines.support.compiled import compiled

@compiled(fastmath=True, error_model="numpy")
def rounded(begin, end, values, out, sums):
    for i in range(begin, end):
        row, out_row = values[i], out[i]
        total = np.float32(0)
        for k in range(values.shape[1]):
            a = row[k] * np.float32(1.1) + np.float32(0.7)
            b = a * row[k] * (np.float32(1) + a * (np.float32(1) - row[k]))
            out_row[k] = b * a
            total += b * row[k]
        sums[i] = total
"""


def test_the_process_that_compiles_rounds_as_all_later_ones(tmp_path):
    (tmp_path / "loops.py").write_text(_LOOPS)
    command = [sys.executable, "-c", _ROUNDING, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*.nbc")), "nothing was cached"
    assert runs[0].stdout == runs[1].stdout
