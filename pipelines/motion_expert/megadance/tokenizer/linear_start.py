"""The weights that a tokenizer begins with: a linear code of the dances that it will learn from.

docs/reference/megadance.md#where-the-tokenizer-begins. Every halving of the time is a principal
component analysis of two neighbours, what is quantised is the five strongest components at unit
variance, and the decoder foretells the components of a token from its code and both neighbours'.
The residual blocks begin with nothing and learn what is not linear.

Shapes: N windows, T frames, a multiple of 8; K columns of a half, M width, D components.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pipelines.motion_expert.megadance.presets import LEVELS
from pipelines.motion_expert.megadance.tokenizer.network import Half, Tokenizer

_EARLIER, _LATER = 1, 2
"""Places in a kernel of 4, stride 2, of the two frames that become one."""
_RIDGE = 1e-6


@torch.no_grad()
def begin_linear(network: Tokenizer, x_NTK: Tensor) -> None:
    """Give a new network the linear code of encoded motion (N, T, 151), in place."""
    for half, x in zip((network.up, network.down), network.normalised(x_NTK), strict=True):
        _begin(half, x.double())


def _begin(half: Half, x_NTK: Tensor) -> None:
    width = half.project_in.in_features
    mean, frame = x_NTK.mean((0, 1)), _components(x_NTK, width)
    at, bases = (x_NTK - mean) @ frame.T, []
    for _ in half.encoder.downs:
        pairs = at.unflatten(1, (-1, 2)).flatten(2)
        bases.append(_components(pairs, width))
        at = pairs @ bases[-1].T
    for name, parameter in half.named_parameters():
        if name.endswith("bias") or ".point." in name:
            parameter.zero_()
    _encode(half, mean, frame, bases, at[..., : len(LEVELS)].flatten(0, 1).std(0))
    _decode(half, mean, frame, bases, at)


def _components(x: Tensor, most: int) -> Tensor:
    """(D, K) orthonormal rows of greatest variance first, D = min(most, K)."""
    centred = x.flatten(0, -2) - x.flatten(0, -2).mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    rows: Tensor = vectors.T.flip(0)[:most]
    return rows


def _encode(half: Half, mean: Tensor, frame: Tensor, bases: list[Tensor], spread: Tensor) -> None:
    for number, basis in enumerate(bases):
        inner = _identity(len(basis[0]) // 2) if number else frame
        narrow = half.get_parameter(f"encoder.downs.{number}.narrow.weight")
        _set_pair(narrow, [part @ inner for part in basis.chunk(2, dim=1)])
    first, second = bases[0].chunk(2, dim=1)
    bias = half.get_parameter("encoder.downs.0.narrow.bias")
    bias[: len(bases[0])] = -((first + second) @ (frame @ mean)).to(bias)
    _set_tap(half.get_parameter("encoder.out.weight"), _identity(half.project_in.in_features))
    half.project_in.weight.zero_()
    half.project_in.weight[:, : len(spread)] = torch.diag(1 / spread.clamp(min=1e-6))


def _decode(half: Half, mean: Tensor, frame: Tensor, bases: list[Tensor], at_NtD: Tensor) -> None:
    half.project_out.weight.zero_()
    half.project_out.weight[: len(LEVELS)] = torch.eye(len(LEVELS))
    _foretell(half, at_NtD)
    for number, basis in enumerate(reversed(bases)):
        widen = half.get_parameter(f"decoder.ups.{number}.widen.weight")
        _set_pair(widen, list(basis.chunk(2, dim=1)))
    _set_tap(half.get_parameter("decoder.out.weight"), frame.T)
    half.get_parameter("decoder.out.bias").copy_(mean)


def _foretell(half: Half, at_NtD: Tensor) -> None:
    """Least squares from the values of three tokens to the components of the one between."""
    count, size = len(LEVELS), at_NtD.shape[-1]
    z = at_NtD[..., :count] @ half.project_in.weight[:, :count].T.double()
    values = half.fsq(z)[0].double() if half.codebook is None else z
    near = torch.cat([values[:, :-2], values[:, 1:-1], values[:, 2:]], dim=-1).flatten(0, 1)
    near = torch.cat([near, torch.ones_like(near[:, :1])], dim=-1)
    # A little is added to the diagonal: where codes follow from each other, the solution would
    # else hang on the last bits, and a run could not be repeated.
    square = near.T @ near + _RIDGE * len(near) * _identity(near.shape[1])
    found = torch.linalg.solve(square, near.T @ at_NtD[:, 1:-1].flatten(0, 1))
    weight = half.get_parameter("decoder.enter.weight")
    weight.zero_()
    for tap, part in enumerate(found[:-1].split(count)):
        weight[:size, :count, tap] = part.T.to(weight)
    half.get_parameter("decoder.enter.bias")[:size] = found[-1].to(weight)


def _set_pair(weight: Tensor, parts: list[Tensor]) -> None:
    """The two middle taps of a kernel of four; the rest is 0."""
    weight.zero_()
    for tap, part in zip((_EARLIER, _LATER), parts, strict=True):
        weight[: part.shape[0], : part.shape[1], tap] = part.to(weight)


def _set_tap(weight: Tensor, middle: Tensor) -> None:
    """The middle tap of a kernel of three; the rest is 0."""
    weight.zero_()
    weight[: middle.shape[0], : middle.shape[1], 1] = middle.to(weight)


def _identity(size: int) -> Tensor:
    return torch.eye(size, dtype=torch.double)
