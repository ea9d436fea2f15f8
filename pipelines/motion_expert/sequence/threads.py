"""Runs the compiled loops of the Motion Expert on as many threads as torch may use.

numba's own parallel loops are not used: numba links them in one way when it compiles them and in
another when it stores them, and the two round differently, so that the first process ever to run
would get other numbers than all later ones. Plain loops that release the interpreter lock do not.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import torch


def run_jobs(kernel: Callable[..., None], count: int, *arguments: Any) -> None:
    """Call `kernel(begin, end, *arguments)` for ranges that together are the jobs 0 ... count - 1.

    Each job must give the same numbers whatever range it is in, and no two may write to one place.
    """
    parts = max(1, min(torch.get_num_threads(), count))
    cuts = [count * part // parts for part in range(parts + 1)]
    helpers = [
        _pool(parts - 1).submit(kernel, begin, end, *arguments) for begin, end in pairwise(cuts[1:])
    ]
    kernel(0, cuts[1], *arguments)
    for helper in helpers:
        helper.result()


@cache
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="loops")
