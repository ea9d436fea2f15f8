"""The fused convolution and gate against their plain paths, values and gradients."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.sequence.fused import conv_silu, gated, softplus

SHAPES = {
    "batch": st.integers(1, 3),
    "length": st.integers(1, 20),
    "channels": st.integers(1, 133),
    "seed": st.integers(0, 1000),
}


def normal(seed, *shapes):
    make = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=make).requires_grad_() for shape in shapes]


def both_paths(function, values, weights):
    """Value and gradients of the fused path (float32) and of the plain one (float64)."""
    found = function(*values)
    doubles = [value.detach().double().requires_grad_() for value in values]
    expected = function(*doubles)
    gradients = torch.autograd.grad((found * weights).sum(), values)
    expected_gradients = torch.autograd.grad((expected * weights.double()).sum(), doubles)
    return [found, *gradients], [expected, *expected_gradients]


def assert_same(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert a.dtype == torch.float32
        a, b = a.detach().double(), b.detach()
        scale = max(1.0, float(b.abs().max()))
        assert float((a - b).abs().max()) < 1e-5 * scale


@settings(max_examples=25, deadline=None, derandomize=True)
@given(taps=st.integers(1, 6), **SHAPES)
def test_convolution(batch, length, channels, seed, taps):
    values = normal(seed, (batch, length, 2 * channels), (channels, 1, taps), (channels,))
    weights = torch.randn(batch, length, channels)
    assert_same(*both_paths(conv_silu, values, weights))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(**SHAPES)
def test_gate(batch, length, channels, seed):
    shape = (batch, length, channels)
    values = normal(seed, shape, shape, (batch, length, 2 * channels), (channels,))

    def gate(y, u, xz, skip):
        return gated(y, u, xz, skip)

    assert_same(*both_paths(gate, values, torch.randn(shape)))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(**SHAPES)
def test_softplus(batch, length, channels, seed):
    (x,) = normal(seed, (batch, length, channels))
    spread = (x * 10).detach().requires_grad_()
    assert_same(*both_paths(softplus, [spread], torch.randn(x.shape)))


def test_softplus_at_the_ends():
    x = torch.tensor([-1e4, -60.0, -20.0, 0.0, 15.0, 25.0, 1e4])
    expected = torch.log1p(x.double().clamp(max=30).exp()).clamp(min=1e-38)
    expected = torch.where(x > 30, x.double(), expected)
    found = softplus(x[None]).double()[0]
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-37)


def test_convolution_is_causal_and_reads_only_its_half():
    x, weight, bias = normal(0, (1, 12, 10), (5, 1, 4), (5,))
    before = conv_silu(x, weight, bias)
    changed = x.detach().clone()
    changed[:, 7:, :5] += 1
    changed[:, :, 5:] += 1
    after = conv_silu(changed, weight, bias)
    assert torch.equal(before[:, :7], after[:, :7])
    assert not torch.equal(before[:, 7:], after[:, 7:])


@pytest.mark.parametrize("value", [-1e4, 1e4])
def test_saturated_gates_stay_finite(value):
    y, u, skip = normal(0, (1, 3, 4), (1, 3, 4), (4,))
    z = torch.full((1, 3, 8), value)
    out = gated(y, u, z, skip)
    assert torch.allclose(out, (y + skip * u) * F.silu(z[..., 4:]), rtol=1e-5, atol=1e-30)


def test_gradient_checks_of_the_plain_path():
    x, weight, bias = (v.detach().double().requires_grad_() for v in normal(
        3, (2, 5, 6), (3, 1, 4), (3,)))  # fmt: skip
    assert torch.autograd.gradcheck(conv_silu, (x, weight, bias))
