import time

import pytest
import torch

from pipelines.training.feed import Feed


def numbered(number):
    return {"n": torch.tensor(number)}


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_batches_come_in_order_from_the_start_given(workers):
    def make(number):
        time.sleep(0.002 * (number % 3))
        return numbered(number)

    with Feed(make, 7, workers) as feed:
        assert [int(feed.next()["n"]) for _ in range(12)] == list(range(7, 19))


def test_workers_build_while_the_network_works():
    def make(number):
        time.sleep(0.02)
        return numbered(number)

    with Feed(make, 0, workers=1) as feed:
        feed.next()
        first = feed.waited
        for _ in range(5):
            time.sleep(0.06)
            feed.next()
    assert feed.waited - first < 0.05


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_surface_where_the_batch_is_asked_for(workers):
    def make(number):
        raise ValueError("bad window")

    with Feed(make, 0, workers) as feed, pytest.raises(ValueError, match="bad window"):
        feed.next()
