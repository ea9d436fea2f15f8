"""The frozen encoders, on a tiny model of the real classes."""

import json
import shutil

import numpy as np
import pytest
import torch

from pipelines.appearance_expert.training.encoders import (
    embed_prompts,
    load_motion_encoder,
    load_parts,
    prompt_file,
)
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json

CPU = torch.device("cpu")


@pytest.fixture
def pictures():
    """(13, 64, 48, 3) noise."""
    return np.random.default_rng(0).integers(0, 256, (13, 64, 48, 3)).astype(np.uint8)


@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (5, 2), (13, 4)])
def test_four_frames_make_one_latent_after_the_first(tiny_encoders, pictures, frames, latents):
    assert tiny_encoders.video(pictures[:frames]).shape == (16, latents, 8, 6)


def test_a_latent_frame_knows_the_past_only(tiny_encoders, pictures):
    whole = tiny_encoders.video(pictures)
    for frames, latents in ((1, 1), (5, 2), (9, 3)):
        part = tiny_encoders.video(pictures[:frames])
        assert torch.allclose(whole[:, :latents], part, atol=1e-5)


def test_given_frames_are_followed_by_grey(tiny_encoders, pictures):
    """What is encoded is the very frames and then 127.5, which is 0 to the VAE."""
    given = tiny_encoders.given(pictures[:5], 13)
    assert given.shape == (16, 4, 8, 6)
    assert torch.allclose(given[:, :2], tiny_encoders.video(pictures[:5]), atol=1e-5)
    other = tiny_encoders.given(pictures[1:6], 13)
    assert not torch.allclose(given, other, atol=1e-3)
    none = tiny_encoders.given(pictures[:0], 13)
    grey = tiny_encoders.given(np.full((1, 64, 48, 3), 127, np.uint8), 13)
    assert torch.allclose(none, grey, atol=0.05)


def test_clip_sees_a_picture_at_any_size(tiny_encoders, pictures):
    tokens = tiny_encoders.picture(pictures[0])
    assert tokens.shape == (17, 4)  # 4 x 4 patches and a class token
    assert torch.isfinite(tokens).all()
    flat = np.full((90, 30, 3), 200, np.uint8)
    assert torch.allclose(tiny_encoders.picture(flat), tiny_encoders.picture(flat[:45]), atol=1e-5)


def test_expressions_do_not_depend_on_how_many_are_encoded_at_once(tiny_encoders, pictures):
    faces = pictures[:11, :16, :16]
    size = tiny_encoders.face_size
    assert size == 16
    together = tiny_encoders.expressions(faces)
    assert together.shape == (11, 16)
    one_by_one = torch.cat([tiny_encoders.expressions(face[None]) for face in faces])
    assert torch.allclose(together, one_by_one, atol=1e-5)


def test_the_motion_encoder_alone_is_the_transformers(tiny_transformer, tiny_wan):
    folder = tiny_wan / "transformer"
    alone = load_motion_encoder(folder, read_json(folder / "config.json"))
    for name, value in tiny_transformer.motion_encoder.state_dict().items():
        assert torch.equal(alone.state_dict()[name], value), name
    assert not alone.training and not any(p.requires_grad for p in alone.parameters())


@pytest.fixture
def copy(tiny_wan, tmp_path):
    return shutil.copytree(tiny_wan, tmp_path / "model")


def test_a_damaged_motion_encoder_is_refused(copy):
    file = copy / "transformer" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    index = {"weight_map": {"motion_encoder.a": file.name}}
    (file.parent / f"{file.name}.index.json").write_text(json.dumps(index))
    with pytest.raises(UnsuitableInput, match="not readable weights"):
        load_motion_encoder(file.parent, read_json(file.parent / "config.json"))


def test_a_prompt_is_embedded_once(copy, tmp_path):
    weights, folder = find_wan(str(copy)), tmp_path / "prompts"
    embed_prompts(folder, weights, {"dancing", "standing"}, CPU)
    files = {prompt_file(folder, weights, p) for p in ("dancing", "standing")}
    assert set(folder.iterdir()) == files and len(files) == 2
    (copy / "text_encoder" / "model.safetensors").unlink()  # not needed any more
    embed_prompts(folder, weights, {"dancing"}, CPU)
    with pytest.raises(MissingAsset, match="text_encoder"):
        embed_prompts(folder, find_wan(str(copy)), {"jumping"}, CPU)


def test_an_embedding_is_what_generation_uses(copy, tmp_path):
    from safetensors.torch import load_file

    from pipelines.appearance_expert.wan.loading import load_wan
    from pipelines.appearance_expert.wan.overlays import Overlay
    from pipelines.support.progress import SILENT

    weights, folder = find_wan(str(copy)), tmp_path / "prompts"
    embed_prompts(folder, weights, {"dancing"}, CPU)
    ours = load_file(prompt_file(folder, weights, "dancing"))["prompt_embeds"]
    theirs = load_wan(weights, "cpu", "dancing", Overlay(), None, SILENT).prompt_embeds
    assert torch.equal(ours, theirs)


def test_files_that_do_not_load_are_named(copy):
    weights = find_wan(str(copy))
    (copy / "vae" / "config.json").write_text("{")
    with pytest.raises(UnsuitableInput, match="does not load as Wan-Animate"):
        load_parts(weights, CPU, transformer=None, text_encoder=None, tokenizer=None)
