"""What was saved is what is loaded; what does not belong together is refused."""

import json

import pytest
import torch

from pipelines.motion_expert.megadance.checkpoint import (
    load_megadance,
    load_tokenizer,
    save_megadance,
    save_tokenizer,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput


def same(one, other):
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_what_dances_is_whole(folder, model):
    loaded = load_megadance(folder)
    assert same(loaded.tokenizer, model.tokenizer) and same(loaded.generator, model.generator)
    assert torch.equal(loaded.start_tokens, model.start_tokens)
    assert torch.equal(loaded.start_genre, model.start_genre)
    assert not loaded.generator.training


def test_half_the_bytes_for_shipping(folder, model, tmp_path):
    extra = (model.standardizer, model.start_tokens, model.start_genre)
    network = model.generator
    save_megadance(
        tmp_path, model.tokenizer, network.config, network.state_dict(), extra, "s", {}, half=True
    )
    name = "motion_expert.safetensors"
    assert (tmp_path / name).stat().st_size < 0.75 * (folder / name).stat().st_size
    weight = load_megadance(tmp_path).generator.head[0].weight
    torch.testing.assert_close(weight, network.head[0].weight, atol=1e-3, rtol=1e-3)


def test_a_tokenizer_is_found_in_its_folder_or_in_a_runs(tokenizer, tmp_path):
    best = tmp_path / "best"
    best.mkdir()
    save_tokenizer(best, tokenizer.config, tokenizer.state_dict(), "s", {})
    (one, digest), (other, again) = load_tokenizer(best), load_tokenizer(tmp_path)
    assert same(one, tokenizer) and same(other, tokenizer)
    assert digest == again and len(digest) == 64
    with pytest.raises(MissingAsset, match="no tokenizer of MEGADance"):
        load_tokenizer(tmp_path / "nowhere")


def test_damage_and_another_shape_are_told_apart(folder):
    config = folder / "motion_expert.json"
    values = json.loads(config.read_text())
    values["tokenizer"]["width"] = 32
    config.write_text(json.dumps(values))
    with pytest.raises(UnsuitableInput, match="do not fit their config"):
        load_megadance(folder)
    values["sha256"] = "0" * 64
    config.write_text(json.dumps(values))
    with pytest.raises(UnsuitableInput, match="damaged or mixed up"):
        load_megadance(folder)
    (folder / "motion_expert.safetensors").write_bytes(b"no")
    with pytest.raises(UnsuitableInput, match="no safetensors"):
        load_megadance(folder)
