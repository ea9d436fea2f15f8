"""AMT-S: the frame in the middle of two (Li et al., CVPR 2023), as VBench's motion smoothness asks.

Both frames are encoded; from coarse to fine two flows (middle to first, middle to second) are
guessed, corrected by looking up how well the frames' features agree where the flows point, and at
last three flow pairs each fetch pixels from both frames. Modules carry the names of `amt-s.pth`.
B pairs, flows in pixels of their own level, x first.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.metrics.vbench.weights import State
from pipelines.support.errors import UnsuitableInput

CHANNELS = (20, 32, 44, 56)
DIVISOR = 16
_SIDE = 20
_FLOWS = 3
_RADIUS, _LEVELS = 3, 4
_LEAST_SIDE = 8 * 2 ** (_LEVELS - 1)
_FEATURES = 84
_HIDDEN, _FLOW_CHANNELS, _AGREEMENT, _MIXED = 76, 20, 64, 68


def _activated(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


def _scaled(x: Tensor, factor: float) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def warp(x_BCHW: Tensor, flow_B2HW: Tensor) -> Tensor:
    """Each place fetches from where its flow points; beyond the border from the border."""
    height, width = x_BCHW.shape[2:]
    rows = torch.linspace(-1, 1, height, device=x_BCHW.device)
    columns = torch.linspace(-1, 1, width, device=x_BCHW.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    # A side of one pixel has no extent to measure a flow by.
    step = torch.tensor([max(width - 1, 1), max(height - 1, 1)], device=x_BCHW.device) / 2
    grid = torch.stack([x, y], dim=-1) + flow_B2HW.permute(0, 2, 3, 1) / step
    return F.grid_sample(x_BCHW, grid, padding_mode="border", align_corners=True)


class _Residual(nn.Module):
    """Five convolutions, of which the second and fourth see the last channels only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv3 = _activated(channels, channels), _activated(channels, channels)
        self.conv2, self.conv4 = _activated(_SIDE, _SIDE), _activated(_SIDE, _SIDE)
        self.conv5 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.prelu = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = _aside(self.conv1(x), self.conv2)
        y = _aside(self.conv3(y), self.conv4)
        out: Tensor = self.prelu(x + self.conv5(y))
        return out


def _aside(x: Tensor, part: nn.Module) -> Tensor:
    return torch.cat([x[:, :-_SIDE], part(x[:, -_SIDE:])], dim=1)


class _Pyramid(nn.Module):
    """Features at a half, a quarter, an eighth and a sixteenth of the size."""

    def __init__(self) -> None:
        super().__init__()
        before = 3
        for number, channels in enumerate(CHANNELS, 1):
            level = nn.Sequential(_activated(before, channels, 2), _activated(channels, channels))
            self.add_module(f"pyramid{number}", level)
            before = channels

    def forward(self, x: Tensor) -> list[Tensor]:
        levels = []
        for level in self.children():
            x = level(x)
            levels.append(x)
        return levels


class _Decoder(nn.Module):
    def __init__(self, inputs: int, channels: int, outputs: int) -> None:
        super().__init__()
        self.convblock = nn.Sequential(
            _activated(inputs, channels),
            _Residual(channels),
            nn.ConvTranspose2d(channels, outputs, 4, 2, 1),
        )


class _FirstDecoder(_Decoder):
    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__(2 * channels + 1, 2 * channels, outputs + 4)

    def forward(self, first: Tensor, second: Tensor, time: float) -> tuple[Tensor, Tensor, Tensor]:
        moment = torch.full_like(first[:, :1], time)
        out = self.convblock(torch.cat([first, second, moment], dim=1))
        return out[:, :2], out[:, 2:4], out[:, 4:]


class _NextDecoder(_Decoder):
    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__(3 * channels + 4, 3 * channels, outputs)

    def forward(
        self, middle: Tensor, first: Tensor, second: Tensor, flows: tuple[Tensor, Tensor]
    ) -> Tensor:
        fetched = [warp(first, flows[0]), warp(second, flows[1])]
        out: Tensor = self.convblock(torch.cat([middle, *fetched, *flows], dim=1))
        return out


class _FeatureBlock(nn.Module):
    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        narrow = channels // 4
        self.conv1 = nn.Conv2d(inputs, narrow, 1)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, stride, 1)
        self.conv3 = nn.Conv2d(narrow, channels, 1)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inputs, channels, 1, stride)) if stride > 1 else None
        )

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for conv in (self.conv1, self.conv2, self.conv3):
            y = F.relu(F.instance_norm(conv(y)))
        kept = x if self.downsample is None else F.instance_norm(self.downsample(x))
        return F.relu(kept + y)


