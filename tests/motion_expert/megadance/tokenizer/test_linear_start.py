"""A new tokenizer is a linear code: exact where it can be, and its values use the levels."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion.representation import encode
from pipelines.motion_expert.megadance.halves import HalfScaling
from pipelines.motion_expert.megadance.presets import TOKENIZERS
from pipelines.motion_expert.megadance.tokenizer.linear_start import begin_linear
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer


def begun(x_NTK, **changes):
    torch.manual_seed(0)
    shape = replace(TOKENIZERS["small"], **changes)
    network = Tokenizer(shape, HalfScaling.fit(x_NTK.numpy())).eval()
    begin_linear(network, x_NTK)
    return network


@pytest.fixture
def walks(dances):
    x = np.stack([encode(dances(seed=n).motion) for n in range(6)])
    walk = np.random.default_rng(0).normal(size=x.shape).cumsum(1) / 40
    return torch.from_numpy((x + walk).astype(np.float32))


@torch.no_grad()
def test_what_is_quantised_has_unit_variance_and_no_mean(walks):
    network = begun(walks)
    for half, x in zip((network.up, network.down), network.normalised(walks), strict=True):
        z = half.project_in(half.encoder(x)).flatten(0, 1)
        np.testing.assert_allclose(z.mean(0), 0, atol=0.02)
        np.testing.assert_allclose(z.std(0), 1, rtol=1e-3)


@torch.no_grad()
def test_the_decoder_undoes_what_the_encoder_does_to_what_five_numbers_hold(walks):
    random = np.random.default_rng(0)
    base, way = random.normal(size=151), random.normal(size=(8, 151))
    chosen = random.choice([-2.0, 2.0], size=(40, 12, 1, 1))
    x = torch.from_numpy((base + chosen * way).reshape(40, 96, 151).astype(np.float32))
    network = begun(x)
    up, _ = network.normalised(x)
    values, levels, _ = network.up.quantise(up)
    assert len(network.up.fsq.ids(levels)[:, 1:-1].unique()) >= 2
    left = (network.up.rebuild(values) - up)[:, 8:-8].square().mean() / up.square().mean()
    assert left < 1e-3


@torch.no_grad()
def test_it_begins_nearer_to_the_dance_than_chance_does(walks):
    up, _ = begun(walks).normalised(walks)
    error = {}
    for name, network in (("linear", begun(walks)), ("drawn", Tokenizer(TOKENIZERS["small"]))):
        error[name] = float((network.up.rebuild(network.up.quantise(up)[0]) - up).square().mean())
    assert error["linear"] < 0.6 * error["drawn"]


@pytest.mark.parametrize("changes", [{"width": 16, "blocks": 1}, {"quantizer": "vq"}])
def test_any_width_and_learnt_codes_can_begin_so_and_learn(walks, changes):
    network = begun(walks, **changes)
    rebuilt = network(walks)
    (rebuilt.up.square().mean() + rebuilt.down.square().mean()).backward()
    assert torch.isfinite(rebuilt.up).all()
    for block in (network.up.encoder.downs[0].blocks[0], network.down.decoder.ups[2].blocks[0]):
        assert block.point.weight.grad.any()
