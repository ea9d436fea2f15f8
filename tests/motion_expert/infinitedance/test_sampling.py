"""How a token is chosen, in closed form."""

import pytest
import torch

from pipelines.motion_expert.infinitedance.sampling import Sampling, choose

NONE = torch.zeros((1, 0), dtype=torch.long)
FREE = Sampling(temperature=1.0, top_k=0, top_p=1.0)


def shares(logits, said=NONE, how=FREE, draws=4000):
    generator = torch.Generator().manual_seed(0)
    many = torch.tensor([logits]).expand(draws, -1)
    drawn = choose(many, said.expand(draws, -1), how, generator)
    return (torch.bincount(drawn, minlength=len(logits)) / draws).tolist()


def test_temperature():
    logits = [2.0, 1.0, 0.0]
    for temperature in (0.5, 1.0, 2.0):
        expected = torch.softmax(torch.tensor(logits) / temperature, 0).tolist()
        how = Sampling(temperature, top_k=0, top_p=1.0)
        assert shares(logits, how=how) == pytest.approx(expected, abs=0.03)
    assert shares(logits, how=Sampling(0.0)) == [1, 0, 0]


def test_top_k():
    how = Sampling(1.0, top_k=2, top_p=1.0)
    assert shares([1.0, 3.0, 2.0], how=how)[0] == 0


def test_top_p_keeps_the_one_that_crosses():
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05])).tolist()
    how = Sampling(1.0, top_k=0, top_p=0.6)
    assert shares(logits, how=how) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)
    assert shares(logits, how=Sampling(1.0, top_k=0, top_p=0.01)) == [1, 0, 0, 0]


def test_what_was_said_lately_is_less_likely():
    how = Sampling(1.0, top_k=0, top_p=1.0, penalty=2.0, memory=2)
    said = torch.tensor([[2, 0, 1, 1]])  # 2 and 0 are forgotten
    expected = torch.softmax(torch.tensor([2.0, 1.0, -2.0]), 0).tolist()
    assert shares([2.0, 2.0, -2.0], said, how) == pytest.approx(expected, abs=0.03)
    low = torch.softmax(torch.tensor([2.0, 2.0, -4.0]), 0).tolist()
    found = shares([2.0, 2.0, -2.0], torch.tensor([[2]]), how)
    assert found == pytest.approx(low, abs=0.03)


def test_what_was_said_too_often_is_not_said():
    how = Sampling(1.0, top_k=0, top_p=1.0, most=2)
    assert shares([5.0, 0.0, 0.0], torch.tensor([[0, 1, 0]]), how)[0] == 0
    assert shares([5.0, 0.0, 0.0], torch.tensor([[0, 0, 1, 1, 1, 2, 2, 2, 1]]), how)[0] > 0.9
    # Where all were, the ban would leave nothing.
    assert shares([5.0, 0.0], torch.tensor([[0, 0, 1, 1]]), how)[0] > 0.9


def test_the_seed_decides():
    logits = torch.zeros(64, 8)
    one, same, other = (
        choose(logits, NONE.expand(64, -1), FREE, torch.Generator().manual_seed(s))
        for s in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
