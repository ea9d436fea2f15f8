"""Jobs among threads: each is done once, and an error of any of them arrives."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.motion_expert.sequence.threads import run_jobs


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@given(count=st.integers(0, 50), threads=st.integers(1, 5))
def test_every_job_is_done_once(count, threads):
    torch.set_num_threads(threads)
    done = np.zeros(count, dtype=int)

    def kernel(begin, end, by):
        done[begin:end] += by

    run_jobs(kernel, count, 2)
    assert (done == 2).all()


def test_an_error_in_any_thread_arrives():
    torch.set_num_threads(3)

    def kernel(begin, end):
        if begin > 0:
            raise MemoryError

    with pytest.raises(MemoryError):
        run_jobs(kernel, 9)
