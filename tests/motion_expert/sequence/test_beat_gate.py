"""The gate is shut at first, and opens position by position."""

import torch

from pipelines.motion_expert.sequence.beat_gate import BeatGate


def opened(width):
    gate = BeatGate(width)
    torch.nn.init.normal_(gate.affine[-1].weight)
    return gate


def test_a_new_gate_changes_nothing():
    x = torch.randn(2, 5, 8)
    assert torch.equal(BeatGate(8)(x, torch.randn(2, 5, 6)), x)


def test_it_scales_what_is_normalised_and_shifts():
    gate, x, clock = opened(8), torch.randn(2, 3, 5, 8), torch.randn(2, 1, 5, 6)
    scale, shift = gate.affine(clock).chunk(2, dim=-1)
    torch.testing.assert_close(gate(x, clock), x + scale * gate.norm(x) + shift)


def test_a_position_is_gated_by_its_own_hands():
    gate, x, clock = opened(8), torch.randn(1, 6, 8), torch.zeros(1, 6, 6)
    clock[:, 4:] = 1
    still = gate(x, torch.zeros(1, 6, 6))
    assert torch.equal(gate(x, clock)[:, :4], still[:, :4])
    assert not torch.allclose(gate(x, clock)[:, 4:], still[:, 4:])
