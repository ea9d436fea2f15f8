"""Pictures in bands."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.painting.bands import BAND_ROWS, Bands


@pytest.fixture(scope="module")
def bands():
    started = Bands()
    yield started
    started.close()


@given(rows=st.integers(0, 500))
def test_every_row_is_painted_once(bands, rows):
    painted = np.zeros(rows, int)

    def paint(_, top):
        painted[top : top + BAND_ROWS] += 1

    bands.paint(rows, paint)
    assert (painted == 1).all()


def test_a_thread_is_told_its_number_so_that_it_may_keep_its_own_tile(bands):
    busy, lock, seen = set(), threading.Lock(), set()

    def paint(thread, _):
        with lock:
            assert thread not in busy
            busy.add(thread)
            seen.add(thread)
        with lock:
            busy.remove(thread)

    bands.paint(40 * BAND_ROWS, paint)
    assert seen == set(range(bands.threads))


def test_what_goes_wrong_in_a_thread_is_raised(bands):
    def fail(_, top):
        if top == BAND_ROWS:
            raise ZeroDivisionError(top)

    with pytest.raises(ZeroDivisionError):
        bands.paint(5 * BAND_ROWS, fail)


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (3, 3), (64, 4)])
def test_there_are_as_many_threads_as_cores_up_to_four(monkeypatch, cores, threads):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    started = Bands()
    started.close()
    assert started.threads == threads
