"""Residual quantisation in closed form."""

import pytest
import torch

from pipelines.motion_expert.sequence.rvq import (
    Codebook,
    ResidualQuantiser,
    RvqConfig,
    code_use,
)

PLAIN = RvqConfig(layers=2, codes=4, width=2, dropout=0.0, temperature=0.0)


def quantiser(*codebooks, config=PLAIN):
    made = ResidualQuantiser(config)
    for layer, codes in zip(made.layers, codebooks, strict=True):
        layer.codes_KC.copy_(torch.tensor(codes))
        layer.sums_KC.copy_(layer.codes_KC)
        layer.begun.fill_(1)
    return made


COARSE = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]]
FINE = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]


def test_the_second_layer_says_what_the_first_left():
    made = quantiser(COARSE, FINE).eval()
    found = made(torch.tensor([[10.9, 0.2], [0.1, 8.8]]))
    assert found.index_NQ.tolist() == [[1, 0], [2, 3]]
    torch.testing.assert_close(found.sum_NC, torch.tensor([[11.0, 0.0], [0.0, 9.0]]))
    torch.testing.assert_close(made.codes(found.index_NQ).sum(1), found.sum_NC)
    # Layer 1: mean of (.81 + .04 + .01 + 1.44) / 4; layer 2: (.01 + .04 + .01 + .04) / 4.
    assert float(found.commitment) == pytest.approx((2.30 / 4 + 0.10 / 4) / 2, abs=1e-5)


def test_gradients_pass_as_if_nothing_had_happened():
    x = torch.tensor([[10.9, 0.2]], requires_grad=True)
    made = quantiser(COARSE, FINE).eval()
    (made(x).sum_NC * torch.tensor([3.0, 5.0])).sum().backward()
    assert x.grad.tolist() == [[3.0, 5.0]]


def test_commitment_pulls_vectors_to_their_codes():
    x = torch.tensor([[10.9, 0.2]], requires_grad=True)
    quantiser(COARSE, FINE).eval()(x).commitment.backward()
    # Half of d/dx of |x - c|² / 2 for either layer.
    torch.testing.assert_close(x.grad, torch.tensor([[(0.9 - 0.1) / 2, (0.2 + 0.2) / 2]]))


def test_codes_follow_the_mean_of_what_is_assigned_to_them():
    config = RvqConfig(layers=1, codes=2, width=1, decay=0.9, dropout=0.0, temperature=0.0, least=0)
    made = quantiser([[0.0], [10.0]], config=config).train()
    book = made.layers[0]
    x = torch.tensor([[1.0], [2.0], [3.0], [9.0]])
    made(x)
    # uses 0.9 + 0.1 n, sums 0.9 code + 0.1 of what was assigned.
    torch.testing.assert_close(book.uses_K, torch.tensor([0.9 + 0.3, 0.9 + 0.1]))
    torch.testing.assert_close(book.codes_KC, torch.tensor([[0.6 / 1.2], [9.9]]))
    for _ in range(200):
        made(x)
    torch.testing.assert_close(book.codes_KC, torch.tensor([[2.0], [9.0]]), atol=1e-3, rtol=0)


def test_a_code_that_nobody_uses_begins_anew_where_data_is():
    config = RvqConfig(layers=1, codes=2, width=1, decay=0.5, dropout=0.0, temperature=0.0)
    made = quantiser([[5.0], [1000.0]], config=config).train()
    x = torch.tensor([[4.0], [6.0]])
    made(x)
    assert float(made.layers[0].codes_KC[1]) in (4.0, 6.0)
    made(x)
    assert sorted(made(x).index_NQ[:, 0].tolist()) == [0, 1]


def test_codebooks_begin_with_the_first_vectors():
    torch.manual_seed(0)
    made = ResidualQuantiser(PLAIN).train()
    x = torch.randn(4, 2)
    found = made(x)
    torch.testing.assert_close(found.sum_NC.detach(), x)  # each vector is a code
    assert sorted(found.index_NQ[:, 0].tolist()) == [0, 1, 2, 3]


