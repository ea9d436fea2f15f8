"""The compiled elementwise loops against plain numpy, cut into jobs, at their ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.sequence import fused_kernels as kernels
from pipelines.motion_expert.sequence.scan_kernels import TILE

SHAPES = {
    "batch": st.integers(1, 2),
    "length": st.integers(1, 9),
    "channels": st.sampled_from([1, 3, TILE, TILE + 5]),
    "seed": st.integers(0, 99),
}


def normal(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype("f4") for shape in shapes]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x.astype(float)))


def silu_slope(x: np.ndarray) -> np.ndarray:
    share = sigmoid(x)
    return share * (1 + x * (1 - share))


def convolved(x, weight, bias):
    """The causal convolution before its SiLU, by its formula: (B, T, D)."""
    taps, channels = weight.shape
    total = np.tile(bias.astype(float), (*x.shape[:2], 1))
    for t in range(x.shape[1]):
        for tap in range(taps):
            source = t - taps + 1 + tap
            if source >= 0:
                total[:, t] += weight[tap] * x[:, source, :channels].astype(float)
    return total


def tiles(batch: int, channels: int) -> int:
    return batch * kernels.count_tiles(channels)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(taps=st.integers(1, 5), extra=st.integers(0, 4), **SHAPES)
def test_convolution_forward(batch, length, channels, seed, taps, extra):
    x, weight, bias = normal(
        seed, (batch, length, channels + extra), (taps, channels), (channels,)
    )  # fmt: skip
    out = np.full((batch, length, channels), np.nan, "f4")
    kernels.conv_silu_forward(0, batch * length, x, weight, bias, out)
    total = convolved(x, weight, bias)
    np.testing.assert_allclose(out, total * sigmoid(total), rtol=1e-4, atol=1e-5)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(taps=st.integers(1, 5), **SHAPES)
def test_convolution_backward(batch, length, channels, seed, taps):
    x, weight, bias, g_out = normal(
        seed, (batch, length, channels), (taps, channels), (channels,), (batch, length, channels)
    )  # fmt: skip
    gx = np.full_like(x, np.nan)
    g_weight, g_bias = (
        np.full((batch, taps, channels), np.nan, "f4"),
        np.empty((batch, channels), "f4"),
    )
    kernels.conv_silu_backward(
        0, tiles(batch, channels), x, weight, bias, g_out, gx, g_weight, g_bias
    )
    inner = g_out * silu_slope(convolved(x, weight, bias))
    expected_x, expected_weight = np.zeros(x.shape), np.zeros((batch, taps, channels))
    for t in range(length):
        for tap in range(taps):
            source = t - taps + 1 + tap
            if source >= 0:
                expected_x[:, source] += inner[:, t] * weight[tap]
                expected_weight[:, tap] += inner[:, t] * x[:, source]
    np.testing.assert_allclose(gx, expected_x, rtol=1e-3, atol=2e-5)
    np.testing.assert_allclose(g_weight, expected_weight, rtol=1e-3, atol=5e-5)
    np.testing.assert_allclose(g_bias, inner.sum(1), rtol=1e-3, atol=5e-5)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(extra=st.integers(0, 4), **SHAPES)
def test_gate_forward(batch, length, channels, seed, extra):
    shape = (batch, length, channels)
    y, u, z, skip = normal(seed, shape, shape, (batch, length, channels + extra), (channels,))
    out = np.full(shape, np.nan, "f4")
    kernels.gate_forward(0, batch * length, y, u, z, skip, out)
    gate = z[..., extra:].astype(float)
    np.testing.assert_allclose(out, (y + skip * u) * gate * sigmoid(gate), rtol=1e-4, atol=1e-5)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(extra=st.integers(0, 4), **SHAPES)
def test_gate_backward(batch, length, channels, seed, extra):
    shape = (batch, length, channels)
    y, u, z, skip, g_out = normal(
        seed, shape, shape, (batch, length, channels + extra), (channels,), shape
    )  # fmt: skip
    gy, gu, gz = (np.full(shape, np.nan, "f4") for _ in range(3))
    g_skip = np.full((batch, channels), np.nan, "f4")
    kernels.gate_backward(0, tiles(batch, channels), y, u, z, skip, g_out, gy, gu, gz, g_skip)
    gate = z[..., extra:].astype(float)
    g_body = g_out * gate * sigmoid(gate)
    np.testing.assert_allclose(gy, g_body, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gu, g_body * skip, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gz, g_out * (y + skip * u) * silu_slope(gate), rtol=1e-3, atol=2e-5)
    np.testing.assert_allclose(g_skip, (g_body * u).sum(1), rtol=1e-3, atol=5e-5)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(rows=st.integers(1, 6), channels=st.integers(1, 70), seed=st.integers(0, 99))
def test_softplus_and_its_slope(rows, channels, seed):
    x, g_out = normal(seed, (rows, channels), (rows, channels))
    x *= 8
    out, gx = np.empty_like(x), np.empty_like(x)
    kernels.softplus_forward(0, rows, x, out)
    kernels.softplus_backward(0, rows, x, g_out, gx)
    np.testing.assert_allclose(out, np.logaddexp(0, x.astype(float)), rtol=1e-5)
    np.testing.assert_allclose(gx, g_out * sigmoid(x), rtol=1e-5, atol=1e-7)


def test_small_step_sizes_keep_their_last_digits():
    """log(1 + e^-16) computed naively in single precision is 0."""
    x = np.array([[-16.0, -30.0, -80.0]], dtype="f4")
    out = np.empty_like(x)
    kernels.softplus_forward(0, 1, x, out)
    np.testing.assert_allclose(out, np.log1p(np.exp(x.astype(float))), rtol=1e-5)


@pytest.mark.parametrize("value", [-1e4, -100.0, 0.0, 100.0, 1e4])
def test_saturated_values_stay_finite(value):
    z = np.full((1, 2, 3), value, "f4")
    y, u, skip, g = normal(0, (1, 2, 3), (1, 2, 3), (3,), (1, 2, 3))
    out, gy, gu, gz = (np.empty((1, 2, 3), "f4") for _ in range(4))
    kernels.gate_forward(0, 2, y, u, z, skip, out)
    kernels.gate_backward(0, 1, y, u, z, skip, g, gy, gu, gz, np.empty((1, 3), "f4"))
    assert all(np.isfinite(array).all() for array in (out, gy, gu, gz))
    if value < 0:
        np.testing.assert_allclose(out, 0, atol=1e-30)
    if value > 0:
        np.testing.assert_allclose(out, (y + skip * u) * z, rtol=1e-6)
        np.testing.assert_allclose(gz, g * (y + skip * u), rtol=1e-4, atol=1e-6)


def test_jobs_in_any_order_give_the_same_bits_and_touch_only_their_own():
    x, weight, bias, g_out = normal(
        1, (2, 5, TILE + 6), (4, TILE + 6), (TILE + 6,), (2, 5, TILE + 6)
    )

    def run(jobs: list[tuple[int, int]]) -> list[np.ndarray]:
        arrays = [np.full_like(x, np.nan), np.full((2, 4, TILE + 6), np.nan, "f4"),
                  np.full((2, TILE + 6), np.nan, "f4")]  # fmt: skip
        for begin, end in jobs:
            kernels.conv_silu_backward(begin, end, x, weight, bias, g_out, *arrays)
        return arrays

    whole = run([(0, 4)])
    for jobs in ([(3, 4), (2, 3), (1, 2), (0, 1)], [(2, 4), (0, 2)]):
        for found, expected in zip(run(jobs), whole, strict=True):
            np.testing.assert_array_equal(found, expected)
    gx, _, g_bias = run([(1, 2)])  # the second tile of the first sample
    assert np.isfinite(gx[0, :, TILE:]).all() and np.isnan(gx[0, :, :TILE]).all()
    assert np.isnan(gx[1]).all() and np.isnan(g_bias[1]).all()


def test_kernels_are_found_in_the_cache_by_the_next_process():
    """numba caches no kernel that closes over another function; seconds at every start."""
    for name in ("conv_silu_forward", "conv_silu_backward", "gate_forward", "gate_backward",
                 "softplus_forward", "softplus_backward"):  # fmt: skip
        assert getattr(kernels, name).py_func.__closure__ is None
