"""The recipe of the small Wan-Animate: batches in memory."""

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")

from pipelines.appearance_expert.tiny.architecture import SEGMENT_FRAMES, tiny_vae
from pipelines.appearance_expert.training.latent_layout import given_mask

HEIGHT, WIDTH = 32, 16


@pytest.fixture(scope="module")
def frozen():
    """The VAE, and stand-ins of the right shapes for the other encoders."""
    from resident import Frozen
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

    tower = CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=4, projection_dim=4, num_hidden_layers=2, num_attention_heads=2,
            image_size=4, intermediate_size=16, patch_size=1,
        )
    ).eval()  # fmt: skip
    processor = CLIPImageProcessorPil(size={"height": 4, "width": 4}, do_center_crop=False)
    return Frozen(tiny_vae(), tower, processor, lambda faces: faces.mean((2, 3)), torch.zeros(7, 3))


@pytest.fixture(scope="module")
def clips():
    from clips import ClipArrays

    random = np.random.default_rng(0)

    def frames(count, height, width):
        return random.integers(256, size=(count, height, width, 3), dtype=np.uint8)

    return [
        ClipArrays(str(n), "base", frames(length, HEIGHT, WIDTH), frames(length, HEIGHT, WIDTH))
        for n, length in enumerate((SEGMENT_FRAMES + 2, 2 * SEGMENT_FRAMES, 9))
    ]  # fmt: skip


def test_batches_hold_what_the_clips_show(frozen, clips):
    from resident import ResidentClips

    data = ResidentClips(frozen, clips, references=2)
    assert len(data) == 3  # one of the first clip, two of the second, none of the short one
    batch = data.batch(np.array([0, 2, 1]), np.array([0, 0, 1]), np.array([0, 1, 5]))
    latents, height, width = (SEGMENT_FRAMES - 1) // 4 + 1, HEIGHT // 4, WIDTH // 4
    assert batch["clean"].shape == (3, 8, 1 + latents, height, width)
    assert batch["y"].shape == (3, 12, 1 + latents, height, width)
    assert batch["pose"].shape == (3, 8, latents, height, width)
    assert batch["motion"].shape == (3, SEGMENT_FRAMES, 3)
    assert batch["text"].shape == (3, 7, 3)
    for item, given in enumerate((0, 1, 5)):
        mask = batch["y"][item, :4]
        assert (mask[:, 0] == 1).all()
        assert torch.equal(mask[:, 1:], given_mask(SEGMENT_FRAMES, given, height, width).bfloat16())
        assert torch.equal(batch["y"][item, 4:, 0], batch["clean"][item, :, 0])
    # Each clip's first picture is that of its first segment's first frame.
    whole = frozen.latents(torch.from_numpy(clips[0].video[None, 1:2]))
    assert torch.allclose(batch["clean"][0, :, :1].float(), whole[0].float(), atol=0.02)
    second = torch.from_numpy(clips[1].video[None, SEGMENT_FRAMES:])
    assert torch.allclose(batch["clean"][1, :, 1:], frozen.latents(second)[0], atol=0.02)
    seen = torch.from_numpy(clips[1].video[None, SEGMENT_FRAMES:])
    known = frozen.latents(seen, given=1)[0]
    assert torch.allclose(batch["y"][1, 4:, 1:], known, atol=0.02)


def test_false_colours_share_skeletons_and_are_given_nothing(frozen, clips):
    from resident import ResidentClips

    data = ResidentClips(frozen, clips, references=1, false_colours=True)
    assert len(data) == 9
    zero = np.zeros(2, int)
    batch = data.batch(np.array([1, 4]), zero, np.array([5, 5]))
    assert torch.equal(batch["pose"][0], batch["pose"][1])
    assert not torch.equal(batch["clean"][0], batch["clean"][1])
    assert (batch["y"][1, :4, 1:] == 0).all() and (batch["y"][0, :4, 1] == 1).all()
    turned = torch.from_numpy(np.ascontiguousarray(clips[1].video[None, :1][..., [1, 2, 0]]))
    assert torch.allclose(batch["clean"][1, :, :1], frozen.latents(turned)[0], atol=0.02)


def test_draws_follow_from_their_key(frozen, clips):
    from resident import ResidentClips

    data = ResidentClips(frozen, clips)
    one, same, other = data.draw(4, (1, 2)), data.draw(4, (1, 2)), data.draw(4, (1, 3))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["clean"], other["clean"])
