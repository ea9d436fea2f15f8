"""The fused CPU scan against the definition, values and gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.sequence import scan_kernels
from pipelines.motion_expert.sequence.selective_scan import selective_scan, selective_scan_reference

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}


def arguments(batch, length, channels, order, dtype, seed=0):
    """As a Mamba layer makes them: positive steps of 1e-3 ... 1, decays of -1 ... -order."""
    make = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, generator=make, dtype=torch.float64)

    steps = 10 ** (3 * torch.rand((batch, length, channels), generator=make).double() - 3)
    decay = -torch.arange(1, order + 1).double() * torch.ones(channels, 1).double()
    values = (
        normal(batch, length, channels), steps, decay, normal(batch, length, order),
        normal(batch, length, order),
    )  # fmt: skip
    return [value.to(dtype).requires_grad_() for value in values]


def with_gradients(scan, values, weights):
    y = scan(*values)
    return y.detach(), torch.autograd.grad((y * weights).sum(), values)


def assert_close(found, expected, dtype):
    scale = max(1.0, float(expected.abs().max()))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    batch=st.integers(1, 3),
    length=st.integers(1, 2 * scan_kernels.SEGMENT + 3),
    channels=st.integers(1, 2 * scan_kernels.TILE + 5),
    order=st.integers(1, 16),
    seed=st.integers(0, 1000),
)
def test_equals_the_reference_with_all_gradients(dtype, batch, length, channels, order, seed):
    values = arguments(batch, length, channels, order, dtype, seed)
    weights = torch.randn(batch, length, channels, dtype=dtype)
    y, gradients = with_gradients(selective_scan, values, weights)
    doubles = [value.detach().double().requires_grad_() for value in values]
    expected, expected_gradients = with_gradients(
        selective_scan_reference, doubles, weights.double()
    )
    assert y.dtype == dtype
    assert_close(y, expected, dtype)
    for found, wanted, value in zip(gradients, expected_gradients, values, strict=True):
        assert found.shape == value.shape
        assert found.dtype == dtype
        assert_close(found, wanted, dtype)


def test_gradients_agree_with_finite_differences():
    values = arguments(2, 7, 3, 2, torch.float64)
    assert torch.autograd.gradcheck(selective_scan, values, eps=1e-6, atol=1e-7)


def test_one_channel_one_state_is_the_closed_form():
    """A constant input of 1 with constant step s: the state is a geometric sum."""
    length, step, decay = 6, 0.3, -2.0
    ones = torch.ones(1, length, 1, dtype=torch.float64)
    y = selective_scan(ones, step * ones, torch.tensor([[decay]]).double(), ones, 3 * ones)
    kept = np.exp(step * decay)
    expected = 3 * step * (1 - kept ** np.arange(1, length + 1)) / (1 - kept)
    np.testing.assert_allclose(y[0, :, 0], expected, rtol=1e-13)


def test_extreme_decays_neither_overflow_nor_invent_memory():
    u, dt, a, b, c = arguments(1, 40, 5, 4, torch.float32)
    y = selective_scan(u, dt * 0 + 50, a * 100, b, c)
    expected = 50 * u * (b * c).sum(-1, keepdim=True)  # everything before is forgotten
    assert torch.allclose(y, expected, rtol=1e-5, atol=1e-4)


def test_a_frozen_input_needs_no_gradient_and_changes_nothing():
    values = arguments(2, 40, 9, 3, torch.float32)
    with torch.no_grad():
        silent = selective_scan(*values)
    assert torch.equal(silent, selective_scan(*values))
    assert not silent.requires_grad
    only_u = [values[0], *(value.detach() for value in values[1:])]
    (gradient,) = torch.autograd.grad(selective_scan(*only_u).sum(), only_u[0])
    (expected,) = torch.autograd.grad(selective_scan_reference(*only_u).sum(), only_u[0])
    assert_close(gradient, expected, torch.float32)


def test_strided_arguments_count_by_value():
    values = [value.detach() for value in arguments(2, 33, 6, 4, torch.float64)]
    strided = [value.transpose(0, 1).contiguous().transpose(0, 1) for value in values]
    assert not strided[0].is_contiguous()
    assert torch.equal(selective_scan(*strided), selective_scan(*values))


def test_half_precision_is_computed_in_single_and_given_back_in_half():
    values = arguments(1, 20, 4, 2, torch.float32)
    halves = [value.bfloat16() for value in values]
    y = selective_scan(*halves)
    assert y.dtype == torch.bfloat16
    assert torch.equal(y, selective_scan(*(value.float() for value in halves)).bfloat16())


def test_repeats_bit_by_bit():
    values = arguments(3, 65, 130, 16, torch.float32)
    first, second = selective_scan(*values), selective_scan(*values)
    assert torch.equal(first, second)


def test_single_precision_exponential():
    x = np.linspace(-87, 0, 20001, dtype=np.float32)
    found = np.array([scan_kernels.exp_single(value) for value in x])
    exact = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-7)
    # What is left is the rounding of the argument, as the product of step and decay has it too.
    assert np.max(np.abs(found / exact - 1) / (1 - x.astype(np.float64))) < 2.5e-7
    assert 0 <= scan_kernels.exp_single(np.float32(-1e6)) < 2e-38


def test_both_kernels_are_found_in_the_cache_by_the_next_process():
    """numba caches no kernel that closes over another function; seconds at every start."""
    for kernel in (scan_kernels.forward, scan_kernels.backward):
        assert kernel.py_func.__closure__ is None
