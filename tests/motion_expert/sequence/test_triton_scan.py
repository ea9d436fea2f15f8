"""The GPU scan against the definition: on a GPU, or on a CPU with TRITON_INTERPRET=1."""

import importlib.util
import os

import numpy as np
import pytest
import torch

from pipelines.motion_expert.sequence.selective_scan import selective_scan_reference

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None or not (INTERPRETED or torch.cuda.is_available()),
    reason="needs triton, and a GPU or TRITON_INTERPRET=1",
)

DEVICE = "cpu" if INTERPRETED else "cuda"


def arguments(batch, length, channels, order, dtype=torch.float32):
    """As a Mamba layer makes them: positive steps of 1e-3 ... 1, decays of -1 ... -order."""
    make = torch.Generator().manual_seed(length)

    def normal(*shape):
        return torch.randn(shape, generator=make)

    steps = 10 ** (3 * torch.rand((batch, length, channels), generator=make) - 3)
    decay = -torch.arange(1.0, order + 1) * torch.ones(channels, 1)
    values = (
        normal(batch, length, channels).to(dtype), steps, decay,
        normal(batch, length, order).to(dtype), normal(batch, length, order).to(dtype),
    )  # fmt: skip
    return [value.to(DEVICE).requires_grad_() for value in values]


def with_gradients(scan, values):
    y = scan(*values)
    weights = ((torch.arange(y.numel(), device=y.device) % 7 - 3) / 4).to(y.dtype).view_as(y)
    return [y.detach(), *torch.autograd.grad((y * weights).sum(), values)]


def differences(values):
    """Of y and of all gradients, relative to their largest value, against doubles."""
    from pipelines.motion_expert.sequence.triton_scan import triton_scan

    found = with_gradients(triton_scan, values)
    doubles = [value.detach().double().requires_grad_() for value in values]
    for ours, exact in zip(found, with_gradients(selective_scan_reference, doubles), strict=True):
        assert ours.shape == exact.shape
        yield float((ours.double() - exact).abs().max() / exact.abs().max())


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 33, 40, 5), (1, 70, 32, 16)])
def test_equals_the_reference_with_all_gradients(shape):
    assert max(differences(arguments(*shape))) < 2e-6


def test_half_precision_loses_only_the_rounding_of_its_results():
    values = arguments(1, 34, 10, 3, torch.bfloat16)
    assert max(differences(values)) < 8e-3
    from pipelines.motion_expert.sequence.triton_scan import triton_scan

    found = with_gradients(triton_scan, values)
    assert [value.dtype for value in found[1:]] == [value.dtype for value in values]


def test_time_may_be_reversed_in_memory():
    """A reversed view has no memory of its own; the kernels read contiguous copies."""
    from pipelines.motion_expert.sequence.triton_scan import triton_scan

    u, dt, a, b, c = (value.detach() for value in arguments(1, 35, 8, 4))
    flipped = [value.transpose(0, 1).contiguous().transpose(0, 1) for value in (u, dt, b, c)]
    again = triton_scan(flipped[0], flipped[1], a, *flipped[2:])
    np.testing.assert_array_equal(again.cpu(), triton_scan(u, dt, a, b, c).cpu())


def test_repeats_bit_by_bit():
    from pipelines.motion_expert.sequence.triton_scan import triton_scan

    values = arguments(1, 35, 8, 4)
    runs = [with_gradients(triton_scan, values) for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        assert torch.equal(first, second)


@pytest.mark.skipif(INTERPRETED, reason="the fast paths are chosen on a GPU only")
def test_a_gpu_takes_the_compiled_scan():
    from pipelines.motion_expert.sequence import selective_scan as module

    assert module.mamba_kernel() or module.triton_kernel()
    values = arguments(2, 100, 64, 16)
    found, exact = module.selective_scan(*values), selective_scan_reference(*values)
    torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-4)
