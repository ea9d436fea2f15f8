"""The selective scan of Mamba: an exact reference, and fast paths for CPUs and GPUs.

    h_t = exp(dt_t A) h_{t-1} + dt_t B_t u_t          y_t = C_t . h_t

Shapes: B batch, L time, D channels, N state size. Channels come last, as the projections make them
(mamba_ssm puts time last; the numbers are the same).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pipelines.motion_expert.sequence.threads import run_jobs


def selective_scan_reference(
    u_BLD: Tensor, dt_BLD: Tensor, a_DN: Tensor, b_BLN: Tensor, c_BLN: Tensor
) -> Tensor:
    """The definition, one step at a time, differentiable by autograd.

    Args:
        u_BLD: input. dt_BLD: positive step sizes. a_DN: negative decay rates.
        b_BLN, c_BLN: input and output projections.

    Returns:
        y (B, L, D), in the dtype of u.
    """
    batch, length, channels = u_BLD.shape
    h = u_BLD.new_zeros(batch, channels, a_DN.shape[1])
    out = []
    for t in range(length):
        decay = torch.exp(dt_BLD[:, t, :, None] * a_DN)
        h = decay * h + (dt_BLD[:, t] * u_BLD[:, t])[..., None] * b_BLN[:, t, None, :]
        out.append((h * c_BLN[:, t, None, :]).sum(-1))
    return torch.stack(out, dim=1)


def selective_scan(
    u_BLD: Tensor, dt_BLD: Tensor, a_DN: Tensor, b_BLN: Tensor, c_BLN: Tensor
) -> Tensor:
    """The fastest path that this device has; same arguments and result as the reference.

    On a GPU it is mamba_ssm's kernel if that is installed, else that of `triton_scan`, and the
    reference where neither works and in float64; on a CPU the fused loops of `scan_kernels`, in
    float32 or float64 (lower precisions are computed in float32).
    """
    if u_BLD.device.type == "cpu":
        if u_BLD.dtype == torch.float64:
            return _CpuScan.apply(u_BLD, dt_BLD, a_DN, b_BLN, c_BLN)  # type: ignore[no-any-return,no-untyped-call]
        singles = [tensor.float() for tensor in (u_BLD, dt_BLD, a_DN, b_BLN, c_BLN)]
        return _CpuScan.apply(*singles).to(u_BLD.dtype)  # type: ignore[no-any-return,no-untyped-call]
    if u_BLD.dtype == torch.float64:
        return selective_scan_reference(u_BLD, dt_BLD, a_DN, b_BLN, c_BLN)
    if (kernel := mamba_kernel()) is not None:
        alike = [tensor.to(u_BLD.dtype) for tensor in (u_BLD, dt_BLD, b_BLN, c_BLN)]
        u, dt, b, c = [tensor.transpose(1, 2).contiguous() for tensor in alike]
        return kernel(u, dt, a_DN.float(), b, c).transpose(1, 2)  # type: ignore[no-any-return]
    scan = triton_kernel() or selective_scan_reference
    return scan(u_BLD, dt_BLD, a_DN, b_BLN, c_BLN)


@cache
def mamba_kernel() -> Any | None:
    """mamba_ssm's `selective_scan_fn`, or None where it is not installed."""
    try:
        from mamba_ssm.ops.selective_scan_interface import selective_scan_fn
    except ImportError:
        return None
    return selective_scan_fn


@cache
def triton_kernel() -> Any | None:
    """`triton_scan`, or None where it does not run: Triton needs a C compiler beside a GPU."""
    try:
        from pipelines.motion_expert.sequence.triton_scan import triton_scan

        one = torch.ones(1, 1, 1, device="cuda")
        triton_scan(one, one, -one[0], one, one)
    except Exception:  # Triton raises what its compiler raises; none of it is worth stopping for
        return None
    return triton_scan


def _kernels() -> Any:
    # Loaded at first use: compiling, or reading the compiled loops, takes a second.
    from pipelines.motion_expert.sequence import scan_kernels

    return scan_kernels


class _CpuScan(torch.autograd.Function):
    """Fused CPU scan; keeps every 32nd state and recomputes the others in the backward pass."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        kernels = _kernels()

        arrays = [np.ascontiguousarray(t.detach().numpy()) for t in (u, dt, a.T, b, c)]
        batch, length, channels = u.shape
        y = np.empty((batch, length, channels), dtype=arrays[0].dtype)
        needed = any(ctx.needs_input_grad)
        segments = -(-length // kernels.SEGMENT)
        shape = (batch, segments, a.shape[1], channels) if needed else (0, 0, 0, 0)
        states = np.empty(shape, dtype=y.dtype)
        run_jobs(kernels.forward, batch * kernels.count_tiles(channels), *arrays, y, states)
        if needed:
            ctx.arrays, ctx.states = arrays, states
        return torch.from_numpy(y)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        kernels = _kernels()

        u, dt, a, b, c = ctx.arrays
        batch, _, channels = u.shape
        tiles = kernels.count_tiles(channels)
        gy = np.ascontiguousarray(grads[0].numpy())
        gu, gdt = np.empty_like(u), np.empty_like(dt)
        ga = np.empty((batch, *a.shape), dtype=u.dtype)
        gb = np.empty((tiles, *b.shape), dtype=u.dtype)
        gc = np.empty((tiles, *c.shape), dtype=u.dtype)
        run_jobs(
            kernels.backward, batch * tiles,
            u, dt, a, b, c, ctx.states, gy, gu, gdt, ga, gb, gc,
        )  # fmt: skip
        sums = (gu, gdt, ga.sum(0).T, gb.sum(0), gc.sum(0))
        return tuple(torch.from_numpy(np.ascontiguousarray(g)) for g in sums)
