"""The selective scan on a GPU, as two Triton kernels: no compiler but the one that torch brings.

One program carries a tile of channels of one sample through time, its state in registers: N
numbers per channel, one channel per thread. Forward, every 32nd state is kept; backward, the states
in between are computed again, segment by segment, into a scratch that stays in the cache. All
arithmetic is in float32, whatever the arguments' precision.

Shapes: B batch, L time, D channels, N state, S segments. Tensors are contiguous, channels last.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

TILE = 32
"""Channels per program: one warp."""
SEGMENT = 32
"""Time steps between kept states."""


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _forward(  # type: ignore[no-untyped-def]
    u, dt, a, b, c, y, states, length, channels, order, segments,
    ROWS: tl.constexpr, TILE: tl.constexpr, SEGMENT: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    sample = tl.program_id(1).to(tl.int64)
    d = tl.program_id(0) * TILE + tl.arange(0, TILE)
    n = tl.arange(0, ROWS)
    inside, known = d < channels, n < order
    both = known[:, None] & inside[None, :]
    a_ND = tl.load(a + n[:, None] * channels + d[None, :], mask=both, other=0.0).to(tl.float32)
    u += sample * length * channels
    dt += sample * length * channels
    y += sample * length * channels
    b += sample * length * order
    c += sample * length * order
    states += sample * segments * order * channels
    h = tl.zeros((ROWS, TILE), dtype=tl.float32)
    for segment in range(segments):
        if KEEP:
            kept = segment * order * channels + n[:, None] * channels + d[None, :]
            tl.store(states + kept, h, mask=both)
        first = segment * SEGMENT
        for t in range(first, tl.minimum(first + SEGMENT, length)):
            u_D = tl.load(u + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            dt_D = tl.load(dt + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            b_N = tl.load(b + t * order + n, mask=known, other=0.0).to(tl.float32)
            c_N = tl.load(c + t * order + n, mask=known, other=0.0).to(tl.float32)
            h = tl.exp(dt_D[None, :] * a_ND) * h + (dt_D * u_D)[None, :] * b_N[:, None]
            y_D = tl.sum(h * c_N[:, None], axis=0)
            tl.store(y + t * channels + d, y_D.to(y.dtype.element_ty), mask=inside)


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _backward(  # type: ignore[no-untyped-def]  # noqa: PLR0915
    u, dt, a, b, c, states, gy, gu, gdt, ga, gb, gc, scratch, length, channels, order, segments,
    ROWS: tl.constexpr, TILE: tl.constexpr, SEGMENT: tl.constexpr,
):  # fmt: skip
    tile, sample = tl.program_id(0), tl.program_id(1).to(tl.int64)
    samples = tl.num_programs(1)
    d = tile * TILE + tl.arange(0, TILE)
    n = tl.arange(0, ROWS)
    inside, known = d < channels, n < order
    both = known[:, None] & inside[None, :]
    a_ND = tl.load(a + n[:, None] * channels + d[None, :], mask=both, other=0.0).to(tl.float32)
    u += sample * length * channels
    dt += sample * length * channels
    gy += sample * length * channels
    gu += sample * length * channels
    gdt += sample * length * channels
    b += sample * length * order
    c += sample * length * order
    gb += (tile * samples + sample) * length * order
    gc += (tile * samples + sample) * length * order
    states += sample * segments * order * channels
    scratch += (sample * tl.num_programs(0) + tile) * SEGMENT * ROWS * TILE
    cell = n[:, None] * TILE + tl.arange(0, TILE)[None, :]
    gh = tl.zeros((ROWS, TILE), dtype=tl.float32)
    ga_ND = tl.zeros((ROWS, TILE), dtype=tl.float32)
    for back in range(segments):
        segment = segments - 1 - back
        first = segment * SEGMENT
        steps = tl.minimum(SEGMENT, length - first)
        kept = segment * order * channels + n[:, None] * channels + d[None, :]
        h = tl.load(states + kept, mask=both, other=0.0)
        for step in range(steps):
            tl.store(scratch + step * ROWS * TILE + cell, h)
            t = first + step
            u_D = tl.load(u + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            dt_D = tl.load(dt + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            b_N = tl.load(b + t * order + n, mask=known, other=0.0).to(tl.float32)
            h = tl.exp(dt_D[None, :] * a_ND) * h + (dt_D * u_D)[None, :] * b_N[:, None]
        # Other threads may read what this one has stored.
        tl.debug_barrier()
        for step_back in range(steps):
            step = steps - 1 - step_back
            t = first + step
            before = tl.load(scratch + step * ROWS * TILE + cell)
            u_D = tl.load(u + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            dt_D = tl.load(dt + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            gy_D = tl.load(gy + t * channels + d, mask=inside, other=0.0).to(tl.float32)
            b_N = tl.load(b + t * order + n, mask=known, other=0.0).to(tl.float32)
            c_N = tl.load(c + t * order + n, mask=known, other=0.0).to(tl.float32)
            decay = tl.exp(dt_D[None, :] * a_ND)
            drive_D = dt_D * u_D
            after = decay * before + drive_D[None, :] * b_N[:, None]
            gh += c_N[:, None] * gy_D[None, :]
            through = gh * before * decay
            gdrive_D = tl.sum(gh * b_N[:, None], axis=0)
            gdt_D = tl.sum(through * a_ND, axis=0) + gdrive_D * u_D
            ga_ND += through * dt_D[None, :]
            gb_N = tl.sum(gh * drive_D[None, :], axis=1)
            gc_N = tl.sum(after * gy_D[None, :], axis=1)
            gh *= decay
            row = t * channels + d
            tl.store(gu + row, (gdrive_D * dt_D).to(gu.dtype.element_ty), mask=inside)
            tl.store(gdt + row, gdt_D.to(gdt.dtype.element_ty), mask=inside)
            tl.store(gb + t * order + n, gb_N, mask=known)
            tl.store(gc + t * order + n, gc_N, mask=known)
        tl.debug_barrier()
    place = sample * channels * order + n[:, None] * channels + d[None, :]
    tl.store(ga + place, ga_ND, mask=both)


def triton_scan(
    u_BLD: Tensor, dt_BLD: Tensor, a_DN: Tensor, b_BLN: Tensor, c_BLN: Tensor
) -> Tensor:
    """As `selective_scan_reference`, for tensors on one GPU; y comes in the dtype of u."""
    return _TritonScan.apply(u_BLD, dt_BLD, a_DN, b_BLN, c_BLN)  # type: ignore[no-any-return,no-untyped-call]


class _TritonScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, u: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        u, dt, a, b, c = (tensor.contiguous() for tensor in (u, dt, a.T, b, c))
        (batch, length, channels), order = u.shape, a.shape[0]
        segments = -(-length // SEGMENT)
        needed = any(ctx.needs_input_grad)
        shape = (batch, segments, order, channels) if needed else (1,)
        states = torch.empty(shape, dtype=torch.float32, device=u.device)
        y = torch.empty_like(u)
        _forward[(triton.cdiv(channels, TILE), batch)](
            u, dt, a, b, c, y, states, length, channels, order, segments,
            ROWS=triton.next_power_of_2(order), TILE=TILE, SEGMENT=SEGMENT, KEEP=needed,
            num_warps=1,
        )  # fmt: skip
        if needed:
            ctx.save_for_backward(u, dt, a, b, c, states)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        u, dt, a, b, c, states = ctx.saved_tensors
        gy = grads[0].contiguous()
        (batch, length, channels), order = u.shape, a.shape[0]
        tiles, rows = triton.cdiv(channels, TILE), triton.next_power_of_2(order)
        gu, gdt = torch.empty_like(u), torch.empty_like(dt)

        def blank(*shape: int) -> Tensor:
            return torch.empty(shape, dtype=torch.float32, device=u.device)

        ga = blank(batch, order, channels)
        gb, gc = blank(tiles, *b.shape), blank(tiles, *c.shape)
        _backward[(tiles, batch)](
            u, dt, a, b, c, states, gy, gu, gdt, ga, gb, gc,
            blank(batch, tiles, SEGMENT, rows, TILE), length, channels, order, states.shape[1],
            ROWS=rows, TILE=TILE, SEGMENT=SEGMENT, num_warps=1,
        )  # fmt: skip
        return gu, gdt, ga.sum(0).T.to(a.dtype), gb.sum(0).to(b.dtype), gc.sum(0).to(c.dtype)
