"""The same functions in processes of this machine and on Ray."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from pipelines.curation.engine import spread
from pipelines.media.wild_video import examine_video, grid_rate
from pipelines.support.errors import MissingAsset, UnsuitableInput

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
