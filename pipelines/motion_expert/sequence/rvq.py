"""Residual vector quantisation: each codebook says what those before it left unsaid.

docs/reference/infinitedance.md#tokenizer. Codebooks learn by running averages of what is assigned
to them, not by gradients, and lie in buffers; a code that is hardly used begins anew where data is.
All that is random (dropout, sampling, new codes) comes from torch's generator and only in training.

Shapes: N vectors, C width, K codes, Q layers.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from scipy.cluster.vq import kmeans2
from torch import Tensor, nn

_EPSILON = 1e-5
_ROUNDS = 20
"""In which the clusters that codes begin with are found."""


@dataclass(frozen=True)
class RvqConfig:
    """How a residual quantiser is made and learns.

    Attributes:
        layers: codebooks, one after the other. codes: in each. width: of a code.
        decay: of the running averages.
        dropout: share of training batches that use only a random number of the first layers.
        temperature: of the sampling of codes in training; 0 takes the nearest always.
        least: uses per batch, on average, below which a code begins anew.
    """

    layers: int = 3
    codes: int = 512
    width: int = 512
    decay: float = 0.99
    dropout: float = 0.2
    temperature: float = 0.5
    least: float = 1.0


@dataclass(frozen=True)
class Quantised:
    """What became of some vectors.

    Attributes:
        sum_NC: the sum of their codes; gradients pass through to the vectors as they are.
        index_NQ: which codes; -1 for layers that were dropped.
        commitment: mean squared distance of each layer's input to its code, mean over layers.
    """

    sum_NC: Tensor
    index_NQ: Tensor
    commitment: Tensor


class Codebook(nn.Module):
    """One layer's codes and the averages that they follow."""

    codes_KC: Tensor
    sums_KC: Tensor
    uses_K: Tensor
    begun: Tensor

    def __init__(self, config: RvqConfig) -> None:
        super().__init__()
        self.config = config
        shape = (config.codes, config.width)
        self.register_buffer("codes_KC", torch.zeros(shape))
        self.register_buffer("sums_KC", torch.zeros(shape))
        self.register_buffer("uses_K", torch.ones(config.codes))
        self.register_buffer("begun", torch.zeros(()))

    def nearest(self, x_NC: Tensor) -> Tensor:
        """The index (N,) of the code nearest to each vector; in training, mostly."""
        distance_NK = self._distance(x_NC)
        if not self.training or not self.config.temperature:
            return distance_NK.argmin(1)
        uniform = torch.rand_like(distance_NK).clamp(1e-9, 1 - 1e-7)
        gumbel = -torch.log(-torch.log(uniform))
        return (gumbel * self.config.temperature - distance_NK).argmax(1)

    def closest(self, x_NC: Tensor) -> Tensor:
        """The index (N,) of the code nearest to each vector."""
        return self._distance(x_NC).argmin(1)

    def _distance(self, x_NC: Tensor) -> Tensor:
        distance_NK: Tensor = (
            x_NC.pow(2).sum(1, keepdim=True) - 2 * x_NC @ self.codes_KC.T
            + self.codes_KC.pow(2).sum(1)
        )  # fmt: skip
        return distance_NK

    @torch.no_grad()
    def begin(self, x_NC: Tensor) -> None:
        """Codes begin where the first vectors are, the same in every process."""
        self.begin_as(_shared(_some(x_NC, self.config.codes)))

    @torch.no_grad()
    def begin_as(self, codes_KC: Tensor) -> None:
        """Codes begin with these."""
        self.codes_KC.copy_(codes_KC)
        self.sums_KC.copy_(self.codes_KC)
        self.uses_K.fill_(1)
        self.begun.fill_(1)

    @torch.no_grad()
    def follow(self, x_NC: Tensor, index_N: Tensor) -> None:
        """Move the codes towards what was assigned to them; those hardly used begin anew."""
        config = self.config
        chosen_NK = F.one_hot(index_N, config.codes).to(x_NC.dtype)
        uses_K, sums_KC = _summed(chosen_NK.sum(0)), _summed(chosen_NK.T @ x_NC)
        self.uses_K.lerp_(uses_K, 1 - config.decay)
        self.sums_KC.lerp_(sums_KC, 1 - config.decay)
        averages = self.sums_KC / self.uses_K.clamp(min=_EPSILON)[:, None]
        fresh = _shared(_some(x_NC, config.codes))
        dead_K = self.uses_K < config.least
        self.codes_KC.copy_(torch.where(dead_K[:, None], fresh, averages))
        # What begins anew weighs as much as a code that is just used enough, so that the next
        # batch does not throw it away again and its average is that of the vector itself.
        self.uses_K.copy_(self.uses_K.where(~dead_K, torch.full_like(self.uses_K, config.least)))
        self.sums_KC.copy_(torch.where(dead_K[:, None], fresh * config.least, self.sums_KC))


