"""The decorator of all compiled loops."""

import numba
import numpy as np
import torch

from pipelines.compiled import compiled, use_threads


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


def test_threads_are_shared_with_torch():
    before = torch.get_num_threads()
    try:
        assert use_threads(1) == 1
        assert (torch.get_num_threads(), numba.get_num_threads()) == (1, 1)
        assert use_threads() == 1
    finally:
        use_threads(before)
