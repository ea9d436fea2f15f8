"""Choosing tokens, and dancing on: seeds, genres over time, a cost that does not grow."""

import pytest
import torch

from pipelines.motion_expert.megadance.generator import sampling
from pipelines.motion_expert.megadance.generator.network import Generator, Stream
from pipelines.motion_expert.megadance.generator.sampling import Sampling, choose, continued

GREEDY = Sampling(temperature=0)


def run(network, first, frames=12, genres=None, how=GREEDY, seed=0, music_seed=0):
    music = torch.randn(frames, 35, generator=torch.Generator().manual_seed(music_seed))
    random = torch.Generator().manual_seed(seed)
    return continued(network, first, music, genres or [0] * frames, how, random)


def test_the_likeliest_level_of_each():
    logits = torch.zeros(1, 2, 27)
    logits[0, 0, [6, 7, 13, 20, 26]] = 5
    found = choose(logits, False, GREEDY, torch.Generator())
    assert found[0].tolist() == [[6, 0, 1, 3, 4], [0, 0, 0, 0, 0]]


def test_drawing_keeps_to_the_likeliest_few_and_to_their_odds():
    logits = torch.log(torch.tensor([0.6, 0.3, 0.1])).expand(4000, 2, 3)
    random = torch.Generator().manual_seed(0)
    few = choose(logits, True, Sampling(1.0, top_k=2), random)
    assert set(few.flatten().tolist()) == {0, 1}
    assert (few == 0).double().mean() == pytest.approx(2 / 3, abs=0.03)
    cold = choose(logits, True, Sampling(0.5), random)
    assert (cold == 0).double().mean() == pytest.approx(0.36 / 0.46, abs=0.03)


def test_greedy_steps_are_the_likeliest_of_the_whole_pass(generators, tokens):
    network = generators()
    first = tokens(1, 1)[:, 0]
    made = run(network, first)
    music = torch.randn(12, 35, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = network(made[:, :-1], music[None, 1:], torch.tensor([0]))
    again = choose(logits[0], False, GREEDY, torch.Generator())
    assert torch.equal(again, made[0, 1:])


@pytest.mark.parametrize("late", [False, True])
def test_the_music_of_a_token_is_heard_before_it_unless_late(generators, tokens, late):
    network = generators(late_music=late)
    heard = []
    step = network.step
    network.step = lambda t, music, g, s: heard.append(float(music[0, 0])) or step(t, music, g, s)
    music = torch.arange(6.0)[:, None].expand(6, 35)
    continued(network, tokens(1, 1)[:, 0], music, [0] * 6, GREEDY, torch.Generator())
    assert heard == ([0, 1, 2, 3, 4] if late else [1, 2, 3, 4, 5])


def test_the_seed_decides(generators, tokens):
    network, first = generators(), tokens(2, 1)[:, 0]
    one, same, other = (run(network, first, how=Sampling(), seed=s) for s in (1, 1, 2))
    assert one.shape == (2, 12, 2, 5)
    assert torch.equal(one, same) and not torch.equal(one, other)


@pytest.mark.parametrize("rank", [0, 2])
def test_a_new_genre_hears_the_last_window_and_goes_on(generators, tokens, rank):
    network, first = generators(rank=rank), tokens(1, 1)[:, 0]
    plain = run(network, first)
    changed = run(network, first, genres=[0] * 8 + [1] * 4)
    assert torch.equal(changed[:, :8], plain[:, :8])
    # The first token of the new genre is the one that it would choose after the last window alone.
    music = torch.randn(12, 35, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = network(plain[:, 3:8], music[None, 4:9], torch.tensor([1]))
    assert torch.equal(choose(logits[:, -1], False, GREEDY, torch.Generator()), changed[:, 8])


def test_a_token_costs_the_same_wherever_it_is_in_the_song(generators, tokens, monkeypatch):
    network, seen = generators(), []

    class Watched(Stream):
        def __init__(self):
            super().__init__()
            seen.append(self)

    calls = []
    step = Generator.step
    monkeypatch.setattr(sampling, "Stream", Watched)
    monkeypatch.setattr(Generator, "step", lambda *given: calls.append(1) or step(*given))
    for frames in (8, 40):
        seen.clear(), calls.clear()
        run(network, tokens(1, 1)[:, 0], frames)
        assert len(calls) == frames - 1  # one position each, none computed twice
        (stream,) = seen
        for universal, special in stream.layers:
            for memory in (universal, special):
                assert memory.keys.shape[3] == memory.seen() == network.config.reach
                assert memory.mambas[0].state.shape == (1, 32, 2)


def test_one_token_needs_no_step(generators, tokens):
    first = tokens(3, 1)[:, 0]
    assert torch.equal(run(generators(), first, frames=1), first[:, None])


def test_the_beat_weight_goes_on_from_what_would_come_half_a_beat_later(generators, tokens):
    network, first = generators(), tokens(2, 1)[:, 0]
    music, later = torch.randn(2, 6, 35, generator=torch.Generator().manual_seed(0))
    seen = []

    def chosen(weight, **more):
        how = Sampling(0, beat_weight=weight)
        return continued(network, first, music, [0] * 6, how, torch.Generator(), **more)

    step = network.step

    def noted(*given):
        seen.append(step(*given))
        return seen[-1]

    network.step = noted
    made = chosen(3.0, later_tF=later)
    now, then = seen[0].split(2)
    expected = choose(then + 3 * (now - then), False, GREEDY, torch.Generator())
    assert torch.equal(made[:, 1], expected)
    network.step = step
    plain = chosen(1.0)
    assert torch.equal(chosen(1.0, later_tF=later), plain)
    assert torch.equal(chosen(5.0), plain)
    assert torch.equal(chosen(5.0, later_tF=music), plain)


@pytest.mark.parametrize("rank", [0, 2])
def test_the_genre_weight_goes_on_from_what_would_come_without_a_genre(generators, tokens, rank):
    network, first = generators(rank=rank), tokens(2, 1)[:, 0]
    with torch.no_grad():
        for weight in network.parameters():  # low-rank changes begin at nothing
            weight.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    music, later = torch.randn(2, 6, 35, generator=torch.Generator().manual_seed(0))
    how = Sampling(0, beat_weight=2.0, genre_weight=3.0)
    made = continued(network, first, music, [1] * 6, how, torch.Generator(), later_tF=later)
    with torch.no_grad():
        own, then, plain = (
            network(made[:, :-1], heard[None, 1:].expand(2, -1, -1), torch.tensor([genre, genre]))
            for heard, genre in ((music, 1), (later, 1), (music, -1))
        )
    logits = own + (own - then) + 2 * (own - plain)
    expected = [choose(logits[:, n], False, GREEDY, torch.Generator()) for n in range(5)]
    assert torch.equal(made[:, 1:], torch.stack(expected, 1))


def test_without_a_genre_its_weight_asks_nothing(generators, tokens, monkeypatch):
    network, first = generators(), tokens(1, 1)[:, 0]
    strong = Sampling(genre_weight=4.0)
    plain = run(network, first, genres=[-1] * 12, how=Sampling())
    assert torch.equal(run(network, first, genres=[-1] * 12, how=strong), plain)
    # Where styles change to none, the weight ends with them.
    some = run(network, first, genres=[0] * 6 + [-1] * 6, how=strong)
    again = run(network, first, genres=[0] * 12, how=strong)
    assert torch.equal(some[:, :6], again[:, :6])
