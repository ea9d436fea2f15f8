"""What the tokenizer is trained on: docs/reference/infinitedance.md#losses-of-the-tokenizer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.recovery import world_joints
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer
from pipelines.motion_expert.sequence.rvq import code_use


@dataclass(frozen=True)
class TokenizerWeights:
    """Weights of the terms beside the features' own squared error."""

    metric: float = 0.02
    commitment: float = 0.05


def tokenizer_loss(
    tokenizer: Tokenizer, features_BTD: Tensor, weights: TokenizerWeights
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch of features (B, T, 264), not scaled, and its terms by name."""
    x_BTD = tokenizer.scaled(features_BTD)
    back_BTD, found = tokenizer(x_BTD)
    terms = {"features": (back_BTD - x_BTD).pow(2).mean()}
    metric = metric_terms(tokenizer.unscaled(back_BTD), features_BTD)
    loss = terms["features"] + weights.metric * torch.stack(list(metric.values())).sum()
    loss = loss + weights.commitment * found.commitment
    terms |= metric | {"commitment": found.commitment}
    return loss, {name: float(value.detach()) for name, value in terms.items()}


def metric_terms(back_BTD: Tensor, features_BTD: Tensor) -> dict[str, Tensor]:
    """Squared errors of joints, their velocities and accelerations, and of feet that should stand.

    Args:
        back_BTD, features_BTD: not scaled; what came back, and the truth, whose labels decide which
            foot stands.
    """
    back, truth = world_joints(back_BTD), world_joints(features_BTD)
    terms = {}
    for name, order in (("joints", 0), ("velocity", 1), ("acceleration", 2)):
        difference = torch.diff(back - truth, n=order, dim=1) if order else back - truth
        terms[name] = difference.pow(2).sum(-1).mean()
    steps_BTF3 = torch.diff(back[:, :, list(columns.CONTACT_JOINTS)], dim=1)
    stands_BTF = features_BTD[:, :-1, columns.contacts] > 0.5
    terms["feet"] = (steps_BTF3.pow(2).sum(-1) * stands_BTF).mean()
    return terms


@torch.no_grad()
def judged(tokenizer: Tokenizer, features_BTD: Tensor) -> dict[str, float]:
    """How well windows come back by the first one, two, ... layers, and how codes are used.

    Returns:
        "loss": squared error of the scaled features by all layers; per layer n "features_n",
        "joints_mm_n" (mean distance of the joints from their places, in millimetres, each frame
        put where the truth stands), "codes_used_n" (share) and "perplexity_n".
    """
    tokenizer.eval()
    tokens_BLQ = tokenizer.tokens(features_BTD)
    x_BTD, layers = tokenizer.scaled(features_BTD), tokens_BLQ.shape[-1]
    use = code_use(tokens_BLQ.flatten(0, 1), tokenizer.config.quantiser.codes)
    figures: dict[str, float] = {}
    for n in range(1, layers + 1):
        cut = tokens_BLQ.clone()
        cut[..., n:] = -1
        back_BTD = tokenizer.motion(cut)
        figures[f"features_{n}"] = float((tokenizer.scaled(back_BTD) - x_BTD).pow(2).mean())
        away = (back_BTD - features_BTD)[..., columns.places].unflatten(-1, (-1, 3))
        figures[f"joints_mm_{n}"] = 1000 * float(away.norm(dim=-1).mean())
        figures[f"codes_used_{n}"], figures[f"perplexity_{n}"] = use[n - 1]
    return {"loss": figures[f"features_{layers}"], **figures}
