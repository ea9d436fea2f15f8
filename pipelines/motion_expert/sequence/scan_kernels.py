"""The selective scan as fused loops for CPUs, compiled by numba.

The state of one channel is N numbers; a tile of channels is carried through time together, so
that the inner loop runs over channels, which the compiler turns into vector instructions, and the
state never leaves the first-level cache. In single precision the exponential is a polynomial that
vectorises (a power of two times a polynomial, off by less than 1e-7 of 1 and by the rounding of its
argument); in double precision it is the library's.

A kernel does the jobs [begin, end), each a tile of channels of one sample.

Shapes: B batch, L time, D channels, N state. Arrays are C-contiguous with channels last.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numba.extending import overload

from pipelines.support.compiled import compiled

TILE = 64
"""Channels carried together: 16 states x 64 channels x 4 bytes stay in the first-level cache."""

SEGMENT = 32
"""Time steps between stored states; the backward pass recomputes the states in between."""


def count_tiles(channels: int) -> int:
    """How many tiles hold so many channels."""
    return -(-channels // TILE)


@compiled(inline="always", fastmath=True, error_model="numpy")
def exp_single(x: Any) -> Any:
    """exp of a float32 that is at most 87 (below -87 it stays at about 1e-38)."""
    scaled = max(x, np.float32(-87.0)) * np.float32(1.4426950408889634)
    whole = np.floor(scaled + np.float32(0.5))
    rest = scaled - whole
    p = np.float32(1.5353362e-4)
    p = p * rest + np.float32(1.3398874e-3)
    p = p * rest + np.float32(9.6184373e-3)
    p = p * rest + np.float32(5.5503324e-2)
    p = p * rest + np.float32(2.4022648e-1)
    p = p * rest + np.float32(6.9314720e-1)
    p = p * rest + np.float32(1.0)
    power = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
    return p * power


def _exp(x: Any) -> Any:
    return math.exp(x)


@overload(_exp, inline="always")
def _exp_for(x):  # type: ignore[no-untyped-def]
    # By type inside one kernel: a kernel that closes over another function is never found in
    # numba's cache. No annotations here: numba compares them with those of the lambdas.
    if x is numba.types.float32:
        return lambda x: exp_single(x)
    return lambda x: math.exp(x)


# Long and nested on purpose: calls inside a kernel hide its loops from the vectoriser.


@compiled(fastmath=True, error_model="numpy")
def forward(begin, end, u, dt, a_ND, b, c, y, states):  # type: ignore[no-untyped-def]  # noqa: C901
    """y of the scan; where `states` is not empty, every 32nd state is kept in it."""
    length, channels = u.shape[1:]
    order = a_ND.shape[0]
    tiles = (channels + TILE - 1) // TILE
    for job in range(begin, end):
        i = job // tiles
        first = (job % tiles) * TILE
        width = min(TILE, channels - first)
        h = np.zeros((order, TILE), dtype=u.dtype)
        drive = np.zeros(TILE, dtype=u.dtype)
        step = np.zeros(TILE, dtype=u.dtype)
        out = np.zeros(TILE, dtype=u.dtype)
        decay = np.zeros((order, TILE), dtype=u.dtype)
        for n in range(order):
            for k in range(width):
                decay[n, k] = a_ND[n, first + k]
        for t in range(length):
            if states.shape[0] > 0 and t % SEGMENT == 0:
                states[i, t // SEGMENT, :, first : first + width] = h[:, :width]
            u_row, dt_row = u[i, t, first : first + width], dt[i, t, first : first + width]
            for k in range(width):
                step[k] = dt_row[k]
                drive[k] = step[k] * u_row[k]
            for k in range(TILE):
                out[k] = 0
            for n in range(order):
                b_n = b[i, t, n]
                c_n = c[i, t, n]
                for k in range(TILE):
                    value = _exp(step[k] * decay[n, k]) * h[n, k] + drive[k] * b_n
                    h[n, k] = value
                    out[k] += c_n * value
            y_row = y[i, t, first : first + width]
            for k in range(width):
                y_row[k] = out[k]


@compiled(fastmath=True, error_model="numpy")
def backward(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0915
    begin, end, u, dt, a_ND, b, c, states, gy, gu, gdt, ga, gb, gc
):
    """Gradients of `forward`; ga is per sample, gb and gc per tile of channels."""
    length, channels = u.shape[1:]
    order = a_ND.shape[0]
    tiles = (channels + TILE - 1) // TILE
    segments = (length + SEGMENT - 1) // SEGMENT
    for job in range(begin, end):
        i = job // tiles
        tile = job % tiles
        first = tile * TILE
        width = min(TILE, channels - first)
        history = np.zeros((SEGMENT + 1, order, TILE), dtype=u.dtype)
        decays = np.zeros((SEGMENT, order, TILE), dtype=u.dtype)
        gh = np.zeros((order, TILE), dtype=u.dtype)
        decay = np.zeros((order, TILE), dtype=u.dtype)
        ga_tile = np.zeros((order, TILE), dtype=u.dtype)
        us = np.zeros(TILE, dtype=u.dtype)
        step = np.zeros(TILE, dtype=u.dtype)
        grad = np.zeros(TILE, dtype=u.dtype)
        g_drive = np.zeros(TILE, dtype=u.dtype)
        g_step = np.zeros(TILE, dtype=u.dtype)
        for n in range(order):
            for k in range(width):
                decay[n, k] = a_ND[n, first + k]
        for segment in range(segments - 1, -1, -1):
            start = segment * SEGMENT
            stop = min(length, start + SEGMENT)
            for n in range(order):
                for k in range(width):
                    history[0, n, k] = states[i, segment, n, first + k]
            for t in range(start, stop):
                u_row, dt_row = u[i, t, first : first + width], dt[i, t, first : first + width]
                for k in range(width):
                    us[k] = u_row[k]
                    step[k] = dt_row[k]
                for n in range(order):
                    b_n = b[i, t, n]
                    for k in range(TILE):
                        kept = _exp(step[k] * decay[n, k])
                        decays[t - start, n, k] = kept
                        history[t - start + 1, n, k] = (
                            kept * history[t - start, n, k] + step[k] * us[k] * b_n
                        )
            for t in range(stop - 1, start - 1, -1):
                u_row, dt_row = u[i, t, first : first + width], dt[i, t, first : first + width]
                gy_row = gy[i, t, first : first + width]
                for k in range(width):
                    us[k] = u_row[k]
                    step[k] = dt_row[k]
                    grad[k] = gy_row[k]
                for k in range(TILE):
                    g_drive[k] = 0
                    g_step[k] = 0
                for n in range(order):
                    b_n = b[i, t, n]
                    c_n = c[i, t, n]
                    sum_b = u.dtype.type(0)
                    sum_c = u.dtype.type(0)
                    for k in range(TILE):
                        total = gh[n, k] + c_n * grad[k]
                        sum_c += grad[k] * history[t - start + 1, n, k]
                        sum_b += total * step[k] * us[k]
                        g_drive[k] += total * b_n
                        through = total * decays[t - start, n, k]
                        g_exponent = through * history[t - start, n, k]
                        g_step[k] += g_exponent * decay[n, k]
                        ga_tile[n, k] += g_exponent * step[k]
                        gh[n, k] = through
                    gb[tile, i, t, n] = sum_b
                    gc[tile, i, t, n] = sum_c
                gu_row, gdt_row = gu[i, t, first : first + width], gdt[i, t, first : first + width]
                for k in range(width):
                    gu_row[k] = g_drive[k] * step[k]
                    gdt_row[k] = g_step[k] + g_drive[k] * us[k]
        ga[i, :, first : first + width] = ga_tile[:, :width]
