"""A run that begins with the weights of another."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.motion_expert.mace.warm_start import start_from
from pipelines.support.errors import BadUsage

OLD = replace(PRESETS["tiny"], genres=("salsa", "ballet"), beat_clock=False, dropout=0.0)


def trained():
    torch.manual_seed(1)
    model = MotionExpert(OLD).eval()
    for value in model.parameters():
        value.data += 0.02 * torch.randn_like(value)
    ones = np.ones(151, np.float32), np.ones(35, np.float32)
    scaling = Normalizer(-ones[0], ones[0]), Standardizer(ones[1], ones[1])
    return model, Checkpoint(OLD, model.state_dict(), *scaling, "schema", {})


def answer(model, music):
    torch.manual_seed(2)
    x = torch.randn(2, 20, 151)
    keep, genre = torch.tensor([True, True]), torch.tensor([0, -1])
    with torch.no_grad():
        return model(x, torch.tensor([500, 20]), music, torch.tensor([0.7, 1.0]), genre, keep)


def test_a_network_that_hears_more_and_knows_more_genres_answers_alike_at_first():
    old, checkpoint = trained()
    larger = replace(OLD, genres=("salsa", "ballet", "tango"), beat_clock=True)
    model = MotionExpert(larger).eval()
    start_from(model, checkpoint)
    music = torch.randn(2, 20, larger.heard_size, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(answer(model, music), answer(old, music[..., :35]))


def test_a_beat_gate_that_the_first_network_lacks_is_shut_at_first():
    old, checkpoint = trained()
    gated = MotionExpert(replace(OLD, beat_clock=True, beat_gate=True)).eval()
    start_from(gated, checkpoint)
    music = torch.randn(2, 20, 41, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(answer(gated, music), answer(old, music[..., :35]))
    known = replace(checkpoint, config=gated.config, weights=gated.state_dict())
    known.weights["dance_blocks.0.gate.affine.2.bias"] += 0.5
    again = MotionExpert(gated.config).eval()
    start_from(again, known)
    assert not torch.allclose(answer(again, music), answer(old, music[..., :35]))


@pytest.mark.parametrize("changes", [{"width": 16}, {"dance_blocks": 3}, {"genres": ("salsa",)}])
def test_another_shape_is_refused(changes):
    _, checkpoint = trained()
    with pytest.raises(BadUsage, match="--init"):
        start_from(MotionExpert(replace(OLD, **changes)), checkpoint)
