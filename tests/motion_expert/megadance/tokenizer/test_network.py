"""Through the tokens and back: shapes, scaling, any length."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion.representation import encode
from pipelines.motion_expert.megadance.presets import TOKENIZERS
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer


@pytest.fixture
def encoded(dances):
    return torch.from_numpy(np.stack([encode(dances(seed=n).motion) for n in (0, 1)]))


def test_eight_frames_are_a_token_of_five_levels_for_each_half(tokenizer, encoded):
    rebuilt = tokenizer(encoded)
    assert rebuilt.up.shape == (2, 96, 90) and rebuilt.down.shape == (2, 96, 57)
    assert rebuilt.tokens.shape == (2, 12, 2, 5)
    assert rebuilt.commitment == 0


@torch.no_grad()
def test_tokens_decode_to_what_the_network_rebuilt(tokenizer, encoded):
    rebuilt = tokenizer(encoded)
    velocity, sixes = tokenizer.decode(tokenizer.encode(encoded))
    expected = tokenizer.metric(rebuilt.up, rebuilt.down)
    torch.testing.assert_close(velocity, expected[0])
    torch.testing.assert_close(sixes, expected[1])


@pytest.mark.parametrize("frames", [1, 7, 8, 9, 95])
def test_any_length_is_filled_up_and_cut(tokenizer, encoded, frames):
    tokens = tokenizer.encode(encoded[:, :frames])
    assert tokens.shape == (2, -(-frames // 8), 2, 5)
    velocity, sixes = tokenizer.decode(tokens, frames)
    assert (velocity.shape, sixes.shape) == ((2, frames, 3), (2, frames, 144))


def test_scaling_goes_both_ways(tokenizer, encoded):
    tokenizer.scaling.up_mean += 0.3
    tokenizer.scaling.down_std *= 2
    velocity, sixes = tokenizer.metric(*tokenizer.normalised(encoded))
    torch.testing.assert_close(sixes, encoded[..., 7:])
    torch.testing.assert_close(velocity[:, :-1], encoded[..., 4:7].diff(dim=1))


def test_learnt_codes_are_the_nearest_and_learn(encoded):
    torch.manual_seed(0)
    network = Tokenizer(replace(TOKENIZERS["tiny"], quantizer="vq"))
    rebuilt = network(encoded)
    assert rebuilt.commitment > 0
    assert rebuilt.tokens.min() >= 0
    (rebuilt.up.square().mean() + rebuilt.commitment).backward()
    assert network.up.codebook.grad.any()
    assert network.up.encoder.out.weight.grad.any()
    z = network.up.project_in(network.up.encoder(network.normalised(encoded)[0]))
    chosen = network.up.codebook[network.up.fsq.ids(rebuilt.tokens[..., 0, :])]
    other = network.up.codebook[:50]
    away = (z - chosen).norm(dim=-1)
    assert (away[..., None] <= (z[..., None, :] - other).norm(dim=-1) + 1e-5).all()
