"""Fused elementwise steps of a Mamba layer, differentiable, with a plain path beside each.

On a CPU they are loops, on a GPU the kernels of `triton_fused`. The plain path serves double
precision, and GPUs without Triton, and is what the fused ones are tested against.
Shapes: B batch, T time, D channels, K taps; xz_BTE holds the D convolved channels, then the D
channels of the gate (E = 2 D).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from pipelines.motion_expert.sequence.selective_scan import triton_kernel
from pipelines.motion_expert.sequence.threads import run_jobs


def halves(xz_BTE: Tensor) -> tuple[Tensor, Tensor]:
    """What `conv_silu` and `gated` take of xz: on a GPU one half each, on a CPU both the whole."""
    if _fusable(xz_BTE):
        return xz_BTE, xz_BTE
    x_BTD, z_BTD = xz_BTE.chunk(2, dim=-1)
    return x_BTD, z_BTD


def conv_silu(x: Tensor, weight_D1K: Tensor, bias_D: Tensor) -> Tensor:
    """Causal depthwise convolution of x's first D channels, then SiLU: (B, T, D)."""
    if _fusable(x):
        return _ConvSilu.apply(x.float().contiguous(), weight_D1K, bias_D)  # type: ignore[no-any-return,no-untyped-call]
    channels, _, taps = weight_D1K.shape
    if (kernels := _gpu_kernels(x)) is not None:
        return kernels.conv_silu(x[..., :channels], weight_D1K, bias_D)  # type: ignore[no-any-return]
    u_BDT = F.pad(x[..., :channels].transpose(1, 2), (taps - 1, 0))
    return F.silu(F.conv1d(u_BDT, weight_D1K, bias_D, groups=channels)).transpose(1, 2)


def gated(y_BTD: Tensor, u_BTD: Tensor, z: Tensor, skip_D: Tensor) -> Tensor:
    """(y + skip u) silu of z's last D channels: skip connection and gate of a Mamba layer."""
    if _fusable(z):
        return _Gate.apply(y_BTD.float(), u_BTD.float(), z.float().contiguous(), skip_D)  # type: ignore[no-any-return,no-untyped-call]
    z_BTD = z[..., -y_BTD.shape[-1] :]
    if (kernels := _gpu_kernels(z)) is not None:
        return kernels.gated(y_BTD, u_BTD, z_BTD, skip_D)  # type: ignore[no-any-return]
    return (y_BTD + skip_D * u_BTD) * F.silu(z_BTD)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), which makes step sizes positive."""
    if _fusable(x):
        return _Softplus.apply(x.float().contiguous())  # type: ignore[no-any-return,no-untyped-call]
    return F.softplus(x)


def _fusable(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu" and tensor.dtype != torch.float64


def _gpu_kernels(tensor: Tensor) -> Any | None:
    if tensor.device.type != "cuda" or tensor.dtype == torch.float64 or triton_kernel() is None:
        return None
    from pipelines.motion_expert.sequence import triton_fused

    return triton_fused


def _kernels() -> Any:
    # Loaded at first use: compiling, or reading the compiled loops, takes a second.
    from pipelines.motion_expert.sequence import fused_kernels

    return fused_kernels


class _ConvSilu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, xz: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        kernels = _kernels()
        batch, length, _ = xz.shape
        taps_KD = np.ascontiguousarray(weight.detach()[:, 0].T.numpy())
        ctx.arrays = (xz.detach().numpy(), taps_KD, bias.detach().numpy())
        out = np.empty((batch, length, weight.shape[0]), dtype=np.float32)
        run_jobs(kernels.conv_silu_forward, batch * length, *ctx.arrays, out)
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        kernels = _kernels()
        xz, taps_KD, bias = ctx.arrays
        g_out = np.ascontiguousarray(grads[0].numpy())
        batch, _, channels = g_out.shape
        gx = np.empty_like(g_out)
        g_weight = np.empty((batch, *taps_KD.shape), dtype=np.float32)
        g_bias = np.empty((batch, channels), dtype=np.float32)
        run_jobs(
            kernels.conv_silu_backward, batch * kernels.count_tiles(channels),
            xz, taps_KD, bias, g_out, gx, g_weight, g_bias,
        )  # fmt: skip
        g_xz = F.pad(torch.from_numpy(gx), (0, xz.shape[2] - channels))
        g_taps = torch.from_numpy(np.ascontiguousarray(g_weight.sum(0).T))
        return g_xz, g_taps[:, None], torch.from_numpy(g_bias.sum(0))


class _Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, u: Tensor, xz: Tensor, skip: Tensor) -> Tensor:
        kernels = _kernels()
        tensors = (y.contiguous(), u.contiguous(), xz, skip)
        ctx.arrays = tuple(tensor.detach().numpy() for tensor in tensors)
        out = np.empty(y.shape, dtype=np.float32)
        run_jobs(kernels.gate_forward, y.shape[0] * y.shape[1], *ctx.arrays, out)
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        kernels = _kernels()
        y, u, xz, skip = ctx.arrays
        g_out = np.ascontiguousarray(grads[0].numpy())
        gy, gu, gz = (np.empty_like(g_out) for _ in range(3))
        g_skip = np.empty((y.shape[0], y.shape[2]), dtype=np.float32)
        run_jobs(
            kernels.gate_backward, y.shape[0] * kernels.count_tiles(y.shape[2]),
            y, u, xz, skip, g_out, gy, gu, gz, g_skip,
        )  # fmt: skip
        g_xz = F.pad(torch.from_numpy(gz), (xz.shape[2] - y.shape[2], 0))
        return torch.from_numpy(gy), torch.from_numpy(gu), g_xz, torch.from_numpy(g_skip.sum(0))


class _Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.x_ND = x.detach().flatten(0, -2).numpy()
        out = torch.empty_like(x)
        run_jobs(_kernels().softplus_forward, len(ctx.x_ND), ctx.x_ND, out.flatten(0, -2).numpy())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        g_out = grads[0].contiguous()
        gx = torch.empty_like(g_out)
        flat = (g_out.flatten(0, -2).numpy(), gx.flatten(0, -2).numpy())
        run_jobs(_kernels().softplus_backward, len(ctx.x_ND), ctx.x_ND, *flat)
        return gx
