"""Fused elementwise steps of a Mamba layer on a GPU, as Triton kernels (`fused` says what they do).

Between a layer's products a GPU spends its time on carrying tensors to and fro; each of these steps
reads and writes them once. Arithmetic is in float32, results come in the precision of the input.

Shapes: B batch, T time, D channels, K taps, P programs whose partial sums are added up at the end.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

FRAMES = 32
CHANNELS = 64
"""What one program works on."""


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _slope(p):  # type: ignore[no-untyped-def]
    """The derivative of SiLU."""
    gate = tl.sigmoid(p)
    return gate * (1 + p * (1 - gate))


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _convolved(x, weight, bias_D, t, d, length, row, inside, TAPS: tl.constexpr):  # type: ignore[no-untyped-def]
    """What SiLU is applied to, at frames t (some of them perhaps beyond the end)."""
    total = bias_D[None, :] + tl.zeros((t.shape[0], d.shape[0]), dtype=tl.float32)
    for k in tl.static_range(TAPS):
        at = t - TAPS + 1 + k
        known = ((at >= 0) & (at < length))[:, None] & inside[None, :]
        x_TD = tl.load(x + at[:, None] * row + d[None, :], mask=known, other=0.0).to(tl.float32)
        w_D = tl.load(weight + d * TAPS + k, mask=inside, other=0.0).to(tl.float32)
        total += x_TD * w_D[None, :]
    return total


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _conv_forward(  # type: ignore[no-untyped-def]
    x, weight, bias, out, length, channels, row,
    TAPS: tl.constexpr, FRAMES: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    sample = tl.program_id(2).to(tl.int64)
    t = tl.program_id(1) * FRAMES + tl.arange(0, FRAMES)
    d = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    inside = d < channels
    bias_D = tl.load(bias + d, mask=inside, other=0.0).to(tl.float32)
    x += sample * length * row
    p = _convolved(x, weight, bias_D, t, d, length, row, inside, TAPS)
    place = out + sample * length * channels + t[:, None] * channels + d[None, :]
    mask = (t < length)[:, None] & inside[None, :]
    tl.store(place, (p * tl.sigmoid(p)).to(out.dtype.element_ty), mask=mask)


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _conv_backward(  # type: ignore[no-untyped-def]
    x, weight, bias, g_out, gx, g_weight, g_bias, length, channels, row,
    TAPS: tl.constexpr, FRAMES: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    sample = tl.program_id(2).to(tl.int64)
    program = sample * tl.num_programs(1) + tl.program_id(1)
    t = tl.program_id(1) * FRAMES + tl.arange(0, FRAMES)
    d = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    inside = d < channels
    bias_D = tl.load(bias + d, mask=inside, other=0.0).to(tl.float32)
    x += sample * length * row
    g_out += sample * length * channels
    total = tl.zeros((FRAMES, CHANNELS), dtype=tl.float32)
    for later in tl.static_range(TAPS):
        at = t + later
        known = (at < length)[:, None] & inside[None, :]
        p = _convolved(x, weight, bias_D, at, d, length, row, inside, TAPS)
        place = g_out + at[:, None] * channels + d[None, :]
        gp = tl.load(place, mask=known, other=0.0).to(tl.float32) * _slope(p)
        w_D = tl.load(weight + d * TAPS + TAPS - 1 - later, mask=inside, other=0.0).to(tl.float32)
        total += gp * w_D[None, :]
        if later == 0:
            tl.store(g_bias + program * channels + d, tl.sum(gp, axis=0), mask=inside)
            for k in tl.static_range(TAPS):
                source = t - TAPS + 1 + k
                heard = ((source >= 0) & (source < length))[:, None] & inside[None, :]
                x_TD = tl.load(x + source[:, None] * row + d[None, :], mask=heard, other=0.0)
                gw_D = tl.sum(gp * x_TD.to(tl.float32), axis=0)
                tl.store(g_weight + (program * channels + d) * TAPS + k, gw_D, mask=inside)
    mask = (t < length)[:, None] & inside[None, :]
    place = gx + sample * length * channels + t[:, None] * channels + d[None, :]
    tl.store(place, total.to(gx.dtype.element_ty), mask=mask)


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _gate_forward(  # type: ignore[no-untyped-def]
    y, u, z, skip, out, rows, channels, row, FRAMES: tl.constexpr, CHANNELS: tl.constexpr
):
    r = (tl.program_id(1) * FRAMES + tl.arange(0, FRAMES)).to(tl.int64)
    d = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    mask = (r < rows)[:, None] & (d < channels)[None, :]
    place = r[:, None] * channels + d[None, :]
    skip_D = tl.load(skip + d, mask=d < channels, other=0.0).to(tl.float32)
    y_RD = tl.load(y + place, mask=mask, other=0.0).to(tl.float32)
    u_RD = tl.load(u + place, mask=mask, other=0.0).to(tl.float32)
    z_RD = tl.load(z + r[:, None] * row + d[None, :], mask=mask, other=0.0).to(tl.float32)
    found = (y_RD + skip_D[None, :] * u_RD) * z_RD * tl.sigmoid(z_RD)
    tl.store(out + place, found.to(out.dtype.element_ty), mask=mask)


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _gate_backward(  # type: ignore[no-untyped-def]
    y, u, z, skip, g_out, gy, gu, gz, g_skip, rows, channels, row,
    FRAMES: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    r = (tl.program_id(1) * FRAMES + tl.arange(0, FRAMES)).to(tl.int64)
    d = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    inside = d < channels
    mask = (r < rows)[:, None] & inside[None, :]
    place = r[:, None] * channels + d[None, :]
    skip_D = tl.load(skip + d, mask=inside, other=0.0).to(tl.float32)
    y_RD = tl.load(y + place, mask=mask, other=0.0).to(tl.float32)
    u_RD = tl.load(u + place, mask=mask, other=0.0).to(tl.float32)
    z_RD = tl.load(z + r[:, None] * row + d[None, :], mask=mask, other=0.0).to(tl.float32)
    g_RD = tl.load(g_out + place, mask=mask, other=0.0).to(tl.float32)
    gy_RD = g_RD * z_RD * tl.sigmoid(z_RD)
    gz_RD = g_RD * (y_RD + skip_D[None, :] * u_RD) * _slope(z_RD)
    tl.store(gy + place, gy_RD.to(gy.dtype.element_ty), mask=mask)
    tl.store(gu + place, (gy_RD * skip_D[None, :]).to(gu.dtype.element_ty), mask=mask)
    tl.store(gz + place, gz_RD.to(gz.dtype.element_ty), mask=mask)
    tl.store(g_skip + tl.program_id(1) * channels + d, tl.sum(gy_RD * u_RD, axis=0), mask=inside)


def conv_silu(x_BTD: Tensor, weight_D1K: Tensor, bias_D: Tensor) -> Tensor:
    """Causal depthwise convolution, then SiLU; x may be a slice of a wider tensor's channels."""
    return _ConvSilu.apply(x_BTD, weight_D1K, bias_D)  # type: ignore[no-any-return,no-untyped-call]