class ResidualQuantiser(nn.Module):
    """Q codebooks; in training they learn as they are called."""

    def __init__(self, config: RvqConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(Codebook(config) for _ in range(config.layers))

    def forward(self, x_NC: Tensor) -> Quantised:
        """Quantise vectors; raises nothing, for any number of them from one on."""
        used = self._layers_used(x_NC.device)
        rest_NC, sum_NC = x_NC, torch.zeros_like(x_NC)
        indices: list[Tensor] = []
        losses: list[Tensor] = []
        for layer in self.layers[:used]:
            assert isinstance(layer, Codebook)
            if self.training and not layer.begun:
                layer.begin(rest_NC.detach())
            index_N = layer.nearest(rest_NC.detach())
            code_NC = layer.codes_KC[index_N]
            losses.append(F.mse_loss(rest_NC, code_NC))
            if self.training:
                layer.follow(rest_NC.detach(), index_N)
            sum_NC, rest_NC = sum_NC + code_NC, rest_NC - code_NC
            indices.append(index_N)
        dropped = [torch.full_like(indices[0], -1)] * (self.config.layers - used)
        through_NC = x_NC + (sum_NC - x_NC).detach()
        return Quantised(through_NC, torch.stack(indices + dropped, 1), torch.stack(losses).mean())

    @torch.no_grad()
    def begin(self, x_NC: Tensor, seed: int = 0) -> None:
        """Codes begin as the means of clusters of vectors, each layer's of what is left over.

        Of fewer vectors than codes each is a code itself, as in training.
        """
        rest_NC = x_NC
        for layer in self.layers:
            assert isinstance(layer, Codebook)
            if len(rest_NC.unique(dim=0)) > self.config.codes:
                layer.begin_as(_clustered(rest_NC, self.config.codes, seed))
            else:
                layer.begin(rest_NC)
            rest_NC = rest_NC - layer.codes_KC[layer.closest(rest_NC)]

    def _layers_used(self, device: torch.device) -> int:
        if not self.training or torch.rand((), device=device) >= self.config.dropout:
            return self.config.layers
        return int(torch.randint(1, self.config.layers + 1, (), device=device))

    def codes(self, index_NQ: Tensor) -> Tensor:
        """The code vectors (N, Q, C) of indices; zeros where an index is -1."""
        each = []
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, Codebook)
            index_N = index_NQ[:, number]
            each.append(layer.codes_KC[index_N.clamp(min=0)] * (index_N >= 0)[:, None])
        return torch.stack(each, 1)


def code_use(index_NQ: Tensor, codes: int) -> list[tuple[float, float]]:
    """Of each layer: the share of its codes that occur, and their perplexity."""
    found = []
    for index_N in index_NQ.unbind(1):
        share_K = torch.bincount(index_N[index_N >= 0], minlength=codes).double()
        share_K = share_K / share_K.sum().clamp(min=1)
        entropy = -(share_K * share_K.clamp(min=1e-12).log()).sum()
        found.append((float((share_K > 0).double().mean()), float(entropy.exp())))
    return found


def _some(x_NC: Tensor, count: int) -> Tensor:
    """So many of the vectors at random; repeated with a little noise where they are too few."""
    order = torch.randperm(len(x_NC), device=x_NC.device)
    rows = order[torch.arange(count, device=x_NC.device) % len(x_NC)]
    chosen = x_NC[rows]
    if len(x_NC) < count:
        chosen = chosen + torch.randn_like(chosen) * 0.01 * x_NC.shape[1] ** -0.5
    return chosen


def _clustered(x_NC: Tensor, count: int, seed: int) -> Tensor:
    """The means of so many clusters of the vectors."""
    different = np.unique(x_NC.cpu().numpy(), axis=0)
    with warnings.catch_warnings():
        # A cluster that loses its last vector keeps its place; training begins such codes anew.
        warnings.simplefilter("ignore", UserWarning)
        means, _ = kmeans2(different, count, _ROUNDS, minit="points", seed=seed)
    return torch.from_numpy(means).to(x_NC)


def _summed(value: Tensor) -> Tensor:
    """Over all processes."""
    if dist.is_initialized():
        dist.all_reduce(value)
    return value


def _shared(value: Tensor) -> Tensor:
    """What the leading process has."""
    value = value.contiguous()
    if dist.is_initialized():
        dist.broadcast(value, 0)
    return value
