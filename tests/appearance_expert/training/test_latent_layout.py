"""Against diffusers' own pipeline, which is what a trained model will be called by."""

import numpy as np
import pytest
import torch

from pipelines.appearance_expert.training.latent_layout import (
    clean_latents,
    conditioning,
    given_mask,
    latent_frames,
)
from pipelines.appearance_expert.training.sampling import sample_latents


@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (5, 2), (17, 5), (77, 20), (81, 21)])
def test_latent_frames(frames, latents):
    assert latent_frames(frames) == latents


@pytest.mark.parametrize("given", [0, 1, 5])
def test_mask_is_the_pipelines(tiny_encoders, given):
    pipeline = tiny_encoders._pipeline
    theirs = pipeline.get_i2v_mask(1, 5, 2, 3, given, None, torch.float32, "cpu")
    assert torch.equal(given_mask(17, given, 2, 3), theirs[0])


@pytest.mark.parametrize("given", [0, 1, 5])
def test_conditioning_is_the_pipelines(tiny_encoders, given):
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (16, 32, 3)).astype(np.uint8)
    known = random.integers(0, 256, (given, 16, 32, 3)).astype(np.uint8)
    pipeline = tiny_encoders._pipeline
    reference = pipeline.prepare_reference_image_latents(
        tiny_encoders._pixels(picture[None])[:, :, 0], device="cpu", dtype=torch.float32
    )
    pixels = tiny_encoders._pixels(known) if given else None
    segment = pipeline.prepare_prev_segment_cond_latents(
        pixels, segment_frame_length=17, start_frame=given, height=16, width=32,
        prev_segment_cond_frames=max(given, 1), device="cpu", dtype=torch.float32,
    )  # fmt: skip
    theirs = torch.cat([reference, segment], dim=2)[0]
    ours = conditioning(
        tiny_encoders.video(picture[None]), tiny_encoders.given(known, 17), 17, given
    )
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_each_latent_frame_has_its_own_pose():
    """x0 is [reference, VAE(the very frames)]: pose latent j belongs to target latent j + 1."""
    reference, video = (
        torch.zeros(16, 1, 2, 2),
        torch.arange(5.0).view(1, 5, 1, 1).expand(16, 5, 2, 2),
    )
    target = clean_latents(reference, video)
    assert target.shape == (16, 6, 2, 2)
    assert torch.equal(target[:, 1:], video)


def test_sampling_from_latents_is_what_the_pipeline_samples(tiny_wan, tiny_encoders):
    """One segment by diffusers' pipeline with Euler steps, and by ours from the same latents."""
    from diffusers import FlowMatchEulerDiscreteScheduler, WanAnimatePipeline
    from PIL import Image

    from pipelines.appearance_expert.training.flow_matching import sampler_levels
    from pipelines.appearance_expert.training.network import put_motion_encoder_aside

    pipeline = WanAnimatePipeline.from_pretrained(tiny_wan)
    pipeline.set_progress_bar_config(disable=True)
    random = np.random.default_rng(1)
    picture, *poses = random.integers(0, 256, (6, 32, 48, 3)).astype(np.uint8)
    faces = random.integers(0, 256, (5, 16, 16, 3)).astype(np.uint8)
    scheduler = FlowMatchEulerDiscreteScheduler()
    plain = scheduler.set_timesteps
    scheduler.set_timesteps = lambda steps, device=None: plain(
        sigmas=sampler_levels(steps).tolist(), device=device
    )
    pipeline.scheduler = scheduler
    text = torch.randn(1, 7, 32, generator=torch.Generator().manual_seed(3))
    theirs = pipeline(
        image=Image.fromarray(picture), pose_video=[Image.fromarray(p) for p in poses],
        face_video=[Image.fromarray(f) for f in faces], prompt_embeds=text, height=32, width=48,
        segment_frame_length=5, num_inference_steps=3, output_type="latent",
        generator=torch.Generator().manual_seed(5),
    ).frames  # fmt: skip
    mean, std = (
        torch.tensor(values).view(1, -1, 1, 1, 1)
        for values in (pipeline.vae.config.latents_mean, pipeline.vae.config.latents_std)
    )
    put_motion_encoder_aside(pipeline.transformer)
    reference = tiny_encoders.video(picture[None])
    nothing = tiny_encoders.given(np.zeros((0, 32, 48, 3), np.uint8), 5)
    batch = {
        "clean": torch.zeros(1, 16, 3, 4, 6),
        "y": conditioning(reference, nothing, 5, 0)[None],
        "pose": tiny_encoders.video(np.stack(poses))[None],
        "motion": tiny_encoders.expressions(faces)[None],
        "image": tiny_encoders.picture(picture)[None],
        "text": text,
    }  # fmt: skip
    ours = sample_latents(pipeline.transformer.eval(), batch, 3, seed=5)
    assert torch.allclose(ours * std + mean, theirs, atol=2e-3)
