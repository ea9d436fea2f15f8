"""The same function of many items: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from pipelines.support.errors import MissingAsset
from pipelines.support.parallel import WorkerDied, each

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    engine: str,
    apart: bool = False,
) -> Generator[tuple[Item, Result | Exception], None, None]:
    """`function` of every item, in the order in which they are done; see parallel.each.

    Args:
        workers: processes; on Ray, tasks at a time.
        engine: "local" or "ray".
        apart: see parallel.each; on Ray every task is.

    Raises:
        MissingAsset: Ray is not installed.
    """
    if engine == "local":
        return each(function, items, workers, apart)
    return _each_on_ray(function, items, workers)


def _each_on_ray(
    function: Callable[[Any], Any], items: Sequence[Any], workers: int
) -> Generator[tuple[Any, Any], None, None]:
    try:
        import ray
    except ImportError:
        raise MissingAsset(
            "--engine ray: Ray is not installed", "pip install 'macedance[ray]'"
        ) from None
    started = not ray.is_initialized()
    if started:
        _join_or_start(ray, workers)
    # A crash is reported as of this item, not tried again and again.
    remote = ray.remote(num_cpus=1, max_retries=0)(function)
    left = list(reversed(items))
    running: dict[Any, Any] = {}
    try:
        while left or running:
            while left and len(running) < workers:
                item = left.pop()
                running[remote.remote(item)] = item
            done, _ = ray.wait(list(running), num_returns=1)
            item = running.pop(done[0])
            yield item, _outcome(ray, done[0])
    finally:
        for reference in running:
            ray.cancel(reference, force=True)
        if started:
            ray.shutdown()


def _outcome(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        return error.cause if isinstance(error.cause, Exception) else error
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[:120]
        return WorkerDied(f"the Ray worker that worked on it died ({reason})", "")


def _join_or_start(ray: Any, workers: int) -> None:
    """The cluster of RAY_ADDRESS, or one of our own on this machine."""
    import os

    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    if os.environ.get("RAY_ADDRESS"):
        ray.init(**quiet)
    else:
        ray.init(num_cpus=workers, include_dashboard=False, **quiet)
