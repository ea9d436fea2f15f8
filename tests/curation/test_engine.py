"""The same functions in processes of this machine and on Ray."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pipelines.curation.engine import spread
from pipelines.media.wild_video import examine_video, grid_rate
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.parallel import WorkerDied

RATES = [Fraction(24), Fraction(120), Fraction(2997, 100)]


def test_local_processes_give_all_results() -> None:
    found = dict(spread(grid_rate, RATES, 2, "local"))
    assert found == {rate: grid_rate(rate) for rate in RATES}


def test_ray_gives_the_same_results_and_errors() -> None:
    pytest.importorskip("ray")
    found = dict(spread(grid_rate, RATES, 2, "ray"))
    assert found == {rate: grid_rate(rate) for rate in RATES}
    ((_, error),) = spread(examine_video, [Path("/none.mp4")], 2, "ray")
    assert isinstance(error, UnsuitableInput) and "no such file" in str(error)


def test_without_ray_the_package_is_named() -> None:
    try:
        import ray  # noqa: F401
    except ImportError:
        with pytest.raises(MissingAsset, match="Ray is not installed") as caught:
            list(spread(grid_rate, RATES, 2, "ray"))
        assert "macedance[ray]" in caught.value.hint


class FakeRay(ModuleType):
    """As much of Ray as is used, in this process: the newest task is done first."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = SimpleNamespace(RayTaskError=FakeTaskError, RayError=FakeRayError)
        self.started: dict[str, Any] | None = None
        self.shut_down = False
        self.options: dict[str, Any] = {}
        self.running: list[Any] = []
        self.most_running = 0
        self.cancelled: list[Any] = []

    def is_initialized(self) -> bool:
        return self.started is not None

    def init(self, **options: Any) -> None:
        self.started = options

    def shutdown(self) -> None:
        self.shut_down = True

    def remote(self, **options: Any) -> Any:
        self.options = options
        return lambda function: SimpleNamespace(remote=lambda item: self._run(function, item))

    def _run(self, function: Any, item: Any) -> Any:
        task = (len(self.cancelled), function, item)
        self.running.append(task)
        self.most_running = max(self.most_running, len(self.running))
        return task

    def wait(self, tasks: list[Any], num_returns: int) -> tuple[list[Any], list[Any]]:
        assert num_returns == 1 and tasks == self.running
        return [self.running.pop()], tasks

    def get(self, task: Any) -> Any:
        return task[1](task[2])

    def cancel(self, task: Any, force: bool) -> None:
        assert force
        self.cancelled.append(task[2])


class FakeRayError(Exception):
    pass


class FakeTaskError(FakeRayError):
    def __init__(self, cause: object) -> None:
        super().__init__("a traceback")
        self.cause = cause


@pytest.fixture
def fake_ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    ray = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return ray


def test_on_ray_no_more_tasks_run_than_workers_and_none_is_tried_twice(fake_ray: FakeRay) -> None:
    found = list(spread(lambda item: item * item, [1, 2, 3, 4, 5], 2, "ray"))
    assert sorted(found) == [(n, n * n) for n in (1, 2, 3, 4, 5)]
    assert [item for item, _ in found] == [2, 3, 4, 5, 1], "as they are done"
    assert fake_ray.most_running == 2
    assert fake_ray.options == {"num_cpus": 1, "max_retries": 0}


@pytest.mark.parametrize("address", [None, "ray://cluster:10001"])
def test_a_cluster_that_is_named_is_joined(fake_ray, monkeypatch, address) -> None:
    if address:
        monkeypatch.setenv("RAY_ADDRESS", address)
    list(spread(str, [1], 3, "ray"))
    own = {} if address else {"num_cpus": 3, "include_dashboard": False}
    assert fake_ray.started == {"log_to_driver": False, "logging_level": "ERROR"} | own
    assert fake_ray.shut_down


def test_a_ray_that_others_have_started_is_left_running(fake_ray: FakeRay) -> None:
    fake_ray.init()
    list(spread(str, [1], 3, "ray"))
    assert fake_ray.started == {} and not fake_ray.shut_down


def test_errors_on_ray_are_results_of_their_item(fake_ray: FakeRay) -> None:
    def fails(item: str) -> None:
        raise {
            "refused": FakeTaskError(UnsuitableInput("too short")),
            "odd": FakeTaskError("no exception"),
            "died": FakeRayError("the worker\n  was killed " + "x" * 500),
        }[item]

    found = dict(spread(fails, ["refused", "odd", "died"], 3, "ray"))
    assert isinstance(found["refused"], UnsuitableInput)
    assert isinstance(found["odd"], FakeTaskError)
    died = found["died"]
    assert isinstance(died, WorkerDied) and "the worker was killed x" in str(died)
    assert len(str(died)) < 200


def test_what_still_runs_is_cancelled_when_nobody_wants_it_any_more(fake_ray: FakeRay) -> None:
    results = spread(str, [1, 2, 3, 4], 3, "ray")
    assert next(results) == (3, "3")
    results.close()
    assert fake_ray.cancelled == [1, 2] and fake_ray.shut_down
