"""Token after token, to a song of any length; each costs the same, wherever in the song it is.

The memories of the experts hold the last tokens of the window and Mamba's states, so nothing is
computed twice and no window begins anew; where the genre changes, the new expert first hears the
tokens of the last window (docs/reference/megadance.md#sampling).

Shapes: B dances, t tokens, 2 halves, C = 5 levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipelines.motion_expert.megadance.generator.network import Generator, Stream
from pipelines.motion_expert.megadance.presets import LEVELS


@dataclass(frozen=True)
class Sampling:
    """How a token is chosen.

    Attributes:
        temperature: 0 takes the likeliest, as published. top_k: of so many likeliest; 0: of all.
        beat_weight: what the network would not dance half a beat later counts so many times; 1
            does not ask.
        genre_weight: the same of what it would not dance if it knew no genre.
    """

    temperature: float = 1.0
    top_k: int = 0
    beat_weight: float = 1.0
    genre_weight: float = 1.0


def choose(logits_BHV: Tensor, flat: bool, sampling: Sampling, random: torch.Generator) -> Tensor:
    """The levels (B, 2, 5) of the next token from its logits; draws on the CPU, if at all."""
    parts = [logits_BHV] if flat else list(logits_BHV.split(LEVELS, -1))
    return torch.stack([_one(part.float().cpu(), sampling, random) for part in parts], -1)


def _one(logits: Tensor, sampling: Sampling, random: torch.Generator) -> Tensor:
    if sampling.temperature == 0:
        return logits.argmax(-1)
    if 0 < sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, -1).values[..., -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    odds = torch.softmax(logits / sampling.temperature, -1)
    return torch.multinomial(odds.flatten(0, -2), 1, generator=random).view(logits.shape[:-1])


@torch.inference_mode()
def continued(
    network: Generator,
    first: Tensor,
    music_tF: Tensor,
    genres: Sequence[int],
    sampling: Sampling,
    random: torch.Generator,
    on_token: Callable[[], None] = lambda: None,
    later_tF: Tensor | None = None,
) -> Tensor:
    """Dances (B, t, 2, 5) that begin with the tokens `first` (B, 2, 5).

    Args:
        network: in evaluation mode. music_tF: (t, 35), standardised, of each token.
        genres: of each token, -1 for none.
        sampling: how. random: the only source of randomness. on_token: called after each.
        later_tF: the same song half a beat later, against which `sampling.beat_weight` weighs.
    """
    tokens, stream = [first], Stream()
    late, count = network.config.late_music, len(first)
    # A stream of its own: that of a genre holds the genre's memories.
    nameless = Stream() if sampling.genre_weight != 1 and max(genres) >= 0 else None
    heard = music_tF[:, None]
    if later_tF is not None and sampling.beat_weight != 1:
        heard = torch.stack([music_tF, later_tF], 1)
    asked = heard.shape[1]
    for place in range(len(music_tF) - 1):
        changed = place > 0 and genres[place + 1] != genres[place]
        begin = max(0, place - network.config.reach + 1) if changed else place
        if changed:
            stream = Stream()
        for here in range(begin, place + 1):
            music_BF = heard[here + (not late)].repeat_interleave(count, 0)
            genre_B = torch.full((asked * count,), genres[place + 1], device=first.device)
            logits = network.step(tokens[here].repeat(asked, 1, 1), music_BF, genre_B, stream)
        own = logits[:count]
        if asked > 1:  # the difference counts
            then = logits[count:]
            logits = then + sampling.beat_weight * (own - then)
        if nameless is not None:
            none_B = torch.full((count,), -1, device=first.device)
            plain = network.step(tokens[place], music_BF[:count], none_B, nameless)
            if genres[place + 1] >= 0:
                logits = logits + (sampling.genre_weight - 1) * (own - plain)
        chosen = choose(logits, network.flat, sampling, random).to(first.device)
        tokens.append(network.fsq.levels_of(chosen[..., 0]) if network.flat else chosen)
        on_token()
    return torch.stack(tokens, 1)