class _Features(nn.Module):
    """What frames are compared by, at an eighth of the size."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, 2, 3)
        self.layer1 = nn.Sequential(_FeatureBlock(32, 32, 1), _FeatureBlock(32, 32, 1))
        self.layer2 = nn.Sequential(_FeatureBlock(32, 64, 2), _FeatureBlock(64, 64, 1))
        self.layer3 = nn.Sequential(_FeatureBlock(64, 96, 2), _FeatureBlock(96, 96, 1))
        self.conv2 = nn.Conv2d(96, _FEATURES, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(F.instance_norm(self.conv1(x)))
        out: Tensor = self.conv2(self.layer3(self.layer2(self.layer1(y))))
        return out


class _Agreement:
    """How well each place of one frame agrees with all places of the other, both ways round."""

    def __init__(self, first_BCHW: Tensor, second_BCHW: Tensor) -> None:
        _, channels, height, width = first_BCHW.shape
        table = first_BCHW.flatten(2).transpose(1, 2) @ second_BCHW.flatten(2) / channels**0.5
        self.forth = _halvings(table.reshape(-1, 1, height, width))
        self.back = _halvings(table.transpose(1, 2).reshape(-1, 1, height, width))

    def around(self, in_second_B2HW: Tensor, in_first_B2HW: Tensor) -> Tensor:
        """Agreement in a window around the places that each frame's pixels are looked for at."""
        parts = [_windows(self.forth, in_second_B2HW), _windows(self.back, in_first_B2HW)]
        return torch.cat(parts, dim=1)


def _halvings(table: Tensor) -> list[Tensor]:
    levels = [table]
    for _ in range(_LEVELS - 1):
        levels.append(F.avg_pool2d(levels[-1], 2, stride=2))
    return levels


def _windows(levels: Sequence[Tensor], places_B2HW: Tensor) -> Tensor:
    batch, _, height, width = places_B2HW.shape
    middles = places_B2HW.permute(0, 2, 3, 1).reshape(-1, 1, 1, 2)
    span = torch.arange(-_RADIUS, _RADIUS + 1, dtype=middles.dtype, device=middles.device)
    y, x = torch.meshgrid(span, span, indexing="ij")
    offsets = torch.stack([x, y], dim=-1)
    found = []
    for number, level in enumerate(levels):
        rows, columns = level.shape[2:]
        size = torch.tensor([max(columns - 1, 1), max(rows - 1, 1)], device=middles.device)
        grid = 2 * (middles / 2**number + offsets) / size - 1
        looked = F.grid_sample(level, grid, align_corners=True)
        found.append(looked.reshape(batch, height, width, -1))
    return torch.cat(found, dim=-1).permute(0, 3, 1, 2)


class _Update(nn.Module):
    """Corrections of features and flows from the agreement; works at an eighth of the size."""

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        seen = 2 * _LEVELS * (2 * _RADIUS + 1) ** 2
        self.convc1 = nn.Conv2d(seen, _AGREEMENT, 1)
        self.convf1 = nn.Conv2d(4, 2 * _FLOW_CHANNELS, 7, padding=3)
        self.convf2 = nn.Conv2d(2 * _FLOW_CHANNELS, _FLOW_CHANNELS, 3, padding=1)
        self.conv = nn.Conv2d(_AGREEMENT + _FLOW_CHANNELS, _MIXED, 3, padding=1)
        self.gru = _two_convolutions(_MIXED + 4 + channels, _HIDDEN)
        self.feat_head = _two_convolutions(_HIDDEN, channels)
        self.flow_head = _two_convolutions(_HIDDEN, 4)

    def forward(self, middle: Tensor, flow: Tensor, agreement: Tensor) -> tuple[Tensor, Tensor]:
        small = _scaled(middle, 1 / self.scale) if self.scale > 1 else middle
        moved = _leaky(self.convf2(_leaky(self.convf1(flow))))
        mixed = _leaky(self.conv(torch.cat([_leaky(self.convc1(agreement)), moved], dim=1)))
        state = self.gru(torch.cat([mixed, flow, small], dim=1))
        features, flows = self.feat_head(state), self.flow_head(state)
        if self.scale > 1:
            return _scaled(features, self.scale), self.scale * _scaled(flows, self.scale)
        return features, flows


def _two_convolutions(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, _HIDDEN, 3, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(_HIDDEN, outputs, 3, padding=1),
    )


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)


