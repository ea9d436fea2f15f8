"""The small Wan-Animate as a whole: sizes, layout on disk, encoders that never change."""

import pytest
import torch

pytest.importorskip("diffusers")

from pipelines.appearance_expert.tiny.architecture import (
    FACE_SIZE,
    HEIGHT,
    SEGMENT_FRAMES,
    TEXT_TOKENS,
    WIDTH,
    save_tiny,
    tiny_transformer,
    tiny_vae,
)
from pipelines.appearance_expert.wan.frames import MULTIPLE
from pipelines.appearance_expert.wan.loading import load_wan
from pipelines.appearance_expert.wan.overlays import Overlay
from pipelines.appearance_expert.wan.weights import inspect_folder
from pipelines.support.progress import SILENT


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    target = tmp_path_factory.mktemp("tiny")
    save_tiny(target, tiny_vae(), tiny_transformer())
    return target


def test_sizes_fit_the_model():
    assert WIDTH % MULTIPLE == HEIGHT % MULTIPLE == 0
    assert SEGMENT_FRAMES % 4 == 1


def test_the_folder_loads_as_the_real_one_does(folder):
    weights = inspect_folder(folder)
    assert weights.complete
    assert weights.parameters["transformer"] == 3_094_264
    assert 2 * sum(weights.parameters.values()) < 9e6  # bytes in half precision
    loaded = load_wan(weights, "cpu", "anything", Overlay(), None, SILENT)
    assert loaded.pipeline.transformer.config.motion_encoder_size == FACE_SIZE
    assert loaded.prompt_embeds.shape == (1, TEXT_TOKENS, 32)


def test_drawing_the_encoders_leaves_the_generator_alone(folder, tmp_path):
    from safetensors.torch import load_file

    vae, transformer = tiny_vae(), tiny_transformer()
    state = torch.get_rng_state()
    save_tiny(tmp_path / "again", vae, transformer)
    assert torch.equal(torch.get_rng_state(), state)
    for part in ("image_encoder", "text_encoder"):
        one, other = (
            load_file(f / part / "model.safetensors") for f in (folder, tmp_path / "again")
        )
        assert all(torch.equal(one[key], other[key]) for key in one)


@torch.no_grad()
def test_the_vision_tower_tells_colours_apart(folder):
    import numpy as np
    from diffusers import WanAnimatePipeline
    from PIL import Image

    pipeline = WanAnimatePipeline.from_pretrained(folder, transformer=None, vae=None)
    red, blue = (
        pipeline.encode_image(
            Image.fromarray(np.full((HEIGHT, WIDTH, 3), colour, np.uint8)), torch.device("cpu")
        )
        for colour in ((200, 30, 30), (30, 30, 200))
    )
    assert red.shape == (1, 17, 64)
    assert (red - blue).abs().mean() > 0.1 * red.abs().mean()
