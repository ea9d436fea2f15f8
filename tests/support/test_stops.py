"""Steps that a stop must not cut in two."""

import signal
import threading
import time

import pytest

from pipelines.support.stops import held_back


@pytest.fixture
def heard():
    """The signals that a handler of ours has had, in their order."""
    came: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in numbers}
    yield came
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_within_is_handled_at_the_end(heard):
    with held_back():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert heard == []
    assert heard == [signal.SIGTERM, signal.SIGINT]


def test_a_block_within_a_block_waits_for_the_outer_one(heard):
    with held_back():
        with held_back():
            signal.raise_signal(signal.SIGALRM)
        assert heard == []
    assert heard == [signal.SIGALRM]


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_stop_that_waited_takes_the_place_of_an_error(heard):
    def leave(number, frame):
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, leave)
    with pytest.raises(SystemExit) as stop, held_back():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("of the step itself")
    assert isinstance(stop.value.__context__, ValueError)


def test_another_thread_holds_nothing_back(heard):
    handler = signal.getsignal(signal.SIGTERM)
    seen = []

    def within():
        with held_back():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert seen == [handler]


def test_whenever_a_handler_raises_all_are_back_behind_the_block(heard):
    def leave(number, frame):
        raise TimeoutError

    signal.signal(signal.SIGALRM, leave)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    raised = 0
    for microseconds in range(1, 600):
        try:
            signal.setitimer(signal.ITIMER_REAL, microseconds % 60 / 1e6 + 1e-6)
            with held_back():
                pass
            time.sleep(0.0001)
        except TimeoutError:
            raised += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert {number: signal.getsignal(number) for number in before} == before
        assert signal.getsignal(signal.SIGALRM) is leave
    assert raised
