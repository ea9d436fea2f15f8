"""Loading the pipeline from local files and placing it."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from listener import Listener

from pipelines.appearance_expert.wan import loading
from pipelines.appearance_expert.wan.loading import load_wan, place, text_tokens
from pipelines.appearance_expert.wan.overlays import Overlay
from pipelines.appearance_expert.wan.profiles import PROFILES, Profile
from pipelines.appearance_expert.wan.weights import WanWeights, find_wan
from pipelines.support.errors import MissingAsset, OutOfResources, UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture
def copy(tiny_wan, tmp_path):
    return shutil.copytree(tiny_wan, tmp_path / "model")


def load(model, prompt="dancing", cache=None, progress=SILENT):
    weights = model if isinstance(model, WanWeights) else find_wan(str(model))
    return load_wan(weights, "cpu", prompt, Overlay(), cache, progress)


def test_what_is_loaded_is_ready_to_be_called(loaded_wan):
    assert loaded_wan.placement == "cpu" and loaded_wan.dtype == "float32"
    assert loaded_wan.prompt_embeds.shape == (1, 512, 32)
    pipeline = loaded_wan.pipeline
    assert pipeline.text_encoder is None and pipeline.tokenizer is None
    assert pipeline.vae.dtype == torch.float32
    scale = pipeline.vae_scale_factor_spatial
    assert pipeline.vae_image_processor.config.vae_scale_factor == scale


def test_little_memory_halves_the_numbers_but_not_the_vaes(tiny_wan, monkeypatch):
    monkeypatch.setattr(loading, "free_host_memory", lambda: 100_000)
    loaded = load(tiny_wan)
    assert loaded.dtype == "bfloat16"
    assert loaded.pipeline.transformer.dtype == torch.bfloat16
    assert loaded.pipeline.vae.dtype == torch.float32


def test_a_known_prompt_needs_no_text_encoder(copy, tmp_path):
    cache, listener, weights = tmp_path / "prompts", Listener(), find_wan(str(copy))
    first = load(weights, cache=cache, progress=listener)
    assert "encoding the prompt" in listener.said
    (copy / "text_encoder" / "model.safetensors").write_bytes(b"gone")
    again = load(weights, cache=cache, progress=(quiet := Listener()))
    assert torch.equal(first.prompt_embeds, again.prompt_embeds)
    assert "encoding the prompt" not in quiet.said
    with pytest.raises(MissingAsset, match="text_encoder"):
        load(copy, "jumping", cache)


def test_files_that_are_no_model_are_named(copy):
    (copy / "transformer" / "diffusion_pytorch_model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises((UnsuitableInput, MissingAsset), match="model"):
        load(copy)


def test_a_config_of_another_size_does_not_load(copy):
    config = copy / "transformer" / "config.json"
    config.write_text(config.read_text().replace('"ffn_dim": 32', '"ffn_dim": 48'))
    with pytest.raises(UnsuitableInput, match="does not load as Wan-Animate"):
        load(copy)


def test_running_out_of_memory_names_the_way_out(tiny_wan, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loading, "place", full)
    with pytest.raises(OutOfResources, match=r"out of memory while loading .* --profile cpu"):
        load(tiny_wan)


def test_a_prompt_is_as_long_as_the_tokenizer_allows():
    for longest, used in ((10**30, 512), (77, 77)):
        tokenizer = SimpleNamespace(model_max_length=longest)
        assert text_tokens(SimpleNamespace(tokenizer=tokenizer)) == used


def test_eight_bit_matrices_are_kept_small_and_norms_as_they_are(tiny_wan):
    pipeline = load(tiny_wan).pipeline
    profile = replace(PROFILES["24gb"], placement="whole", float8=True, tiled=False)
    place(pipeline, profile, torch.float32, device="cpu")
    transformer = pipeline.transformer
    assert transformer.blocks[0].ffn.net[2].weight.dtype == torch.float8_e4m3fn
    assert transformer.blocks[0].scale_shift_table.dtype == torch.float32
    assert transformer.patch_embedding.weight.dtype == torch.float32


@pytest.mark.parametrize("tiled", [False, True])
def test_the_vae_decodes_in_tiles_only_where_the_profile_says(tiny_wan, tiled):
    pipeline = load(tiny_wan).pipeline
    place(pipeline, Profile("cpu", "cpu", tiled=tiled), torch.float32)
    assert pipeline.vae.use_tiling == tiled
