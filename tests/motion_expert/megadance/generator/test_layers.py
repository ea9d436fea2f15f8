"""Masks, norms of streams, low-rank changes, routing by label."""

from dataclasses import replace

import pytest
import torch

from pipelines.motion_expert.megadance.generator.layers import (
    GenreExperts,
    GenreLinear,
    Memory,
    StreamNorm,
    sliding_mask,
)
from pipelines.motion_expert.megadance.presets import GENERATORS

SHAPE = replace(GENERATORS["tiny"], genres=("house", "krump"), reach=4)


def test_a_position_sees_the_last_ones_of_every_stream():
    mask = sliding_mask(29, 22, torch.device("cpu"))
    assert mask.shape == (87, 87)
    one = mask[:29, :29]
    assert one.sum(1).tolist() == [min(i + 1, 22) for i in range(29)]
    assert one[25].nonzero()[:, 0].tolist() == list(range(4, 26))
    assert torch.equal(mask, one.repeat(3, 3))


def test_a_low_rank_change_is_that_of_the_genre_and_none_without_one():
    torch.manual_seed(0)
    layer = GenreLinear(6, 4, genres=3, rank=2)
    torch.nn.init.normal_(layer.high)
    x = torch.randn(3, 5, 6)
    out = layer.of(x, torch.tensor([2, -1, 0]))
    changed = layer.weight + layer.high[2] @ layer.low[2]
    torch.testing.assert_close(out[0], x[0] @ changed.T + layer.bias)
    torch.testing.assert_close(out[1], layer(x[1]))


def test_streams_are_normalised_with_their_own_gains():
    norm = StreamNorm(8)
    with torch.no_grad():
        norm.weight[2] = 3
    out = norm(torch.randn(2, 3, 5, 8))
    spread = out.std(-1, unbiased=False).mean((0, 2))
    torch.testing.assert_close(spread, torch.tensor([1.0, 1.0, 3.0]), atol=1e-3, rtol=0)


@pytest.mark.parametrize("rank", [0, 2])
@torch.no_grad()
def test_samples_go_to_the_expert_of_their_label(rank):
    torch.manual_seed(0)
    experts = GenreExperts(replace(SHAPE, rank=rank)).eval()
    for name, weight in experts.named_parameters():
        if name.endswith(".high"):
            torch.nn.init.normal_(weight, std=0.3)
    x, mask = torch.randn(3, 3, 6, 16), sliding_mask(6, 4, torch.device("cpu"))
    together = experts(x, torch.tensor([1, 0, -1]), mask)
    for row, genre in enumerate((1, 0, -1)):
        alone = experts(x[row : row + 1], torch.tensor([genre]), mask)
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=1e-5)
    other = experts(x, torch.tensor([0, 0, 0]), mask)
    assert not torch.allclose(together[0], other[0], atol=1e-3)
    if not rank:
        assert torch.equal(together[2], x[2])


@torch.no_grad()
def test_a_memory_keeps_the_window_and_no_more():
    experts, memory = GenreExperts(SHAPE).eval(), Memory()
    for count in range(1, 9):
        experts.step(torch.randn(1, 3, 1, 16), torch.tensor([0]), memory)
        assert memory.seen() == min(count, 4)
        assert memory.keys.shape[3] == 4
