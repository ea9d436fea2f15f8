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
) -> Tensor:
    """Tokens (B, N) for a song, N exactly its span's.

    A window begins with all tokens that were written of its time already, and none is written
    twice; so there is no seam. The last window ends with the song.

    Raises UnsuitableInput for a song shorter than a window.
    """
    device = model.codes_QKC.device
    tokens_BN = torch.empty((dances, 0), dtype=torch.int64)
    for start in window_starts(whole, window, step):
        begin, end = Span(start).tokens, Span(start).tokens + window.tokens
        states = hear(Span(start), window).to(device).expand(dances, -1, -1)
        known = tokens_BN[:, begin:].to(device)
        tokens_BN = torch.cat(
            [tokens_BN, _written(model, states, known, window.tokens, how, generator, on_token)], 1
        )
        assert tokens_BN.shape[1] == end
    return tokens_BN


def _written(
    model: ChoreoLlama,
    states_BSM: Tensor,
    known_BP: Tensor,
    length: int,
    how: Sampling,
    generator: torch.Generator,
    on_token: Callable[[], None],
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
