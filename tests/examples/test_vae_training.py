"""The whole-clip pass against diffusers' own, the encoder that averages, a decoder that learns."""

import pytest
import torch

pytest.importorskip("diffusers")

from vae_training import (
    averages,
    decode_whole,
    encode_whole,
    latent_scale,
    learning_rate,
    train_decoder,
)

from pipelines.appearance_expert.tiny.architecture import LUMA, tiny_vae


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
    assert torch.allclose(moments[:, :8], averages(pixels), atol=2e-3)
    assert (moments[:, 8:] == -12).all()
    # Block (3, 5) in the second group of four frames: colour, change, right and lower half.
    block = pixels[0, :, 5:9, 12:16, 20:24]
    latent = averages(pixels)[0, :, 2, 3, 5]
    assert torch.allclose(latent[:3], block.mean((1, 2, 3)), atol=1e-6)
    assert torch.allclose(latent[3:6], (block[:, 2:] - block[:, :2]).mean((1, 2, 3)) / 2, atol=1e-6)
    luma = torch.tensordot(torch.tensor(LUMA), block, 1)
    right, lower = luma[..., 2:] - luma[..., :2], luma[:, 2:] - luma[:, :2]
    assert latent[6:].tolist() == pytest.approx(
        [float(right.mean()), float(lower.mean())], abs=1e-6
    )
    assert (averages(pixels)[:, 3:6, 0] == 0).all()  # the first frame does not change


@torch.no_grad()
def test_the_decoder_begins_as_bilinear_interpolation():
    torch.manual_seed(0)
    vae = tiny_vae()
    ramp = torch.linspace(-0.8, 0.8, 64)
    colour = torch.tensor([1.0, -0.5, 0.2]).view(1, 3, 1, 1, 1)
    pixels = (ramp * colour).expand(1, 3, 5, 32, 64)
    off = (decode_whole(vae, averages(pixels)) - pixels)[..., 8:-8, 8:-8]
    assert off.abs().max() < 0.06
    darker = pixels.clone()
    darker[:, :, 3:] -= 0.3  # the later half of the second latent frame
    made = decode_whole(vae, averages(darker))[..., 8:-8, 8:-8]
    assert torch.allclose((made[:, :, 3:] - made[:, :, 1:3]).mean(), torch.tensor(-0.3), atol=0.03)


def test_the_decoder_learns_and_the_encoder_stays():
    torch.manual_seed(0)
    vae, losses, done = tiny_vae(), [], iter(range(1000))
    before = {name: p.clone() for name, p in vae.encoder.named_parameters()}
    y, x = torch.meshgrid(torch.linspace(-1, 1, 24), torch.linspace(-1, 1, 24), indexing="ij")
    spot = ((x - 0.2) ** 2 + y**2 < 0.3) * 1.0 - 0.5 + 0.4 * torch.sin(40 * x)
    pixels = torch.stack([
        torch.stack([a * x + b * y, 2 * a * x * y, spot]) for a, b in ((0.6, 0.4), (-0.5, 0.5))
    ])[:, :, None]  # fmt: skip
    steps = train_decoder(
        vae, lambda: pixels, lambda: next(done) / 60, 1e-3,
        lambda _, loss: losses.append(loss.l1), every=59,
    )  # fmt: skip
    assert steps == 60
    assert losses[-1] < 0.8 * losses[0]
    assert all(torch.equal(p, before[name]) for name, p in vae.encoder.named_parameters())


def test_the_rate_warms_up_and_falls():
    rates = [learning_rate(share, 1.0) for share in (0.0, 0.02, 0.04, 0.52, 1.0)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 0.51, 0.02])


def test_small_channels_are_scaled_up_half_the_way():
    size = torch.tensor([4.0, 1.0, 0.25]).view(1, 3, 1, 1, 1)
    latents = torch.randn(3, 3, 2, 16, 16) * size + torch.arange(3.0).view(1, 3, 1, 1, 1)
    mean, scale = latent_scale(latents)
    assert mean == pytest.approx([0, 1, 2], abs=0.5)
    assert scale == pytest.approx([4.0, 2.0, 1.0], rel=0.1)
