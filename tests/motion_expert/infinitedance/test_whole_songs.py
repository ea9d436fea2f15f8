"""Songs longer than a window: every token once, no seam, to the exact end."""

import pytest
import torch

from pipelines.motion_expert.infinitedance.cadence import CadenceConfig
from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig, ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.sampling import Sampling
from pipelines.motion_expert.infinitedance.whole_songs import FASTEST_REAL, write_song
from pipelines.support.errors import UnsuitableInput

WINDOW, STEP = Span(4), Span(2)
GREEDY = Sampling(0.0)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    cadence = CadenceConfig(5, 3, style_width=4, reference=0, width=16, heads=2)
    config = ChoreoConfig(
        cadence, layers=2, heads=4, key_heads=2, feed=32, codes=8, code_width=6
    )  # fmt: skip
    return ChoreoLlama(config, torch.randn(3, 8, 6)).eval()


def hearing(seed=1):
    song = torch.randn(1, 2000, 16, generator=torch.Generator().manual_seed(seed))
    windows = []

    def hear(start, length):
        windows.append(start.cells)
        return song[:, start.music : start.music + length.music]

    return hear, windows


def write(model, cells, how=GREEDY, seed=0, dances=1):
    hear, windows = hearing()
    generator = torch.Generator().manual_seed(seed)
    return write_song(model, hear, Span(cells), how, generator, dances, WINDOW, STEP), windows


@pytest.mark.parametrize(("cells", "starts"), [
    (4, [0]), (5, [0, 1]), (6, [0, 2]), (9, [0, 2, 4, 5]),
])  # fmt: skip
def test_songs_end_exactly_and_windows_hear_their_own_time(model, cells, starts):
    tokens, windows = write(model, cells)
    assert tokens.shape == (1, Span(cells).tokens)
    assert windows == starts
    assert int(tokens.min()) >= 0
    assert int(tokens.max()) < 8


def test_a_window_goes_on_from_all_that_was_written_of_its_time(model):
    """Greedy: what the second window writes is what the model says after all 18 known tokens."""
    tokens, _ = write(model, 6)
    hear, _ = hearing()
    with torch.no_grad():
        logits, _ = model(hear(Span(2), WINDOW), tokens[:, Span(2).tokens :])
    for n in range(18, 36):
        slot = n % 3
        said = int(logits[0, n, 8 * slot : 8 * slot + 8].argmax())
        assert said == int(tokens[0, Span(2).tokens + n])


def test_the_beginning_is_that_of_a_shorter_song(model):
    long, _ = write(model, 9)
    short, _ = write(model, 4)
    assert torch.equal(long[:, :36], short)


def test_seeds_and_candidates(model):
    how = Sampling(1.0, top_k=0, top_p=1.0)
    one, same, other = (write(model, 6, how, seed, 3)[0] for seed in (1, 1, 2))
    assert one.shape == (3, 54)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])


def test_a_song_shorter_than_a_window(model):
    with pytest.raises(UnsuitableInput, match="shorter than a window"):
        write(model, 3)


def test_a_window_whose_joints_are_too_fast_is_drawn_anew_and_no_other(model):
    """A code of the first slot stands for a tumble: three dances without it keep every token."""
    how, calls = Sampling(1.0), []

    def fastest(tokens_BN):
        calls.append(len(tokens_BN))
        return torch.where((tokens_BN[:, ::3] == 3).any(1), FASTEST_REAL + 5, FASTEST_REAL)

    def drawn(judge):
        hear, _ = hearing()
        generator = torch.Generator().manual_seed(5)
        return write_song(model, hear, Span(4), how, generator, 12, WINDOW, STEP, fastest=judge)

    plain, calmed = drawn(None), drawn(fastest)
    tumbles = (plain[:, ::3] == 3).any(1)
    assert 0 < int(tumbles.sum()) == calls[1]
    assert calls[0] == 12
    assert len(calls) <= 5
    assert torch.equal(plain[~tumbles], calmed[~tumbles])
    assert int((calmed[:, ::3] == 3).any(1).sum()) < int(tumbles.sum())
    assert torch.equal(calmed, drawn(fastest))


def test_the_calmest_draw_stays_where_all_are_wild(model):
    speeds = iter([30.0, 40.0, 20.0, 25.0, 60.0])
    seen = []

    def fastest(tokens_BN):
        seen.append(tokens_BN.clone())
        return torch.tensor([next(speeds)])

    hear, _ = hearing()
    generator = torch.Generator().manual_seed(1)
    found = write_song(model, hear, Span(4), Sampling(1.0), generator, 1, WINDOW, STEP,
                       fastest=fastest)  # fmt: skip
    assert torch.equal(found, seen[2])


def test_greedy_windows_are_not_asked_about(model):
    hear, _ = hearing()
    never = lambda tokens: pytest.fail("the same would be drawn again")  # noqa: E731
    write_song(model, hear, Span(4), GREEDY, torch.Generator(), 1, WINDOW, STEP, fastest=never)
