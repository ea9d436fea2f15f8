"""Dance tokens for a song of any length: window after window, every token once.

docs/reference/infinitedance.md#whole-songs.

Shapes: B dances, S music states, F columns of the music, N tokens, M width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pipelines.motion_expert.infinitedance.choreollama import ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import STEP, WINDOW, Span, window_starts
from pipelines.motion_expert.infinitedance.sampling import Sampling, choose

Hear = Callable[[Span, Span], Tensor]
"""From where a window begins and how long it is to the states (1, S, M) that it hears."""
Fastest = Callable[[Tensor], Tensor]
"""From the tokens (B, N) of windows to the speed (B,) of the fastest joint in each, m/s."""

FASTEST_REAL = 15.0
"""m/s: of the 182 takes of the library that ships, a joint of one passes it."""
_DRAWS = 5
"""Times that a window is drawn before the calmest of its draws is taken."""


@torch.inference_mode()
def write_song(
    model: ChoreoLlama,
    hear: Hear,
    whole: Span,
    how: Sampling,
    generator: torch.Generator,
    dances: int = 1,
    window: Span = WINDOW,
    step: Span = STEP,
    on_token: Callable[[], None] = lambda: None,
    fastest: Fastest | None = None,
) -> Tensor:
    """Tokens (B, N) for a song, N exactly its span's.

    A window begins with all tokens that were written of its time already, and none is written
    twice; so there is no seam. The last window ends with the song. With `fastest`, a window in
    which a joint is faster than dancers move (`FASTEST_REAL`) is drawn anew.

    Raises UnsuitableInput for a song shorter than a window.
    """
    device = model.codes_QKC.device
    tokens_BN = torch.empty((dances, 0), dtype=torch.int64)
    for start in window_starts(whole, window, step):
        begin, end = Span(start).tokens, Span(start).tokens + window.tokens
        states = hear(Span(start), window).to(device).expand(dances, -1, -1)
        known_BP = tokens_BN[:, begin:].to(device)
        rest_BR = _written(model, states, known_BP, window.tokens, how, generator, on_token)
        if fastest is not None and how.temperature:

            def again(rows: Tensor, states: Tensor = states, known_BP: Tensor = known_BP) -> Tensor:
                return _written(model, states[rows], known_BP[rows], window.tokens, how, generator)

            rest_BR = _calmed(rest_BR, known_BP.cpu(), again, fastest)
        tokens_BN = torch.cat([tokens_BN, rest_BR], 1)
        assert tokens_BN.shape[1] == end
    return tokens_BN


def _calmed(
    rest_BR: Tensor, known_BP: Tensor, again: Callable[[Tensor], Tensor], fastest: Fastest
) -> Tensor:
    """Windows drawn anew until no joint is too fast; the calmest draw of those that stay wild."""
    best_BR, speed_B = rest_BR, fastest(torch.cat([known_BP, rest_BR], 1))
    for _ in range(_DRAWS - 1):
        wild = (speed_B > FASTEST_REAL).nonzero()[:, 0]
        if not len(wild):
            break
        drawn = again(wild)
        speed = fastest(torch.cat([known_BP[wild], drawn], 1))
        better = speed < speed_B[wild]
        best_BR[wild[better]], speed_B[wild[better]] = drawn[better], speed[better]
    return best_BR


def _written(
    model: ChoreoLlama,
    states_BSM: Tensor,
    known_BP: Tensor,
    length: int,
    how: Sampling,
    generator: torch.Generator,
    on_token: Callable[[], None] = lambda: None,
) -> Tensor:
    """The rest (B, length - P) of a window that begins with known tokens."""
    from transformers import DynamicCache

    slots, known = model.config.slots, known_BP.shape[1]
    cache = DynamicCache()
    inputs = torch.cat([states_BSM, model.embedded(known_BP)], 1)
    said = known_BP.cpu()
    for number in range(known, length):
        slot = number % slots
        logits_BK = model.next_logits(inputs, cache, slot)
        token_B = choose(logits_BK, said[:, slot::slots], how, generator)
        said = torch.cat([said, token_B[:, None]], 1)
        inputs = model.embedded(token_B[:, None].to(states_BSM.device), number)
        on_token()
    return said[:, known:]
