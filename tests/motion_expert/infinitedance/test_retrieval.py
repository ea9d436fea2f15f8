"""The two encoders and their loss, against closed forms and plain loops."""

import math

import pytest
import torch

from pipelines.motion_expert.infinitedance.retrieval import (
    EfficientAttention,
    Retrieval,
    RetrievalConfig,
    WindowEncoder,
    places,
    ranks,
    retrieval_figures,
    rivals,
)

SMALL = RetrievalConfig(5, 7, frames=12, width=8, layers=2, heads=2, dropout=0.0)


def test_attention_against_a_plain_loop():
    torch.manual_seed(0)
    layer = EfficientAttention(8, 2)
    x = torch.randn(1, 6, 8)
    n = layer.norm(x)[0]
    q, k, v = layer.query(n), layer.key(n), layer.value(n)
    expected = x[0].clone()
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        keys, queries = k[:, part].softmax(0), q[:, part].softmax(1)
        for t in range(6):
            for s in range(6):
                expected[t, part] += (queries[t] @ keys[s]) * v[s, part]
    torch.testing.assert_close(layer(x)[0], expected)


def test_windows_are_unit_vectors_and_order_counts():
    torch.manual_seed(0)
    encoder = WindowEncoder(SMALL, 5).eval()
    x = torch.randn(3, 12, 5)
    found = encoder(x)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))
    assert not torch.allclose(encoder(x.flip(1)), found, atol=1e-4)


def test_the_paper_s_size():
    both = Retrieval(RetrievalConfig(55, 264))
    assert sum(p.numel() for p in both.parameters()) == pytest.approx(6.2e6, rel=0.05)
    assert math.exp(float(both.log_scale.detach())) == pytest.approx(1 / 0.07)


def test_the_scale_is_clamped():
    both = Retrieval(SMALL).eval()
    batch = (torch.randn(3, 12, 5), torch.randn(3, 12, 7), torch.arange(3))
    with torch.no_grad():
        both.log_scale.fill_(math.log(100.0))
        at_the_limit = both(*batch)
        both.log_scale.fill_(9.0)
        assert float(both(*batch)) == pytest.approx(float(at_the_limit))


def test_ranks_and_their_figures():
    music = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    motion = torch.tensor([[0.8, 0.6], [0.0, 1.0], [1.0, 0.0]])
    place = ranks(music, motion)
    assert place.tolist() == [2, 1, 3]
    figures = retrieval_figures(place, torch.full((3,), 3), at=(1, 2))
    assert figures["R@1"] == pytest.approx(1 / 3)
    assert (figures["R@2"], figures["median_rank"]) == (pytest.approx(2 / 3), 2)
    assert (figures["chance_R@1"], figures["chance_median_rank"]) == (pytest.approx(1 / 3), 2)


def test_windows_of_the_own_recording_are_neither_right_nor_wrong():
    likeness = torch.tensor([[0.5, 0.9, 0.8], [0.1, 0.2, 0.0], [0.7, 0.9, 0.8]])
    others = rivals(torch.tensor([4, 4, 6]))
    assert places(likeness).tolist() == [3, 1, 2]
    assert places(likeness, others).tolist() == [2, 1, 2]
    figures = retrieval_figures(places(likeness, others), others.sum(1) + 1, at=(1,))
    assert figures["chance_R@1"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)
    assert figures["pool"] == pytest.approx(7 / 3)


def test_an_encoder_that_says_the_same_of_all_is_at_the_end_not_at_the_top():
    same = torch.ones(5, 3)
    assert ranks(same, same).tolist() == [5] * 5


def test_learning_pairs_up_what_belongs_together():
    torch.manual_seed(0)
    both = Retrieval(SMALL)
    music = torch.randn(12, 1, 5).repeat(1, 12, 1)
    motion = torch.cat([music, music[..., :2]], -1).flip(-1)
    adam = torch.optim.Adam(both.parameters(), 1e-2)
    for _ in range(40):
        loss = both(music, motion, torch.arange(12))
        adam.zero_grad()
        loss.backward()
        adam.step()
    both.eval()
    place = ranks(both.embed_music(music), both.embed_motion(motion))
    assert float((place == 1).double().mean()) > 0.8
