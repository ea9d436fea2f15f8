"""The elementwise halves of a Mamba layer as fused loops for CPUs, compiled by numba.

Composed of PyTorch operations, the causal convolution and the gate each walk through memory a
dozen times in training; here once forward and once backward. Single precision. Every kernel does
the jobs [begin, end), which `threads.run_jobs` cuts among threads. A job is a frame of a sample
(forward), a tile of channels of a sample (backward), or a row.

Shapes: B batch, T time, D channels, K taps. Arrays are C-contiguous with channels last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.motion_expert.sequence.scan_kernels import TILE, exp_single
from pipelines.motion_expert.sequence.scan_kernels import count_tiles as count_tiles
from pipelines.support.compiled import compiled

_ONE = np.float32(1.0)


@compiled(inline="always", fastmath=True, error_model="numpy")
def _sigmoid(x: Any) -> Any:
    # Without a branch, so that the loops around it become vector instructions.
    return _ONE / (_ONE + exp_single(min(-x, np.float32(87.0))))


# Inner loops run over slices with plain indices: numba guards sums of indices against negative
# values, and the guard keeps the compiler from vectorising.


@compiled(inline="always", fastmath=True, error_model="numpy")
def _convolve(
    x_TE: Any, weight_KD: Any, bias: Any, t: Any, first: Any, width: Any, out: Any
) -> Any:
    taps = weight_KD.shape[0]
    bias_tile = bias[first : first + width]
    for k in range(width):
        out[k] = bias_tile[k]
    for tap in range(taps):
        source = t - taps + 1 + tap
        if source >= 0:
            row = x_TE[source, first : first + width]
            weight = weight_KD[tap, first : first + width]
            for k in range(width):
                out[k] += weight[k] * row[k]


@compiled(fastmath=True, error_model="numpy")
def conv_silu_forward(begin, end, x, weight_KD, bias, out):  # type: ignore[no-untyped-def]
    """out_t = silu(bias + sum_k weight_k x_{t-K+1+k}); the first D channels of x are read."""
    length, channels = out.shape[1:]
    taps = weight_KD.shape[0]
    for job in range(begin, end):
        i, t = job // length, job % length
        row = out[i, t]
        row[:] = bias
        for tap in range(max(0, taps - 1 - t), taps):
            source, weight = x[i, t - taps + 1 + tap], weight_KD[tap]
            for k in range(channels):
                row[k] += weight[k] * source[k]
        for k in range(channels):
            row[k] *= _sigmoid(row[k])


@compiled(fastmath=True, error_model="numpy")
def conv_silu_backward(begin, end, x, weight_KD, bias, g_out, gx, g_weight, g_bias):  # type: ignore[no-untyped-def]
    """Gradients; gx (B, T, D) is filled, g_weight (B, K, D) and g_bias (B, D) per sample."""
    length, channels = g_out.shape[1:]
    taps = weight_KD.shape[0]
    tiles = (channels + TILE - 1) // TILE
    for job in range(begin, end):
        i, first = job // tiles, (job % tiles) * TILE
        width = min(TILE, channels - first)
        stop = first + width
        total = np.zeros(TILE, dtype=np.float32)
        gb = np.zeros(TILE, dtype=np.float32)
        gx[i, :, first:stop] = 0
        g_weight[i, :, first:stop] = 0
        for t in range(length):
            _convolve(x[i], weight_KD, bias, t, first, width, total)
            grad = g_out[i, t, first:stop]
            for k in range(width):
                gate = _sigmoid(total[k])
                total[k] = grad[k] * gate * (_ONE + total[k] * (_ONE - gate))
                gb[k] += total[k]
            for tap in range(taps):
                source = t - taps + 1 + tap
                if source >= 0:
                    row, weight = x[i, source, first:stop], weight_KD[tap, first:stop]
                    gx_row, gw = gx[i, source, first:stop], g_weight[i, tap, first:stop]
                    for k in range(width):
                        gw[k] += total[k] * row[k]
                        gx_row[k] += total[k] * weight[k]
        g_bias[i, first:stop] = gb[:width]


@compiled(fastmath=True, error_model="numpy")
def gate_forward(begin, end, y, u, z, skip, out):  # type: ignore[no-untyped-def]
    """out = (y + skip u) silu(z); z is the last D channels of its array."""
    length, channels = y.shape[1:]
    offset = z.shape[2] - channels
    for job in range(begin, end):
        i, t = job // length, job % length
        gate, body, input_, row = z[i, t, offset:], y[i, t], u[i, t], out[i, t]
        for k in range(channels):
            row[k] = (body[k] + skip[k] * input_[k]) * gate[k] * _sigmoid(gate[k])


@compiled(fastmath=True, error_model="numpy")
def gate_backward(begin, end, y, u, z, skip, g_out, gy, gu, gz, g_skip):  # type: ignore[no-untyped-def]
    """Gradients of `gate_forward`; g_skip (B, D) per sample."""
    length, channels = y.shape[1:]
    offset = z.shape[2] - channels
    tiles = (channels + TILE - 1) // TILE
    for job in range(begin, end):
        i, first = job // tiles, (job % tiles) * TILE
        stop = min(channels, first + TILE)
        width = stop - first
        total = np.zeros(TILE, dtype=np.float32)
        skip_tile = skip[first:stop]
        for t in range(length):
            gate, grad = z[i, t, offset + first : offset + stop], g_out[i, t, first:stop]
            scanned, input_ = y[i, t, first:stop], u[i, t, first:stop]
            gy_row, gu_row = gy[i, t, first:stop], gu[i, t, first:stop]
            gz_row = gz[i, t, first:stop]
            for k in range(width):
                share = _sigmoid(gate[k])
                body = scanned[k] + skip_tile[k] * input_[k]
                g_body = grad[k] * gate[k] * share
                gy_row[k] = g_body
                gu_row[k] = g_body * skip_tile[k]
                gz_row[k] = grad[k] * body * share * (_ONE + gate[k] * (_ONE - share))
                total[k] += g_body * input_[k]
        g_skip[i, first:stop] = total[:width]


@compiled(fastmath=True, error_model="numpy")
def softplus_forward(begin, end, x_ND, out):  # type: ignore[no-untyped-def]
    """log(1 + exp(x)), accurate to its last digits however small it is."""
    channels = x_ND.shape[1]
    for i in range(begin, end):
        row, out_row = x_ND[i], out[i]
        for k in range(channels):
            small = exp_single(-abs(row[k]))
            # log(1 + e) = 2 artanh(s) for s = e / (2 + e), which is at most 1/3.
            s = small / (np.float32(2.0) + small)
            square = s * s
            series = np.float32(1 / 13)
            series = series * square + np.float32(1 / 11)
            series = series * square + np.float32(1 / 9)
            series = series * square + np.float32(1 / 7)
            series = series * square + np.float32(1 / 5)
            series = series * square + np.float32(1 / 3)
            series = series * square + _ONE
            out_row[k] = max(row[k], np.float32(0.0)) + np.float32(2.0) * s * series


@compiled(fastmath=True, error_model="numpy")
def softplus_backward(begin, end, x_ND, g_out, gx):  # type: ignore[no-untyped-def]
    """Gradient of `softplus_forward`."""
    channels = x_ND.shape[1]
    for i in range(begin, end):
        row, grad, gx_row = x_ND[i], g_out[i], gx[i]
        for k in range(channels):
            gx_row[k] = grad[k] * _sigmoid(row[k])
