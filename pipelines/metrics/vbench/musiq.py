"""MUSIQ: how well a picture is taken, at three scales at once (Ke et al., ICCV 2021).

The network in words: docs/reference/metrics.md#musiq.

Modules carry the names of the SPAQ checkpoint, and take their sizes from it.
B pictures, N tokens, D channels.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.metrics.vbench.weights import State, count_layers

PATCH = 32
GRID = 10
LONGER_SIDES = (224, 384)
_HEAD_CHANNELS = 64
_MASKED = -1000.0
_GROUPS = 32


class StandardisedConv(nn.Conv2d):
    """A convolution whose filters have mean 0 and deviation 1, padded as TensorFlow's SAME."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C', ceil(H / stride), ceil(W / stride))."""
        spread, mean = torch.std_mean(self.weight, dim=(1, 2, 3), keepdim=True)
        filters = (self.weight - mean) / (spread + 1e-5)
        padded = same_padding(x_BCHW, self.kernel_size[0], self.stride[0])
        return F.conv2d(padded, filters, self.bias, self.stride)


def same_padding(x_BCHW: Tensor, kernel: int, stride: int) -> Tensor:
    """Zeros around a picture so that a stride covers it; the odd one goes right and below."""
    pads = []
    for side in (x_BCHW.shape[3], x_BCHW.shape[2]):
        extra = max(0, (math.ceil(side / stride) - 1) * stride + kernel - side)
        pads += [extra // 2, extra - extra // 2]
    return F.pad(x_BCHW, pads)


class _Bottleneck(nn.Module):
    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.conv1 = StandardisedConv(inner, inner, 1, bias=False)
        self.gn1 = nn.GroupNorm(_GROUPS, inner, eps=1e-4)
        self.conv2 = StandardisedConv(inner, inner, 3, bias=False)
        self.gn2 = nn.GroupNorm(_GROUPS, inner, eps=1e-4)
        self.conv3 = StandardisedConv(inner, outer, 1, bias=False)
        self.gn3 = nn.GroupNorm(_GROUPS, outer, eps=1e-4)
        self.conv_proj = StandardisedConv(inner, outer, 1, bias=False)
        self.gn_proj = nn.GroupNorm(_GROUPS, outer, eps=1e-4)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        y = F.relu(self.gn1(self.conv1(x_BCHW)))
        y = F.relu(self.gn2(self.conv2(y)))
        return F.relu(self.gn3(self.conv3(y)) + self.gn_proj(self.conv_proj(x_BCHW)))


class _Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // _HEAD_CHANNELS
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x_BND: Tensor, visible_BN: Tensor) -> Tensor:
        batch, count, width = x_BND.shape
        query, key, value = (
            part(x_BND).reshape(batch, count, self.heads, -1).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        logits = query @ key.transpose(-2, -1) / math.sqrt(width // self.heads)
        pairs = visible_BN[:, None, :, None] & visible_BN[:, None, None, :]
        weights = logits.masked_fill(~pairs, _MASKED).softmax(dim=-1)
        out: Tensor = self.out((weights @ value).transpose(1, 2).reshape(batch, count, width))
        return out


class _Block(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = _Attention(width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})

    def forward(self, x_BND: Tensor, visible_BN: Tensor) -> Tensor:
        x_BND = x_BND + self.attention(self.norm1(x_BND), visible_BN)
        out: Tensor = x_BND + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x_BND))))
        return out


class _Position(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.position_emb = nn.Parameter(torch.zeros(1, GRID * GRID, width))


class _Scale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale_emb = nn.Parameter(torch.zeros(len(LONGER_SIDES) + 1, width))


class _Encoder(nn.Module):
    def __init__(self, width: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.posembed_input = _Position(width)
        self.scaleembed_input = _Scale(width)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.encoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.transformer = nn.ModuleDict(
            {f"encoderblock_{number}": _Block(width, hidden) for number in range(layers)}
        )

    def forward(self, x_BND: Tensor, place_N: Tensor, scale_N: Tensor, visible_N: Tensor) -> Tensor:
        x_BND = x_BND + self.posembed_input.position_emb[0, place_N]
        x_BND = x_BND + self.scaleembed_input.scale_emb[scale_N]
        x_BND = torch.cat([self.cls.expand(len(x_BND), 1, -1), x_BND], dim=1)
        visible = F.pad(visible_N, (1, 0), value=True).expand(len(x_BND), -1)
        for block in self.transformer.values():
            x_BND = block(x_BND, visible)
        out: Tensor = self.encoder_norm(x_BND[:, 0])
        return out


class Musiq(nn.Module):
    """The network with one score per picture.

    Args:
        stem, width, hidden, layers: channels of the convolutions and of the transformer, channels
            inside its blocks, and how many those are.
    """

    def __init__(self, stem: int, width: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.conv_root = StandardisedConv(3, stem, 7, stride=2, bias=False)
        self.gn_root = nn.GroupNorm(_GROUPS, stem, eps=1e-6)
        self.block1 = _Bottleneck(stem, 4 * stem)
        self.embedding = nn.Linear(4 * stem * (PATCH // 4) ** 2, width)
        self.transformer_encoder = _Encoder(width, hidden, layers)
        self.head = nn.Linear(width, 1)

    def forward(self, x_B3HW: Tensor) -> Tensor:
        """Pictures in [0, 1] to scores (B,), about 0 to 100."""
        patches, place, scale, visible = multiscale_patches(2 * (x_B3HW - 0.5))
        batch, count = patches.shape[:2]
        y = F.relu(self.gn_root(self.conv_root(patches.flatten(0, 1))))
        y = self.block1(F.max_pool2d(same_padding(y, 3, 2), 3, stride=2))
        # The checkpoint was trained with channels last.
        tokens = self.embedding(y.permute(0, 2, 3, 1).reshape(batch, count, -1))
        out: Tensor = self.head(self.transformer_encoder(tokens, place, scale, visible))[:, 0]
        return out


def multiscale_patches(x_B3HW: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Patches of three scales with their places.

    Returns:
        patches (B, N, 3, 32, 32); place (N,) in the 10 x 10 grid; scale (N,); visible (N,), False
        for the zeros that fill the smaller scales up.
    """
    height, width = x_B3HW.shape[2:]
    parts = []
    for number, longer in enumerate(LONGER_SIDES):
        ratio = longer / max(height, width)
        size = (max(1, round(height * ratio)), max(1, round(width * ratio)))
        small = F.interpolate(x_B3HW, size, mode="bicubic")
        parts.append(_patches(small, number, math.ceil(longer / PATCH) ** 2))
    parts.append(_patches(x_B3HW, len(LONGER_SIDES), None))
    patches, place, scale, visible = zip(*parts, strict=True)
    return torch.cat(patches, 1), torch.cat(place), torch.cat(scale), torch.cat(visible)