def gated(y_BTD: Tensor, u_BTD: Tensor, z_BTD: Tensor, skip_D: Tensor) -> Tensor:
    """(y + skip u) silu(z); z may be a slice of a wider tensor's channels."""
    return _Gate.apply(y_BTD, u_BTD, z_BTD, skip_D)  # type: ignore[no-any-return,no-untyped-call]


def _rows(tensor: Tensor) -> Tensor:
    """As it is where frames follow each other at one distance, channels side by side."""
    batch, length, _ = tensor.shape
    even = tensor.stride(-1) == 1 and (batch == 1 or tensor.stride(0) == length * tensor.stride(1))
    return tensor if even else tensor.contiguous()


class _ConvSilu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        x, weight, bias = _rows(x), weight.contiguous(), bias.contiguous()
        out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        _conv_forward[_ConvSilu.grid(x)](
            x, weight, bias, out, x.shape[1], x.shape[2], x.stride(1),
            TAPS=weight.shape[-1], FRAMES=FRAMES, CHANNELS=CHANNELS,
        )  # fmt: skip
        ctx.save_for_backward(x, weight, bias)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        x, weight, bias = ctx.saved_tensors
        grid = _ConvSilu.grid(x)
        gx = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        partial = {"dtype": torch.float32, "device": x.device}
        g_weight = torch.empty(grid[1] * grid[2], *weight.shape, **partial)
        g_bias = torch.empty(grid[1] * grid[2], *bias.shape, **partial)
        _conv_backward[grid](
            x, weight, bias, grads[0].contiguous(), gx, g_weight, g_bias, x.shape[1], x.shape[2],
            x.stride(1), TAPS=weight.shape[-1], FRAMES=FRAMES, CHANNELS=CHANNELS,
        )  # fmt: skip
        return gx, g_weight.sum(0).to(weight.dtype), g_bias.sum(0).to(bias.dtype)

    @staticmethod
    def grid(x: Tensor) -> tuple[int, int, int]:
        """Programs over channels, frames and samples."""
        batch, length, channels = x.shape
        return -(-channels // CHANNELS), -(-length // FRAMES), batch


class _Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, u: Tensor, z: Tensor, skip: Tensor) -> Tensor:
        y, u, z, skip = y.contiguous(), u.contiguous(), _rows(z), skip.contiguous()
        out = torch.empty(z.shape, dtype=z.dtype, device=z.device)
        rows = y.shape[0] * y.shape[1]
        _gate_forward[_Gate.grid(y)](
            y, u, z, skip, out, rows, y.shape[2], z.stride(1), FRAMES=FRAMES, CHANNELS=CHANNELS
        )
        ctx.save_for_backward(y, u, z, skip)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        y, u, z, skip = ctx.saved_tensors
        gy, gu = torch.empty_like(y), torch.empty_like(u)
        gz = torch.empty(z.shape, dtype=z.dtype, device=z.device)
        grid, rows = _Gate.grid(y), y.shape[0] * y.shape[1]
        g_skip = torch.empty(grid[1], *skip.shape, dtype=torch.float32, device=y.device)
        _gate_backward[grid](
            y, u, z, skip, grads[0].contiguous(), gy, gu, gz, g_skip, rows, y.shape[2],
            z.stride(1), FRAMES=FRAMES, CHANNELS=CHANNELS,
        )  # fmt: skip
        return gy, gu, gz, g_skip.sum(0).to(skip.dtype)

    @staticmethod
    def grid(y: Tensor) -> tuple[int, int]:
        """Programs over channels and frames of all samples."""
        return -(-y.shape[2] // CHANNELS), -(-y.shape[0] * y.shape[1] // FRAMES)
