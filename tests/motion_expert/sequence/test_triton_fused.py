"""A Mamba layer's fused steps on a GPU against their plain paths (or with TRITON_INTERPRET=1)."""

import importlib.util
import os

import pytest
import torch

from pipelines.motion_expert.sequence import fused

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None or not (INTERPRETED or torch.cuda.is_available()),
    reason="needs triton, and a GPU or TRITON_INTERPRET=1",
)

DEVICE = "cpu" if INTERPRETED else "cuda"
SHAPES = [(1, 1, 1), (2, 33, 70)]
BOUND = {torch.float32: 2e-6, torch.bfloat16: 8e-3}
"""Half precision loses the rounding of its results, nothing more."""


def normal(*shapes, dtype=torch.float32):
    make = torch.Generator().manual_seed(len(shapes))
    return [torch.randn(shape, generator=make).to(DEVICE, dtype) for shape in shapes]


def differences(ours, plain, values):
    """Of the result and all gradients from those of the plain path in double precision."""
    doubles = [value.double().requires_grad_() for value in values]
    exact = plain(*doubles)
    weights = ((torch.arange(exact.numel(), device=DEVICE) % 7 - 3) / 4).view_as(exact)
    expected = [exact, *torch.autograd.grad((exact * weights).sum(), doubles)]
    wanted = [value.clone().requires_grad_() for value in values]
    y = ours(*wanted)
    found = [y, *torch.autograd.grad((y * weights.to(y.dtype)).sum(), wanted)]
    assert [value.dtype for value in found[1:]] == [value.dtype for value in values]
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape
        yield float(((mine.double() - theirs).abs().max() / theirs.abs().max()).detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", SHAPES)
def test_convolution_of_half_the_channels(shape, dtype):
    from pipelines.motion_expert.sequence.triton_fused import conv_silu

    batch, length, channels = shape
    values = normal((batch, length, 2 * channels), dtype=dtype)
    values += normal((channels, 1, 4), (channels,))

    def ours(xz, weight, bias):
        return conv_silu(xz[..., :channels], weight, bias)

    assert max(differences(ours, fused.conv_silu, values)) < BOUND[dtype]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", SHAPES)
def test_gate_by_the_other_half(shape, dtype):
    from pipelines.motion_expert.sequence.triton_fused import gated

    batch, length, channels = shape
    values = normal(shape, shape, (batch, length, 2 * channels), dtype=dtype)
    values += normal((channels,))

    def ours(y, u, xz, skip):
        return gated(y, u, xz[..., channels:], skip)

    assert max(differences(ours, fused.gated, values)) < BOUND[dtype]


@pytest.mark.skipif(INTERPRETED, reason="a layer takes the kernels on a GPU only")
def test_a_layer_on_a_gpu_is_the_layer_on_a_cpu():
    from pipelines.motion_expert.sequence.mamba import BiMamba

    torch.manual_seed(0)
    layer = BiMamba(48, 8, 4, 2)
    (x,) = (value.cpu() for value in normal((3, 70, 48)))
    results = []
    for device in ("cpu", DEVICE):
        layer.to(device)
        y = layer(x.to(device))
        gradients = torch.autograd.grad(y.square().sum(), list(layer.parameters()))
        results.append([value.detach().cpu() for value in (y, *gradients)])
    for ours, expected in zip(*results, strict=True):
        scale = max(1.0, float(expected.abs().max()))
        torch.testing.assert_close(ours / scale, expected / scale, rtol=0, atol=1e-4)
