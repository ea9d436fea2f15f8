"""What the network learns: clean root and legs under a body that stays as it is.

Algorithm 1 of the paper; docs/reference/foot-restoration.md#losses. Shapes: B batch, T frames,
K = 265 features, M = 79 merged ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipelines.foot_restoration import columns
from pipelines.foot_restoration.encoding import integrated, posed, recovered
from pipelines.foot_restoration.network import signal_share

Parts = dict[str, float]


@dataclass(frozen=True)
class LossWeights:
    """Weights of the losses beside the reconstruction, in the units below."""

    root: float = 1.0
    foot: float = 0.05
    agreement: float = 0.02
    rotations: float = 0.05
    stands: float = 0.3
    calm: float = 0.01


_FOOT_UNIT, _AGREEMENT_UNIT, _TOLERANCE, _CALM_UNIT = 0.01, 0.05, 0.02, 0.005
"""Metres: a way per frame that counts as sliding, a drift, what rotations may be off, and a change
of the way from frame to frame."""
_LEAST = 1e-4


class Scaling(nn.Module):
    """Units of the data that was learned from: of features, and of their corrections."""

    mean_K: Tensor
    deviation_K: Tensor
    correction_M: Tensor

    def __init__(self, mean_K: Tensor, deviation_K: Tensor, correction_M: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean_K", mean_K)
        self.register_buffer("deviation_K", deviation_K)
        self.register_buffer("correction_M", correction_M)

    @staticmethod
    def fit(clean_NK: Tensor, given_NK: Tensor) -> Scaling:
        """Of frames and the same frames damaged; what hardly changes is left in its own unit."""
        mean_K, deviation_K = clean_NK.double().mean(0), _deviation(clean_NK.double())
        away = (clean_NK - given_NK).double()[:, list(columns.MERGED)]
        return Scaling(mean_K.float(), deviation_K.float(), _deviation(away).float())

    def standard(self, x: Tensor) -> Tensor:
        """Metres and radians (..., K) to mean 0 and deviation 1."""
        return (x - self.mean_K) / self.deviation_K

    def correction(self, clean: Tensor, given: Tensor) -> Tensor:
        """What is to be added to the merged columns (..., M) of `given` (..., K), deviation 1."""
        return (clean - given)[..., list(columns.MERGED)] / self.correction_M

    def corrected(self, given: Tensor, correction: Tensor) -> Tensor:
        """`given` (..., K) with its merged columns corrected (..., M): the paper's Merge."""
        result = given.clone()
        result[..., list(columns.MERGED)] += correction * self.correction_M
        return result


def _deviation(values_NK: Tensor) -> Tensor:
    deviation = values_NK.std(0)
    return torch.where(deviation < _LEAST, torch.ones_like(deviation), deviation)


def loss(
    network: nn.Module,
    scaling: Scaling,
    x_BTK: Tensor,
    given_BTK: Tensor,
    stands_BT4: Tensor,
    noise_B: Tensor,
    noise_BTM: Tensor,
    weights: LossWeights,
) -> tuple[Tensor, Parts]:
    """The loss of windows, and its parts.

    Args:
        network: `FootDenoiser`.
        scaling: of the features.
        x_BTK: features of the clean dances, metres and radians.
        given_BTK: of the same dances as they were damaged.
        stands_BT4: 1 where a foot point (`columns.FEET`) stands from its frame to the next.
        noise_B: diffusion times in (0, 1].
        noise_BTM: Gaussian noise.
        weights: of the parts.
    """
    right = scaling.correction(x_BTK, given_BTK)
    kept = signal_share(noise_B)[:, None, None]
    noisy = kept.sqrt() * right + (1 - kept).sqrt() * noise_BTM
    guess, logits = network(noisy, scaling.standard(given_BTK), noise_B)
    found = merged(x_BTK, scaling.corrected(given_BTK, guess))
    root = slice(0, columns.root.stop - columns.root.start)
    places, true_places = (recovered(x, columns.LEGS) for x in (found, x_BTK))
    legs, true_legs = (posed(x) for x in (found, x_BTK))
    parts = {
        "recon": (guess - right).square().mean(),
        "root": (guess - right)[..., root].square().mean(),
        "foot": _slides(places, stands_BT4),
        "agreement": _drift(found, places),
        "rotations": _apart(found, legs),
        "calm": _bend(places - true_places) + _bend(legs - true_legs),
        "stands": F.binary_cross_entropy_with_logits(logits, stands_BT4),
    }
    total = parts["recon"] + sum(getattr(weights, n) * parts[n] for n in parts if n != "recon")
    return total, {name: float(value.detach()) for name, value in parts.items()}


def merged(body_BTK: Tensor, legs_BTK: Tensor) -> Tensor:
    """The body of the one with root and legs of the other: the paper's Merge."""
    result = body_BTK.clone()
    result[..., list(columns.MERGED)] = legs_BTK[..., list(columns.MERGED)]
    return result


def _slides(places_BTL3: Tensor, stands_BT4: Tensor) -> Tensor:
    """How far planted feet go: the paper's (1)."""
    feet = places_BTL3[..., [columns.LEGS.index(joint) for joint in columns.FEET], :]
    ways = (feet[:, 1:] - feet[:, :-1]) * stands_BT4[:, :-1, :, None]
    return (ways / _FOOT_UNIT).square().sum(-1).mean()


def _drift(x_BTK: Tensor, places_BTL3: Tensor) -> Tensor:
    """How far added up ways are from places, both in the world: the paper's L_vp."""
    away = integrated(x_BTK, columns.LEGS) - (places_BTL3 - places_BTL3[:, :1])
    return (away / _AGREEMENT_UNIT).square().mean()


def _apart(x_BTK: Tensor, legs_BTL3: Tensor) -> Tensor:
    """How far rotations are from places beyond what they may: the paper's (3)."""
    local = x_BTK[..., columns.positions(columns.LEGS)].unflatten(-1, (len(columns.LEGS), 3))
    return torch.relu(((legs_BTL3 - local) / _TOLERANCE).square().sum(-1) - 1).mean()


def _bend(away_BTL3: Tensor) -> Tensor:
    """How much errors tremble: small ones are seen when they change from frame to frame."""
    return (away_BTL3.diff(n=2, dim=1) / _CALM_UNIT).square().sum(-1).mean()
