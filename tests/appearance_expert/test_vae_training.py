"""The whole-clip pass against diffusers' own, the encoder that averages, a decoder that learns."""

import pytest
import torch

pytest.importorskip("diffusers")

from pipelines.appearance_expert.tiny_architecture import LUMA, tiny_vae
from pipelines.appearance_expert.vae_training import (
    averages,
    decode_whole,
    encode_whole,
    latent_statistics,
    learning_rate,
    train_decoder,
)


@pytest.fixture(scope="module")
def small_vae():
    from diffusers import AutoencoderKLWan

    torch.manual_seed(0)
    return AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 2, 2], num_res_blocks=1, in_channels=12, out_channels=12,
        temperal_downsample=[True, True], patch_size=2,
    ).eval()  # fmt: skip


@pytest.mark.parametrize("frames", [1, 5, 13])
@torch.no_grad()
def test_one_pass_over_the_clip_is_the_pass_in_chunks(small_vae, frames):
    pixels = torch.rand(2, 3, frames, 16, 24) * 2 - 1
    moments = encode_whole(small_vae, pixels)
    assert torch.allclose(moments, small_vae._encode(pixels), atol=1e-5)
    latents = moments[:, :16]
    decoded = small_vae.decode(latents).sample
    assert decoded.shape == pixels.shape
    assert torch.allclose(decode_whole(small_vae, latents).clamp(-1, 1), decoded, atol=1e-5)


@torch.no_grad()
def test_the_older_vae_without_patches_is_passed_alike():
    from diffusers import AutoencoderKLWan

    vae = AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
        temperal_downsample=[False, True, True],
    ).eval()  # fmt: skip
    pixels = torch.rand(1, 3, 9, 16, 16) * 2 - 1
    moments = encode_whole(vae, pixels)
    assert torch.allclose(moments, vae._encode(pixels), atol=1e-5)
    decoded = vae.decode(moments[:, :16]).sample
    assert torch.allclose(decode_whole(vae, moments[:, :16]).clamp(-1, 1), decoded, atol=1e-5)


@torch.no_grad()
def test_the_set_encoder_averages():
    vae = tiny_vae()
    pixels = torch.rand(2, 3, 9, 32, 48) * 2 - 1
    moments = encode_whole(vae, pixels)
    assert torch.allclose(moments, vae._encode(pixels), atol=1e-5)
    assert torch.allclose(moments[:, :16], averages(pixels), atol=5e-4)
    assert (moments[:, 16:] == -12).all()
    # The lower right quarter of block (1, 2) in the second group of four frames, and its change.
    quarter = pixels[0, :, 5:9, 12:16, 20:24]
    assert moments[0, 9:12, 2, 1, 2] == pytest.approx(quarter.mean((1, 2, 3)), abs=1e-3)
    luma = torch.tensor(LUMA) @ quarter.mean((2, 3))
    change = luma[2:].mean() - luma[:2].mean()
    assert float(moments[0, 15, 2, 1, 2]) == pytest.approx(float(change), abs=1e-3)


def test_the_decoder_learns_and_the_encoder_stays():
    torch.manual_seed(0)
    vae, losses, done = tiny_vae(), [], iter(range(1000))
    before = {name: p.clone() for name, p in vae.encoder.named_parameters()}
    y, x = torch.meshgrid(torch.linspace(-1, 1, 24), torch.linspace(-1, 1, 24), indexing="ij")
    spot = ((x - 0.2) ** 2 + y**2 < 0.3) * 2.0 - 1
    pixels = torch.stack([
        torch.stack([a * x + b * y, 2 * a * x * y, spot]) for a, b in ((0.6, 0.4), (-0.5, 0.5))
    ])[:, :, None]  # fmt: skip
    steps = train_decoder(
        vae, lambda: pixels, lambda: next(done) / 40, 3e-3,
        lambda _, loss: losses.append(loss.l1), every=39,
    )  # fmt: skip
    assert steps == 40
    assert losses[-1] < 0.5 * losses[0]
    assert all(torch.equal(p, before[name]) for name, p in vae.encoder.named_parameters())


def test_the_rate_warms_up_and_falls():
    rates = [learning_rate(share, 1.0) for share in (0.0, 0.02, 0.04, 0.52, 1.0)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 0.51, 0.02])


def test_statistics_are_per_channel():
    latents = torch.randn(3, 16, 2, 8, 8) * 2 + torch.arange(16.0).view(1, 16, 1, 1, 1)
    mean, deviation = latent_statistics(latents)
    assert mean == pytest.approx(list(range(16)), abs=0.5)
    assert deviation == pytest.approx([2.0] * 16, rel=0.2)
