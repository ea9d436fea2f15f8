"""A network between two others."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipelines.motion_expert.mace.checkpoint import load_checkpoint
from pipelines.support.errors import BadUsage

_SCRIPT = Path(__file__).parents[2] / "examples" / "mix_checkpoints.py"
_SPEC = importlib.util.spec_from_file_location("mix_checkpoints", _SCRIPT)
mix_checkpoints = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mix_checkpoints)


def test_weights_lie_between_and_what_is_fitted_is_the_tuned_one_s():
    base = load_checkpoint(None)
    tuned = replace(base, weights={n: value.float() + 1 for n, value in base.weights.items()})
    mixed = mix_checkpoints.mixed(base, tuned, 0.25)
    for name, value in mixed.weights.items():
        share = 1.0 if name.startswith(("precondition.", "mean_bar.")) else 0.25
        torch.testing.assert_close(value, base.weights[name].float() + share)
    assert mixed.metadata["share_of_tuned"] == 0.25


def test_networks_of_different_shapes_are_refused():
    base = load_checkpoint(None)
    other = replace(base, config=replace(base.config, genres=("salsa",)))
    with pytest.raises(BadUsage):
        mix_checkpoints.mixed(base, other, 0.5)
