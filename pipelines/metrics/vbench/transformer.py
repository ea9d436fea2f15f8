"""The two vision transformers that VBench looks through: OpenAI's CLIP and DINO.

Modules carry the names of the official weight files, and take their sizes from them.
B images, N tokens, D channels.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.metrics.vbench.weights import State, count_layers

HEAD_CHANNELS = 64


class QuickGELU(nn.Module):
    """CLIP's approximation of GELU."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return x * torch.sigmoid(1.702 * x)


class _ClipBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, width // HEAD_CHANNELS, batch_first=True)
        self.ln_1 = nn.LayerNorm(width)
        parts = [("c_fc", nn.Linear(width, 4 * width)), ("gelu", QuickGELU()),
                 ("c_proj", nn.Linear(4 * width, width))]  # fmt: skip
        self.mlp = nn.Sequential(OrderedDict(parts))
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x_BND: Tensor) -> Tensor:
        y = self.ln_1(x_BND)
        x_BND = x_BND + self.attn(y, y, y, need_weights=False)[0]
        out: Tensor = x_BND + self.mlp(self.ln_2(x_BND))
        return out


class _ClipStack(nn.Module):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*(_ClipBlock(width) for _ in range(layers)))

    def forward(self, x_BND: Tensor) -> Tensor:
        out: Tensor = self.resblocks(x_BND)
        return out


class ClipVision(nn.Module):
    """The picture half of CLIP.

    Args:
        width, layers, patch, grid, outputs: channels, blocks, pixels of a patch, patches per side,
            channels of the embedding.
    """

    def __init__(self, width: int, layers: int, patch: int, grid: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros(grid**2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = _ClipStack(width, layers)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.zeros(width, outputs))

    def forward(self, x_B3HW: Tensor) -> Tensor:
        """Normalised square pictures to embeddings (B, outputs)."""
        patches = self.conv1(x_B3HW).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(len(patches), 1, -1)
        tokens = torch.cat([first, patches], dim=1) + self.positional_embedding
        tokens = self.transformer(self.ln_pre(tokens))
        out: Tensor = self.ln_post(tokens[:, 0]) @ self.proj
        return out


def clip_from_state(state: State) -> ClipVision:
    """The picture half of a whole CLIP's weights."""
    own = {key.removeprefix("visual."): value.float() for key, value in state.items()
           if key.startswith("visual.")}  # fmt: skip
    width, _, patch, _ = own["conv1.weight"].shape
    grid = round((len(own["positional_embedding"]) - 1) ** 0.5)
    layers = count_layers(own, "transformer.resblocks.")
    model = ClipVision(width, layers, patch, grid, own["proj"].shape[1])
    model.load_state_dict(own)
    return model.eval()


class _DinoAttention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_CHANNELS
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x_BND: Tensor) -> Tensor:
        batch, count, width = x_BND.shape
        split = self.qkv(x_BND).reshape(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(split[0], split[1], split[2])
        out: Tensor = self.proj(mixed.transpose(1, 2).reshape(batch, count, width))
        return out


class _DinoMlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x_BND: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(x_BND)))
        return out


class _DinoBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = _DinoAttention(width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = _DinoMlp(width)

    def forward(self, x_BND: Tensor) -> Tensor:
        x_BND = x_BND + self.attn(self.norm1(x_BND))
        out: Tensor = x_BND + self.mlp(self.norm2(x_BND))
        return out


class Dino(nn.Module):
    """DINO's vision transformer; pictures may have any shape (at least one patch)."""

    def __init__(self, width: int, layers: int, patch: int, grid: int) -> None:
        super().__init__()
        self.patch, self.grid = patch, grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, grid**2 + 1, width))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, stride=patch)})
        self.blocks = nn.ModuleList(_DinoBlock(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x_B3HW: Tensor) -> Tensor:
        """Normalised pictures to the class token (B, D)."""
        grid = self.patch_embed["proj"](x_B3HW)
        tokens = torch.cat(
            [self.cls_token.expand(len(grid), -1, -1), grid.flatten(2).transpose(1, 2)], dim=1
        )
        tokens = tokens + self._positions(grid.shape[2], grid.shape[3])
        for block in self.blocks:
            tokens = block(tokens)
        out: Tensor = self.norm(tokens)[:, 0]
        return out

    def _positions(self, rows: int, columns: int) -> Tensor:
        if rows == columns == self.grid:
            return self.pos_embed
        square = self.pos_embed[:, 1:].reshape(1, self.grid, self.grid, -1).permute(0, 3, 1, 2)
        # The published network scales by sizes a little too large, lest rounding lose a row.
        scale = ((rows + 0.1) / self.grid, (columns + 0.1) / self.grid)
        stretched = F.interpolate(square, scale_factor=scale, mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], stretched.flatten(2).transpose(1, 2)], dim=1)


def dino_from_state(state: State) -> Dino:
    """DINO with the sizes and weights of an official file."""
    width, _, patch, _ = state["patch_embed.proj.weight"].shape
    grid = round((state["pos_embed"].shape[1] - 1) ** 0.5)
    model = Dino(width, count_layers(state, "blocks."), patch, grid)
    model.load_state_dict({key: value.float() for key, value in state.items()})
    return model.eval()
