"""Euler steps against a flow whose solution is known."""

import numpy as np
import pytest
import torch
from torch import nn

from pipelines.appearance_expert.training.flow_matching import sampler_levels
from pipelines.appearance_expert.training.sampling import Decoder, sample_latents
from pipelines.appearance_expert.wan.weights import find_wan


class TowardsOnePicture(nn.Module):
    """The exact flow where all videos are the same one: (x - picture) / level."""

    def __init__(self, picture):
        super().__init__()
        self.picture, self.times = picture, []

    def forward(self, hidden_states, timestep, **_):
        self.times.append(float(timestep[0]))
        level = (timestep / 1000).view(-1, 1, 1, 1, 1)
        return ((hidden_states[:, :16] - self.picture) / level,)


@pytest.fixture
def batch():
    shapes = {
        "clean": (16, 3, 4, 6), "y": (20, 3, 4, 6), "pose": (16, 2, 4, 6), "motion": (5, 16),
        "image": (5, 4), "text": (7, 32),
    }  # fmt: skip
    return {name: torch.zeros(2, *shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_the_exact_flow_leads_to_the_picture_in_any_number_of_steps(batch, steps):
    picture = torch.randn(16, 3, 4, 6, generator=torch.Generator().manual_seed(5))
    network = TowardsOnePicture(picture)
    made = sample_latents(network, batch, steps, seed=0)
    assert torch.allclose(made, picture.expand_as(made), atol=1e-4)
    assert network.times == pytest.approx((1000 * sampler_levels(steps)).tolist())


def test_a_constant_flow_is_walked_once_along_its_length(batch):
    """From level 1 to level 0: the noise minus the flow."""

    class Constant(nn.Module):
        def forward(self, hidden_states, **_):
            return (torch.full_like(hidden_states[:, :16], 0.75),)

    noise = torch.randn(batch["clean"].shape, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(sample_latents(Constant(), batch, 5, seed=3), noise - 0.75, atol=1e-5)


def test_the_seed_decides(batch):
    network = TowardsOnePicture(torch.zeros(()))
    network.forward = lambda hidden_states, **_: (torch.tanh(hidden_states[:, :16]),)
    one, same, other = (sample_latents(network, batch, 3, seed) for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_the_decoder_undoes_the_encoders_scaling(tiny_wan, tiny_encoders):
    """What it decodes is what diffusers' VAE makes of the latents before they were scaled."""
    from diffusers import AutoencoderKLWan

    frames = np.random.default_rng(0).integers(0, 256, (5, 32, 48, 3)).astype(np.uint8)
    made = Decoder(find_wan(str(tiny_wan)), torch.device("cpu")).frames(tiny_encoders.video(frames))
    vae = AutoencoderKLWan.from_pretrained(tiny_wan, subfolder="vae")
    pixels = torch.from_numpy(frames).float().permute(3, 0, 1, 2)[None] / 127.5 - 1
    with torch.no_grad():
        expected = vae.decode(vae.encode(pixels).latent_dist.mode()).sample[0]
    expected = ((expected.clamp(-1, 1) + 1) * 127.5).permute(1, 2, 3, 0).numpy()
    assert made.shape == (5, 32, 48, 3) and made.dtype == np.uint8
    assert np.abs(made - expected).max() <= 1