def _patches(x_B3HW: Tensor, scale: int, room: int | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rows, columns = (math.ceil(side / PATCH) for side in x_B3HW.shape[2:])
    cut = F.unfold(same_padding(x_B3HW, PATCH, PATCH), PATCH, stride=PATCH).transpose(1, 2)
    cut = cut.reshape(len(x_B3HW), -1, 3, PATCH, PATCH)
    place = (_nearest(rows)[:, None] * GRID + _nearest(columns)).reshape(-1).to(x_B3HW.device)
    count = rows * columns
    missing = 0 if room is None else room - count
    visible = torch.ones(count, dtype=torch.bool, device=x_B3HW.device)
    scales = torch.full_like(place, scale)
    # Scale and place of what fills up are those of the first table entries, as in the original.
    return (
        F.pad(cut, (0, 0, 0, 0, 0, 0, 0, missing)), F.pad(place, (0, missing)),
        F.pad(scales, (0, missing)), F.pad(visible, (0, missing)),
    )  # fmt: skip


def _nearest(count: int) -> Tensor:
    """Numbers 0 ... 9 stretched over `count` patches by nearest neighbours."""
    numbers = torch.arange(GRID, dtype=torch.float32)[None, None]
    return F.interpolate(numbers, count, mode="nearest")[0, 0].long()


def musiq_from_state(state: State) -> Musiq:
    """MUSIQ with the sizes and weights of a checkpoint."""
    stem = len(state["conv_root.weight"])
    hidden, width = state["transformer_encoder.transformer.encoderblock_0.mlp.fc1.weight"].shape
    layers = count_layers(state, "transformer_encoder.transformer.")
    model = Musiq(stem, width, hidden, layers)
    model.load_state_dict({key: value.float() for key, value in state.items()})
    return model.eval()
