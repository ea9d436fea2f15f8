"""Own options: defaults that hold, and what is refused."""

from dataclasses import replace

import pytest

from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.support.errors import BadUsage


def test_defaults_hold():
    assert InfiniteDanceOptions().validate() == InfiniteDanceOptions(1.0, 1.0, "weighted")


@pytest.mark.parametrize("change", [
    {"top_p": 0.0}, {"top_p": 1.1}, {"temperature": -1.0}, {"top_k": -1},
    {"repetition_penalty": 0.5}, {"reference": "all"},
])  # fmt: skip
def test_values_that_cannot_be(change):
    with pytest.raises(BadUsage, match=f"--{next(iter(change)).replace('_', '-')}"):
        replace(InfiniteDanceOptions(), **change).validate()
