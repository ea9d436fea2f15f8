"""The generator: causal, with the music of the next token, the same step by step."""

import math

import pytest
import torch

from pipelines.motion_expert.megadance.generator.network import Stream
from pipelines.support.errors import UnsuitableInput

VARIANTS = (
    {}, {"layers": 2}, {"layout": "sequential"}, {"rank": 0}, {"rank": 0, "layout": "sequential"},
    {"tokens": "flat"}, {"universal": False}, {"special": False}, {"mamba": False}, {"genres": ()},
    {"beat_gate": True},
)  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@torch.no_grad()
def test_step_by_step_it_is_the_same(generators, tokens, variant):
    network = generators(**variant)
    x, music = tokens(2, 9), torch.randn(2, 9, network.heard)
    for genre in (1, -1) if network.config.genres else (-1,):
        genre_B, stream = torch.full((2,), genre), Stream()
        steps = [network.step(x[:, n], music[:, n], genre_B, stream) for n in range(9)]
        whole = network(x, music, genre_B)
        assert whole.shape == (2, 9, 2, 4375 if network.flat else 27)
        torch.testing.assert_close(torch.stack(steps, 1), whole, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_past_and_the_music_so_far_are_all_it_sees(generators, tokens):
    network = generators()
    x, music, genre_B = tokens(1, 9), torch.randn(1, 9, 35), torch.tensor([0])
    before = network(x, music, genre_B)
    later, louder = x.clone(), music.clone()
    later[:, 6] = 0
    louder[:, 6] += 1
    for changed in (network(later, music, genre_B), network(x, louder, genre_B)):
        torch.testing.assert_close(changed[:, :6], before[:, :6])
        assert not torch.allclose(changed[:, 6], before[:, 6])


@torch.no_grad()
def test_genres_are_danced_differently(generators, tokens):
    x, music = tokens(1, 4), torch.randn(1, 4, 35)
    network = generators()
    found = [network(x, music, torch.tensor([genre])) for genre in (0, 1, -1)]
    assert not torch.allclose(found[0], found[1]) and not torch.allclose(found[0], found[2])


@pytest.mark.parametrize("kind", ["levels", "flat"])
def test_knowing_nothing_costs_the_logarithm_of_the_choices(generators, tokens, kind):
    network = generators(tokens=kind)
    logits = torch.zeros(2, 5, 2, 4375 if kind == "flat" else 27)
    # 7 x 5 x 5 x 5 x 5 = 4375: both count the same choices.
    assert float(network.loss(logits, tokens(2, 5))) == pytest.approx(2 * math.log(4375), rel=1e-4)


def test_tokens_and_music_of_different_lengths_are_refused(generators, tokens):
    network = generators()
    with pytest.raises(UnsuitableInput, match="do not fit"):
        network(tokens(1, 5), torch.zeros(1, 4, 35), torch.tensor([0]))
    with pytest.raises(UnsuitableInput, match="do not fit"):
        network(tokens(1, 5)[..., :4], torch.zeros(1, 5, 35), torch.tensor([0]))


@torch.no_grad()
def test_the_beat_gates_every_position_once_it_is_open(generators, tokens):
    network, plain = generators(beat_gate=True), generators()
    plain.load_state_dict({n: v for n, v in network.state_dict().items() if ".gate." not in n})
    x, music, genre_B = tokens(1, 9), torch.randn(1, 9, 41), torch.tensor([0])
    torch.testing.assert_close(network(x, music, genre_B), plain(x, music[..., :35], genre_B))
    for layer in network.layers:
        torch.nn.init.normal_(layer.gate.affine[-1].weight)
    before = network(x, music, genre_B)
    turned = music.clone()
    turned[:, 6, 35:] *= -1
    after = network(x, turned, genre_B)
    torch.testing.assert_close(after[:, :6], before[:, :6])
    assert not torch.allclose(after[:, 6], before[:, 6])
    with pytest.raises(UnsuitableInput, match=r"expected \(B, L, 2, 5\) and \(B, L, 41\)"):
        network(x, music[..., :35], genre_B)