def test_fewer_vectors_than_codes():
    made = ResidualQuantiser(RvqConfig(layers=1, codes=16, width=3)).train()
    made(torch.ones(2, 3))
    book = made.layers[0].codes_KC
    assert torch.isfinite(book).all()
    assert ((book - 1).abs() < 0.1).all()


def test_dropout_leaves_out_the_last_layers():
    config = RvqConfig(layers=3, codes=8, width=2, dropout=1.0, temperature=0.0)
    torch.manual_seed(1)
    made = ResidualQuantiser(config).train()
    dropped = [int((made(torch.randn(16, 2)).index_NQ[0] < 0).sum()) for _ in range(60)]
    assert set(dropped) == {0, 1, 2}
    index = torch.tensor([[3, 2, -1]])
    assert (made.codes(index)[0, 2] == 0).all()
    assert (made.eval()(torch.randn(16, 2)).index_NQ >= 0).all()


def test_sampling_in_training_only():
    book = Codebook(RvqConfig(codes=2, width=1, temperature=0.5))
    book.codes_KC.copy_(torch.tensor([[0.0], [1.0]]))
    x = torch.full((20_000, 1), 0.4)
    torch.manual_seed(0)
    share = float(book.train().nearest(x).double().mean())
    # Gumbel noise of temperature t chooses by softmax of -distance / t.
    expected = torch.softmax(-torch.tensor([0.16, 0.36]) / 0.5, 0)[1]
    assert share == pytest.approx(float(expected), abs=0.01)
    assert int(book.eval().nearest(x).sum()) == 0


def test_more_layers_leave_less_unsaid():
    torch.manual_seed(0)
    made = ResidualQuantiser(RvqConfig(layers=3, codes=32, width=4, dropout=0.0, temperature=0.0))
    x = torch.randn(2000, 4)
    for _ in range(30):
        made.train()(x)
    index = made.eval()(x).index_NQ
    each = made.codes(index)
    left = [float((x - each[:, : n + 1].sum(1)).pow(2).mean()) for n in range(3)]
    assert left[0] > 1.5 * left[1] > 2 * left[2]


def test_use_of_codes():
    index = torch.tensor([[0, 1], [0, 1], [1, 1], [1, -1]])
    (share, perplexity), (one, alone) = code_use(index, 4)
    assert (share, one) == (0.5, 0.25)
    assert perplexity == pytest.approx(2.0)
    assert alone == pytest.approx(1.0)


def test_all_that_is_random_follows_from_the_seed():
    def trained():
        torch.manual_seed(3)
        made = ResidualQuantiser(RvqConfig(layers=2, codes=8, width=3)).train()
        for _ in range(5):
            made(torch.randn(20, 3))
        return made.state_dict()

    one, other = trained(), trained()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_codes_begin_as_the_means_of_clusters_each_layer_of_what_is_left():
    random = torch.Generator().manual_seed(0)
    coarse = torch.tensor(COARSE)[torch.randint(4, (400,), generator=random)]
    fine = torch.tensor(FINE)[torch.randint(4, (400,), generator=random)]
    x = coarse + fine + 0.01 * torch.randn(400, 2, generator=random)
    made = ResidualQuantiser(PLAIN)
    made.begin(x, seed=3)
    first = made.layers[0].codes_KC
    assert torch.cdist(torch.tensor(COARSE), first).min(1).values.max() < 0.2
    assert all(layer.begun == 1 for layer in made.layers)
    made.eval()
    assert float((made(x).sum_NC - x).norm(dim=1).mean()) < 0.2


def test_of_fewer_vectors_than_codes_each_is_one():
    x = torch.tensor([[1.0, 2.0], [5.0, 6.0]])
    made = ResidualQuantiser(PLAIN)
    made.begin(x)
    torch.testing.assert_close(made.eval()(x).sum_NC, x, atol=0.1, rtol=0)
