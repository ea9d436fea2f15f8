import threading
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
    built = [threading.Event() for _ in range(20)]

    def make(number):
        built[number].set()
        return numbered(number)

    with Feed(make, 0, workers=1) as feed:
        for number in range(5):
            feed.next()
            # Nobody asks for the next one, and it is built.
            assert built[number + 1].wait(60)


def test_waiting_is_counted():
    ready = threading.Event()

    def make(number):
        assert ready.wait(60)
        return numbered(number)

    with Feed(make, 0, workers=1) as feed:
        threading.Timer(0.1, ready.set).start()
        feed.next()
        # A little less where the timer's clock had begun before ours.
        assert feed.waited > 0.05


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_surface_where_the_batch_is_asked_for(workers):
    def make(number):
        raise ValueError("bad window")

    with Feed(make, 0, workers) as feed, pytest.raises(ValueError, match="bad window"):
        feed.next()
