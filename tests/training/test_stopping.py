"""Requests to stop: noted and not acted on, and whoever listened before listens again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipelines.training.stopping import stop_requests

KINDS = [signal.SIGTERM, signal.SIGUSR1]


def send(kind: signal.Signals) -> None:
    os.kill(os.getpid(), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_noted_and_the_step_goes_on(kind):
    with stop_requests() as asked:
        assert asked() is False
        send(kind)
        assert asked() is True
        assert asked() is True  # it is not forgotten once it was read


def test_many_requests_are_one():
    with stop_requests() as asked:
        for _ in range(3):
            for kind in KINDS:
                send(kind)
        assert asked() is True


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_listened_before_listens_again(kind):
    heard: list[int] = []
    before = signal.signal(kind, lambda number, frame: heard.append(number))
    try:
        with stop_requests():
            send(kind)
        assert heard == []
        send(kind)
        assert heard == [kind]
    finally:
        signal.signal(kind, before)


def test_listeners_come_back_after_an_error_too():
    before = [signal.getsignal(kind) for kind in KINDS]
    with pytest.raises(ZeroDivisionError), stop_requests():
        raise ZeroDivisionError
    assert [signal.getsignal(kind) for kind in KINDS] == before


def test_one_run_after_another_starts_unasked():
    with stop_requests() as first:
        send(signal.SIGUSR1)
        assert first()
    with stop_requests() as second:
        assert not second()


def test_ctrl_c_is_noted_once_and_heeded_at_once_when_it_comes_again():
    heard: list[bool] = []
    with stop_requests(lambda: heard.append(True)) as asked:
        send(signal.SIGINT)
        assert asked() and heard == [True]
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_job_in_the_background_does_not_hear_ctrl_c():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_requests() as asked:
            send(signal.SIGINT)
            assert not asked()
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_signals_keep_their_meaning():
    before = signal.getsignal(signal.SIGUSR2)
    with stop_requests():
        assert signal.getsignal(signal.SIGUSR2) == before


def test_in_another_thread_nothing_is_asked_and_nothing_breaks():
    answers: list[bool] = []

    def run() -> None:
        with stop_requests() as asked:
            answers.append(asked())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert answers == [False]


def test_outside_of_it_sigterm_ends_the_process():
    """The sanity of the tests above: without the handler the signal is deadly."""
    done = subprocess.run(
        [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"],
        cwd=Path(__file__).parent,
    )
    assert done.returncode == -signal.SIGTERM
