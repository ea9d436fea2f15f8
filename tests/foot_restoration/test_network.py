import pytest
import torch

from pipelines.foot_restoration import columns
from pipelines.foot_restoration.network import FootDenoiser, FootDenoiserConfig, signal_share

SMALL = FootDenoiserConfig(width=16, layers=2, heads=2, window=12)


def test_the_schedule_goes_from_all_to_nothing():
    share = signal_share(torch.linspace(0, 1, 101))
    assert share[0] == pytest.approx(1)
    assert share[-1] == pytest.approx(0, abs=1e-6)
    assert (share.diff() < 0).all()
    assert share[50] == pytest.approx(0.494, abs=0.001)


@pytest.fixture
def inputs():
    torch.manual_seed(0)
    return torch.randn(3, 12, len(columns.MERGED)), torch.randn(3, 12, columns.WIDTH)


def test_before_it_learns_it_believes_what_noise_leaves(inputs):
    noisy, given = inputs
    noise_B = torch.tensor([0.2, 0.6, 1.0])
    correction, stands = FootDenoiser(SMALL)(noisy, given, noise_B)
    torch.testing.assert_close(correction, signal_share(noise_B)[:, None, None].sqrt() * noisy)
    assert stands.shape == (3, 12, 4) and (stands == 0).all()


def test_it_hears_of_frame_step_motion_and_noise(inputs):
    network = FootDenoiser(SMALL)
    torch.nn.init.normal_(network.leave.weight)
    noisy, given = inputs
    half = torch.full((3,), 0.5)
    before = network(noisy, given, half)[0]
    assert not torch.allclose(before, network(noisy, given, half + 0.3)[0])
    other = given.clone()
    other[:, 3, 200] += 1
    changed = (network(noisy, other, half)[0] - before).abs().amax(-1)
    assert (changed > 0).all(), "a frame is seen from every other one"


def test_gradients_reach_all_weights(inputs):
    network = FootDenoiser(SMALL)
    torch.nn.init.normal_(network.leave.weight)
    correction, stands = network(*inputs, torch.full((3,), 0.5))
    (correction.square().mean() + stands.square().mean()).backward()
    assert all(weight.grad is not None for weight in network.parameters())
