"""Bands, experts and gates in closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.cadence import (
    CadenceConfig,
    CadenceExpert,
    CadenceMoE,
    in_time,
    split_bands,
)

SMALL = CadenceConfig(5, 3, style_width=4, reference=6, width=16, heads=2)


def moe(**changes):
    torch.manual_seed(0)
    return CadenceMoE(replace(SMALL, **changes)).eval()


def heard(batch=2, states=40):
    torch.manual_seed(1)
    style = torch.arange(batch) % 3
    return torch.randn(batch, states, 5), style, torch.randn(batch, states * 6 // 5, 6)


@pytest.mark.parametrize("edges", [(), (6.25,), (2.0,), (1.0, 3.0, 9.0)])
def test_bands_add_up_to_the_signal(edges):
    x = torch.randn(2, 320, 3, dtype=torch.float64)
    bands = split_bands(x, edges)
    assert len(bands) == len(edges) + 1
    torch.testing.assert_close(sum(bands), x)


def test_a_wave_lies_in_its_own_band():
    time = torch.arange(320, dtype=torch.float64) / 25
    slow, fast = (torch.sin(2 * math.pi * f * time)[None, :, None] for f in (1.25, 5.0))
    low, high = split_bands(slow + fast, (2.0,))
    torch.testing.assert_close(low, slow)
    torch.testing.assert_close(high, fast)


def test_the_published_edge_halves_the_bins():
    """Bins 0 to 79 and 80 to 160 of 320 states."""
    impulse = torch.zeros(1, 320, 1)
    impulse[0, 0] = 1
    low, high = (torch.fft.rfft(b[0, :, 0]).abs() > 0.5 for b in split_bands(impulse, (6.25,)))
    assert low.nonzero().flatten().tolist() == list(range(80))
    assert high.nonzero().flatten().tolist() == list(range(80, 161))


def test_time_maps_keep_the_seconds():
    """Thirty frames a second to twenty-five: a ramp stays a ramp, each state at its middle."""
    ramp = ((torch.arange(384, dtype=torch.float64) + 0.5) / 30)[None, :, None]
    expected = (torch.arange(320, dtype=torch.float64) + 0.5) / 25
    # Half a frame at either end lies beyond the first and last middle.
    torch.testing.assert_close(in_time(ramp, 320)[0, 1:-1, 0], expected[1:-1])


def test_an_expert_hears_the_whole_window():
    torch.manual_seed(0)
    expert = CadenceExpert(6, 16, 2).eval()
    x = torch.randn(1, 10, 6)
    changed = x.clone()
    changed[0, 9] += 1
    assert not torch.allclose(expert(x)[0, 0], expert(changed)[0, 0])


def test_gates_add_up_and_weigh_the_experts():
    made = moe()
    music, style, reference = heard()
    with torch.no_grad():
        made.fusion.weight.zero_()
        made.fusion.bias.copy_(torch.tensor([0.0, math.log(2.0), math.log(5.0)]))
        out = made(music, style, reference)
        mapped = in_time(reference, 40)
        joined = torch.cat([music, made.style(style)[:, None].expand(-1, 40, -1), mapped], -1)
        projected = made.project(joined)
        torch.testing.assert_close(made.gates(projected).sum(-1), torch.ones(2, 40))
        low, high = split_bands(mapped, (6.25,))
        expected = (
            made.universal(projected) + 2 * made.bands[0](low) + 5 * made.bands[1](high)
        ) / 8
    torch.testing.assert_close(out, expected)


def test_concatenation_has_the_published_shape():
    made = moe(fusion="concat")
    assert made.fusion.weight.shape == (16, 3 * 16)
    assert made(*heard()).shape == (2, 40, 16)


@pytest.mark.parametrize(("changes", "bands"), [
    ({"reference": 0}, 0), ({"edges": ()}, 1), ({"edges": (1.0, 4.0)}, 3), ({"experts": False}, 0),
])  # fmt: skip
def test_parts_that_can_be_left_out(changes, bands):
    made = moe(**changes)
    music, style, reference = heard()
    assert len(made.bands) == bands
    out = made(music, style, None if changes.get("reference") == 0 else reference)
    assert out.shape == (2, 40, 16)
    assert torch.isfinite(out).all()


def test_no_style_is_a_style_of_its_own():
    made = moe()
    music, _, reference = heard(1)
    said = [made(music, torch.tensor([k]), reference) for k in (-1, 0, 1, 2)]
    assert all(not torch.allclose(a, b) for n, a in enumerate(said) for b in said[:n])
    torch.testing.assert_close(said[0], made(music, torch.tensor([3]), reference))


def test_the_paper_s_size():
    with torch.device("meta"):
        made = CadenceMoE(CadenceConfig(1024, 6, fusion="concat"))
    count = np.sum([p.numel() for p in made.parameters()])
    assert count == pytest.approx(150.3e6, rel=0.03)