class AmtS(nn.Module):
    """The small AMT. Sides of its frames must be multiples of 16; `middle_frame` sees to it."""

    def __init__(self) -> None:
        super().__init__()
        one, two, three, four = CHANNELS
        self.feat_encoder = _Features()
        self.encoder = _Pyramid()
        self.decoder4 = _FirstDecoder(four, three)
        self.decoder3 = _NextDecoder(three, two + 4)
        self.decoder2 = _NextDecoder(two, one + 4)
        self.decoder1 = _NextDecoder(one, 8 * _FLOWS)
        self.update4, self.update3, self.update2 = (
            _Update(three, 1),
            _Update(two, 2),
            _Update(one, 4),
        )
        self.comb_block = nn.Sequential(
            nn.Conv2d(3 * _FLOWS, 6 * _FLOWS, 3, 1, 1),
            nn.PReLU(6 * _FLOWS),
            nn.Conv2d(6 * _FLOWS, 3, 3, 1, 1),
        )

    def forward(self, first_B3HW: Tensor, second_B3HW: Tensor, time: float = 0.5) -> Tensor:
        """Frames in [0, 1] to the frame at `time` between them (B, 3, H, W)."""
        mean = torch.cat([first_B3HW, second_B3HW], dim=2).mean(dim=(1, 2, 3), keepdim=True)
        frames = first_B3HW - mean, second_B3HW - mean
        agreement = _Agreement(*(self.feat_encoder(frame) for frame in frames))
        pyramids = [self.encoder(frame) for frame in frames]

        forth, back, middle = self.decoder4(pyramids[0][3], pyramids[1][3], time)
        middle, flows = self._corrected(self.update4, middle, (forth, back), agreement, time, 1)
        for level, decoder, update, shrink in (
            (2, self.decoder3, self.update3, 2), (1, self.decoder2, self.update2, 4),
        ):  # fmt: skip
            out = decoder(middle, pyramids[0][level], pyramids[1][level], flows)
            finer = out[:, :2] + _doubled(flows[0]), out[:, 2:4] + _doubled(flows[1])
            middle, flows = self._corrected(update, out[:, 4:], finer, agreement, time, shrink)
        out = self.decoder1(middle, pyramids[0][0], pyramids[1][0], flows)
        return self._combined(frames, mean, out, flows)

    def _corrected(
        self,
        update: _Update,
        middle: Tensor,
        flows: tuple[Tensor, Tensor],
        agreement: _Agreement,
        time: float,
        shrink: int,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        small = flows
        if shrink > 1:
            small = (_scaled(flows[0], 1 / shrink) / shrink, _scaled(flows[1], 1 / shrink) / shrink)
        here = _places(small[0])
        # A pixel that is seen half-way moves on at the same speed in the whole interval.
        seen = agreement.around(here + small[1] / time, here + small[0] / (1 - time))
        features, change = update(middle, torch.cat(small, dim=1), seen)
        return middle + features, (flows[0] + change[:, :2], flows[1] + change[:, 2:])

    def _combined(
        self,
        frames: tuple[Tensor, Tensor],
        mean: Tensor,
        out: Tensor,
        flows: tuple[Tensor, Tensor],
    ) -> Tensor:
        batch, _, height, width = frames[0].shape
        forth, back, mask, rest = out.split([2 * _FLOWS, 2 * _FLOWS, _FLOWS, 3 * _FLOWS], dim=1)
        forth = forth + _doubled(flows[0]).repeat(1, _FLOWS, 1, 1)
        back = back + _doubled(flows[1]).repeat(1, _FLOWS, 1, 1)
        first, second = (frame.repeat_interleave(_FLOWS, dim=0) for frame in frames)
        share = torch.sigmoid(mask).reshape(-1, 1, height, width)
        fetched = share * warp(first, forth.reshape(-1, 2, height, width)) + (1 - share) * warp(
            second, back.reshape(-1, 2, height, width)
        )
        fetched = fetched + mean.repeat_interleave(_FLOWS, dim=0)
        fetched = fetched + rest.reshape(-1, 3, height, width)
        several = fetched.reshape(batch, _FLOWS, 3, height, width)
        blended: Tensor = several.mean(dim=1) + self.comb_block(several.flatten(1, 2))
        return blended.clamp(0, 1)


def _doubled(flow: Tensor) -> Tensor:
    return 2.0 * _scaled(flow, 2.0)


def _places(flow_B2HW: Tensor) -> Tensor:
    height, width = flow_B2HW.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, dtype=flow_B2HW.dtype, device=flow_B2HW.device),
        torch.arange(width, dtype=flow_B2HW.dtype, device=flow_B2HW.device),
        indexing="ij",
    )
    return torch.stack([x, y])[None]


def middle_frame(model: AmtS, first_B3HW: Tensor, second_B3HW: Tensor) -> Tensor:
    """`model` on frames of any size: edges repeated up to multiples of 16, and cut off again.

    Raises UnsuitableInput for frames that are too small for the agreement's coarsest level.
    """
    height, width = first_B3HW.shape[2:]
    if min(height, width) <= _LEAST_SIDE - DIVISOR:
        raise UnsuitableInput(
            f"frames of {width} x {height} pixels are too small for VBench's motion smoothness"
        )
    extra = [-side % DIVISOR for side in (width, height)]
    pads = [extra[0] // 2, extra[0] - extra[0] // 2, extra[1] // 2, extra[1] - extra[1] // 2]
    padded = [F.pad(frame, pads, mode="replicate") for frame in (first_B3HW, second_B3HW)]
    out: Tensor = model(*padded)
    return out[..., pads[2] : pads[2] + height, pads[0] : pads[0] + width]


def amt_from_state(state: State) -> AmtS:
    """AMT-S with the weights of an official file."""
    model = AmtS()
    model.load_state_dict({key: value.float() for key, value in state.items()})
    return model.eval()
