"""How the next token is chosen from its logits.

docs/reference/infinitedance.md#sampling.

Shapes: B dances, K codes of a slot, H tokens of that slot so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 takes the likeliest. top_k: only of so many; 0: of all.
        top_p: only of the likeliest that make up this share, the one that crosses it included.
        penalty: divides the logits of what the slot said lately; 1: none. memory: how lately.
        most: how often a code may occur among the slot's last `most` + 5; 0: as often as it likes.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    penalty: float = 1.0
    memory: int = 30
    most: int = 0


def choose(logits_BK: Tensor, said_BH: Tensor, how: Sampling, generator: torch.Generator) -> Tensor:
    """The next token (B,) of a slot.

    Args:
        logits_BK: of that slot's codes.
        said_BH: what the slot has said, with what the window began with; newest last.
        how: to draw.
        generator: on the CPU: the only randomness.
    """
    logits = _held_back(logits_BK.float().cpu(), said_BH.cpu(), how)
    if not how.temperature:
        return logits.argmax(-1)
    logits = logits / how.temperature
    if how.top_k and how.top_k < logits.shape[-1]:
        least = logits.topk(how.top_k, -1).values[:, -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    sorted_logits, order = logits.sort(-1, descending=True)
    share = sorted_logits.softmax(-1)
    beyond = share.cumsum(-1) - share >= how.top_p
    sorted_logits = sorted_logits.masked_fill(beyond, float("-inf"))
    drawn = torch.multinomial(sorted_logits.softmax(-1), 1, generator=generator)
    return order.gather(-1, drawn)[:, 0]


def _held_back(logits_BK: Tensor, said_BH: Tensor, how: Sampling) -> Tensor:
    """Less of what was said lately, nothing of what was said too often."""
    logits = logits_BK.clone()
    if how.penalty != 1.0 and said_BH.shape[1]:
        lately = said_BH[:, -how.memory :]
        here = logits.gather(-1, lately)
        logits.scatter_(-1, lately, torch.where(here > 0, here / how.penalty, here * how.penalty))
    if how.most and said_BH.shape[1]:
        counts = torch.zeros_like(logits)
        lately = said_BH[:, -(how.most + 5) :]
        counts.scatter_add_(-1, lately, torch.ones_like(lately, dtype=counts.dtype))
        banned = counts >= how.most
        banned &= ~banned.all(-1, keepdim=True)
        logits = logits.masked_fill(banned, float("-inf"))
    return logits
