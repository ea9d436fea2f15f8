"""The elementwise halves of a Mamba layer as fused loops for CPUs, compiled by numba.

Composed of PyTorch operations, the causal convolution and the gate each walk through memory a
dozen times in training; here once forward and once backward. Single precision.

Shapes: B batch, T time, D channels, K taps. Arrays are C-contiguous with channels last.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from pipelines.motion_expert.scan_kernels import TILE, _exp_single

_OPTIONS: dict[str, Any] = {"cache": True, "fastmath": True, "nogil": True}
_ONE = np.float32(1.0)


@numba.njit(inline="always", **_OPTIONS)
def _sigmoid(x: Any) -> Any:
    small = _exp_single(-abs(x))
    bottom = _ONE / (_ONE + small)
    return bottom if x >= 0 else small * bottom


@numba.njit(parallel=True, **_OPTIONS)
def conv_silu_forward(x, weight_KD, bias, out):  # type: ignore[no-untyped-def]
    """out_t = silu(bias + sum_k weight_k x_{t-K+1+k}); the first D channels of x are read."""
    batch, length, channels = out.shape
    taps = weight_KD.shape[0]
    tiles = (channels + TILE - 1) // TILE
    for job in numba.prange(batch * tiles):
        i, first = job // tiles, (job % tiles) * TILE
        width = min(TILE, channels - first)
        total = np.zeros(TILE, dtype=np.float32)
        for t in range(length):
            for k in range(width):
                total[k] = bias[first + k]
            for tap in range(max(0, taps - 1 - t), taps):
                source = t - taps + 1 + tap
                for k in range(width):
                    total[k] += weight_KD[tap, first + k] * x[i, source, first + k]
            for k in range(width):
                out[i, t, first + k] = total[k] * _sigmoid(total[k])


@numba.njit(parallel=True, **_OPTIONS)
def conv_silu_backward(x, weight_KD, bias, g_out, gx, g_weight, g_bias):  # type: ignore[no-untyped-def]
    """Gradients; gx (B, T, D) is filled, g_weight (B, K, D) and g_bias (B, D) per sample."""
    batch, length, channels = g_out.shape
    taps = weight_KD.shape[0]
    tiles = (channels + TILE - 1) // TILE
    for job in numba.prange(batch * tiles):
        i, first = job // tiles, (job % tiles) * TILE
        width = min(TILE, channels - first)
        total = np.zeros(TILE, dtype=np.float32)
        gw = np.zeros((taps, TILE), dtype=np.float32)
        gb = np.zeros(TILE, dtype=np.float32)
        for t in range(length):
            for k in range(width):
                gx[i, t, first + k] = 0
        for t in range(length):
            for k in range(width):
                total[k] = bias[first + k]
            for tap in range(max(0, taps - 1 - t), taps):
                source = t - taps + 1 + tap
                for k in range(width):
                    total[k] += weight_KD[tap, first + k] * x[i, source, first + k]
            for k in range(width):
                gate = _sigmoid(total[k])
                total[k] = g_out[i, t, first + k] * gate * (_ONE + total[k] * (_ONE - gate))
                gb[k] += total[k]
            for tap in range(max(0, taps - 1 - t), taps):
                source = t - taps + 1 + tap
                for k in range(width):
                    gw[tap, k] += total[k] * x[i, source, first + k]
                    gx[i, source, first + k] += total[k] * weight_KD[tap, first + k]
        for k in range(width):
            g_bias[i, first + k] = gb[k]
            for tap in range(taps):
                g_weight[i, tap, first + k] = gw[tap, k]


@numba.njit(parallel=True, **_OPTIONS)
def gate_forward(y, u, z, skip, out):  # type: ignore[no-untyped-def]
    """out = (y + skip u) silu(z); z is the last D channels of its array."""
    batch, length, channels = y.shape
    start = z.shape[2] - channels
    for job in numba.prange(batch * length):
        i, t = job // length, job % length
        for k in range(channels):
            gate = z[i, t, start + k]
            out[i, t, k] = (y[i, t, k] + skip[k] * u[i, t, k]) * gate * _sigmoid(gate)


@numba.njit(parallel=True, **_OPTIONS)
def gate_backward(y, u, z, skip, g_out, gy, gu, gz, g_skip):  # type: ignore[no-untyped-def]
    """Gradients of `gate_forward`; g_skip (B, D) per sample."""
    batch, length, channels = y.shape
    start = z.shape[2] - channels
    tiles = (channels + TILE - 1) // TILE
    for job in numba.prange(batch * tiles):
        i, first = job // tiles, (job % tiles) * TILE
        width = min(TILE, channels - first)
        total = np.zeros(TILE, dtype=np.float32)
        for t in range(length):
            for k in range(width):
                gate = z[i, t, start + first + k]
                share = _sigmoid(gate)
                body = y[i, t, first + k] + skip[first + k] * u[i, t, first + k]
                grad = g_out[i, t, first + k]
                g_body = grad * gate * share
                gy[i, t, first + k] = g_body
                gu[i, t, first + k] = g_body * skip[first + k]
                gz[i, t, first + k] = grad * body * share * (_ONE + gate * (_ONE - share))
                total[k] += g_body * u[i, t, first + k]
        for k in range(width):
            g_skip[i, first + k] = total[k]
