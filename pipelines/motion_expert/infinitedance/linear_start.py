"""What a tokenizer begins with: a linear code of the dances that it will learn from.

docs/reference/infinitedance.md#where-the-tokenizer-begins. Each halving of the time is a principal
component analysis of two neighbours, the codebooks are means of clusters of what comes out, and
each layer of the decoder is the least-squares way from the codes to what the encoder had there.
The residual blocks begin with nothing and learn what is not linear.

Shapes: B windows, T frames, D = 264 columns, C width of a code, M channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer

_RIDGE = 1e-5


@torch.no_grad()
def begin_linear(tokenizer: Tokenizer, features_BTD: Tensor, seed: int = 0) -> None:
    """Give a new tokenizer, whose scaling is set, the linear code of features, in place.

    Args:
        features_BTD: not scaled; T a multiple of 4.
        seed: of the clusters that the codebooks begin with.
    """
    for name, parameter in tokenizer.named_parameters():
        if ".mix." in name:
            parameter.zero_()
    x_BTD = tokenizer.scaled(features_BTD).double()
    frames_BTF, pairs_BTM = _encode(tokenizer, x_BTD)
    latents_BCL = tokenizer.encoder(x_BTD.float().transpose(1, 2))
    flat_NC = latents_BCL.transpose(1, 2).flatten(0, 1)
    tokenizer.quantiser.begin(flat_NC, seed)
    tokenizer.eval()
    codes_BCL = tokenizer.quantiser(flat_NC).sum_NC.unflatten(0, (len(x_BTD), -1)).transpose(1, 2)
    tokenizer.train()
    _decode(tokenizer, codes_BCL, pairs_BTM, frames_BTF, x_BTD)


def _encode(tokenizer: Tokenizer, x_BTD: Tensor) -> tuple[Tensor, Tensor]:
    """Set the encoder; returns the components of frames (B, T, F) and of pairs (B, T / 2, M)."""
    first, *others = _convolutions(tokenizer.encoder)
    width, code = tokenizer.config.width, tokenizer.config.quantiser.width
    mean_D, frame_FD = x_BTD.mean((0, 1)), _components(x_BTD, width // 2)
    # Both signs, so that nothing is lost where the network cuts off below 0.
    _set(first, {1: torch.cat([frame_FD, -frame_FD])}, torch.cat([-frame_FD, frame_FD]) @ mean_D)
    frames_BTF = (x_BTD - mean_D) @ frame_FD.T
    pairs = frames_BTF.unflatten(1, (-1, 2)).flatten(2)
    basis_MF = _components(pairs, width)
    earlier, later = basis_MF.chunk(2, dim=1)
    # Places 1 and 2 in a kernel of 4, stride 2, are the two frames that become one.
    _set(others[0], {1: torch.cat([earlier, -earlier], 1), 2: torch.cat([later, -later], 1)})
    pairs_BTM = pairs @ basis_MF.T
    fours = pairs_BTM.unflatten(1, (-1, 2)).flatten(2)
    basis_CM = _components(fours, code)
    earlier, later = basis_CM.chunk(2, dim=1)
    _set(others[1], {1: earlier, 2: later})
    # As far from 0 as the sampling of codes and the weight of commitment expect.
    spread = (fours @ basis_CM.T).flatten(0, 1).var(0).sum()
    _set(others[2], {1: torch.eye(len(basis_CM)).double() * (len(basis_CM) / spread).sqrt()})
    return frames_BTF, pairs_BTM


def _decode(
    tokenizer: Tokenizer, codes_BCL: Tensor, pairs_BTM: Tensor, frames_BTF: Tensor, x_BTD: Tensor
) -> None:
    """Set the decoder, layer after layer, each by what those before it give."""
    enter, *ups, out, last = _convolutions(tokenizer.decoder)
    width, code = tokenizer.config.width, tokenizer.config.quantiser.width
    some = torch.eye(code).double()[: width // 2]
    _set(enter, {1: torch.cat([some, -some])})
    at_BMT = F.relu(enter(codes_BCL))
    signed_BTM = torch.cat([frames_BTF, -frames_BTF], -1)
    for up, wanted in zip(ups, (pairs_BTM, signed_BTM), strict=True):
        at_BMT = F.interpolate(at_BMT, scale_factor=2, mode="nearest")
        _fit(up, at_BMT, wanted)
        at_BMT = up(at_BMT)
    _set(out, {1: torch.eye(width).double()})
    _fit(last, F.relu(out(at_BMT)), x_BTD)


def _convolutions(layers: nn.Sequential) -> list[nn.Conv1d]:
    """Those that lie in the row itself, not within a residual block."""
    return [layer for layer in layers if isinstance(layer, nn.Conv1d)]


def _components(x: Tensor, most: int) -> Tensor:
    """(C, K) orthonormal rows of greatest variance first, C = min(most, K)."""
    centred = x.flatten(0, -2) - x.flatten(0, -2).mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    rows: Tensor = vectors.T.flip(0)[:most]
    return rows


def _set(layer: nn.Conv1d, taps: dict[int, Tensor], bias: Tensor | None = None) -> None:
    """The kernel at these places in time, and 0 at the others; likewise the bias."""
    assert layer.bias is not None
    layer.weight.zero_()
    layer.bias.zero_()
    for place, matrix in taps.items():
        layer.weight[: matrix.shape[0], : matrix.shape[1], place] = matrix.to(layer.weight)
    if bias is not None:
        layer.bias[: len(bias)] = bias.to(layer.bias)


def _fit(layer: nn.Conv1d, given_BMT: Tensor, wanted_BTK: Tensor) -> None:
    """Least squares from three neighbours in time to what is wanted in the middle."""
    assert layer.bias is not None
    padded = F.pad(given_BMT.double(), (1, 1)).transpose(1, 2)
    near = torch.cat([padded[:, tap : tap + given_BMT.shape[2]] for tap in range(3)], -1)
    rows = torch.cat([near, torch.ones_like(near[..., :1])], -1).flatten(0, 1)
    square = rows.T @ rows
    # A little on the diagonal: where inputs follow from each other, the solution would else hang
    # on the last bits.
    square += torch.eye(len(square)).to(square) * _RIDGE * square.diagonal().mean()
    found = torch.linalg.solve(square, rows.T @ wanted_BTK.flatten(0, 1))
    channels = given_BMT.shape[1]
    _set(layer, {tap: found[tap * channels : (tap + 1) * channels].T for tap in range(3)},
         found[-1])  # fmt: skip
