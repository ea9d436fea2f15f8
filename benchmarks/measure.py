"""What the benchmarks share: the machine's matrix-product rate, best times, small tables."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

EXAMPLES = Path(__file__).parents[1] / "examples"
_GEMM_SIZE = 1024


def best_seconds(work: Callable[[], object], repeats: int = 5, least: float = 0.0) -> float:
    """The shortest of several calls after one to warm up; goes on until `least` seconds passed.

    A call is over when the GPU, if there is one, has done what it was given.
    """
    work()
    finish()
    times: list[float] = []
    while len(times) < repeats or sum(times) < least:
        begin = time.perf_counter()
        work()
        finish()
        times.append(time.perf_counter() - begin)
    return min(times)


def finish() -> None:
    """Wait for the GPU, if one is in use."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def gemm_rate() -> float:
    """Single-precision floating-point operations per second of a 1024 x 1024 matrix product."""
    a, b = torch.randn(2, _GEMM_SIZE, _GEMM_SIZE)
    return 2 * _GEMM_SIZE**3 / best_seconds(lambda: a @ b, repeats=20, least=1.0)


def headline() -> float:
    """Print machine, threads and matrix-product rate; return the rate."""
    rate = gemm_rate()
    if torch.cuda.is_available():
        print(f"GPU: {torch.cuda.get_device_name()}, torch {torch.__version__}")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}; matrix products: {rate / 1e9:.0f} GFLOP/s\n"
    )
    return rate


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a header, the first column to the left, the others to the right."""
    cells = [[f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row]
             for row in (header, *rows)]  # fmt: skip
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    for row in cells:
        first, *others = (cell.ljust(w) if k == 0 else cell.rjust(w)
                          for k, (cell, w) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        print("  ".join([first, *others]))
    print(flush=True)
