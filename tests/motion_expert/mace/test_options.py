"""The own options of the expert "mace", and how it samples: one range for both."""

from dataclasses import replace

import pytest

from pipelines.motion_expert.mace.options import MaceOptions, SamplingConfig
from pipelines.support.errors import BadUsage


@pytest.mark.parametrize(
    ("change", "flag"),
    [({"beta": 0.0}, "--beta"), ({"beta": 1.1}, "--beta"), ({"beta": float("nan")}, "--beta"),
     ({"sampling_steps": 0}, "--sampling-steps"), ({"sampling_steps": 1001}, "--sampling-steps")],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("config", [MaceOptions(), SamplingConfig()])
def test_out_of_range(config, change, flag):
    with pytest.raises(BadUsage, match=flag):
        replace(config, **change).validate()


@pytest.mark.parametrize("change", [{"tempo_change": -0.1}, {"tempo_change": 0.6}], ids=str)
def test_a_tempo_that_no_dancer_follows(change):
    with pytest.raises(BadUsage, match="--tempo-change"):
        MaceOptions(**change).validate()


@pytest.mark.parametrize("count", [0, 65])
def test_too_many_dances_or_none(count):
    with pytest.raises(BadUsage, match="--candidates"):
        SamplingConfig(candidates=count).validate()


def test_both_have_the_same_defaults():
    options, sampling = MaceOptions(), SamplingConfig()
    assert (options.beta, options.sampling_steps) == (sampling.beta, sampling.sampling_steps)
    assert options.validate() is options and sampling.validate() is sampling
