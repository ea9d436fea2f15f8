"""The library's own options."""

import pytest

from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.support.errors import BadUsage


@pytest.mark.parametrize("energy", [None, 0.0, 0.5, 1.0])
def test_energies_that_there_are(energy):
    assert LibraryOptions(energy=energy).validate().energy == energy


@pytest.mark.parametrize("energy", [-0.1, 1.1, float("nan")])
def test_an_energy_out_of_range_is_refused_by_name(energy):
    with pytest.raises(BadUsage, match=r"--energy .*must lie in 0 \.\.\. 1"):
        LibraryOptions(energy=energy).validate()


@pytest.mark.parametrize("variation", [-0.1, 1.1, float("nan")])
def test_a_variation_out_of_range_is_refused_by_name(variation):
    assert LibraryOptions(variation=0.3).validate().variation == 0.3
    with pytest.raises(BadUsage, match=r"--variation .*must lie in 0 \.\.\. 1"):
        LibraryOptions(variation=variation).validate()
