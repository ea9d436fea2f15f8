"""What encoded clips depend on: their folder's name says it, and only it."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from pipelines.appearance_expert.training.recipe import (
    Recipe,
    encoders_digest,
    motion_encoder_digest,
    motion_encoder_files,
)
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import BadUsage, UnsuitableInput

RECIPE = Recipe(480, 832, 77, 30.0, (1, 5), 4)


def test_the_usual_recipe_is_valid():
    assert RECIPE.validate() is RECIPE
    assert replace(RECIPE, relay=()).validate().relay == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"width": 490}, "--size 490x832"), ({"height": 0}, "--size"), ({"width": -16}, "--size"),
     ({"frames": 76}, "--frames 76"), ({"frames": 79}, "--frames 79"),
     ({"frames": 1}, "--frames 1"), ({"fps": 0.5}, "--fps"), ({"fps": 121.0}, "--fps 121"),
     ({"relay": (2,)}, "--relay"), ({"frames": 5, "relay": (5,)}, "--relay"),
     ({"references": 0}, "--references")],
)  # fmt: skip
def test_what_cannot_be_encoded_is_refused_by_its_option(changes, said):
    with pytest.raises(BadUsage, match=said):
        replace(RECIPE, **changes).validate()


@given(st.integers(1, 60), st.integers(1, 60), st.integers(2, 40))
def test_every_size_of_sixteens_and_every_length_of_4k_1_is_valid(wide, tall, k):
    recipe = Recipe(16 * wide, 16 * tall, 4 * k + 1, 30.0, (1, 5), 1)
    assert recipe.validate() == recipe


def test_any_other_recipe_has_another_name():
    others = [
        {"width": 496}, {"height": 848}, {"frames": 81}, {"fps": 25.0}, {"relay": (1,)},
        {"references": 3}, {"encoders": "x"},
    ]  # fmt: skip
    names = {replace(RECIPE, **change).name() for change in others} | {RECIPE.name()}
    assert len(names) == len(others) + 1
    assert Recipe(480, 832, 77, 30.0, (1, 5), 4).name() == RECIPE.name()
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)


@pytest.fixture
def transformer(tiny_wan, tmp_path):
    """A copy of the tiny model's folder, its transformer's file, and that file's tensors."""
    folder = shutil.copytree(tiny_wan, tmp_path / "model")
    file = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    return folder, file, load_file(file)


def test_the_motion_encoder_is_found_in_one_file_and_in_shards(transformer):
    _, file, tensors = transformer
    inside = [name for name in sorted(tensors) if name.startswith("motion_encoder.")]
    assert inside and motion_encoder_files(file.parent) == {file: inside}
    digest = motion_encoder_digest(file.parent)
    names = sorted(tensors)
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for shard, own in halves.items():
        save_file({name: tensors[name] for name in own}, file.parent / shard)
    file.unlink()
    index = {name: shard for shard, own in halves.items() for name in own}
    (file.parent / f"{file.name}.index.json").write_text(json.dumps({"weight_map": index}))
    found = motion_encoder_files(file.parent)
    assert {path.name for path in found} == set(halves)
    assert sorted(name for own in found.values() for name in own) == inside
    # Sharded, the tensors come in another order; the digest tells shards from one file.
    assert motion_encoder_digest(file.parent) == motion_encoder_digest(file.parent) != digest


def test_training_the_transformer_does_not_make_other_encoders(transformer):
    folder, file, tensors = transformer
    before = encoders_digest(find_wan(str(folder)))
    trained = tensors | {"proj_out.weight": tensors["proj_out.weight"] + 1}
    save_file(trained, file, {"format": "pt"})
    assert encoders_digest(find_wan(str(folder))) == before
    name = next(n for n in sorted(tensors) if n.startswith("motion_encoder."))
    save_file(trained | {name: tensors[name] + 1}, file, {"format": "pt"})
    assert encoders_digest(find_wan(str(folder))) != before


def test_damaged_weights_are_refused(transformer):
    _, file, _ = transformer
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UnsuitableInput, match="not readable weights"):
        motion_encoder_files(file.parent)
    index = {"weight_map": {"motion_encoder.a": file.name}}
    (file.parent / f"{file.name}.index.json").write_text(json.dumps(index))
    with pytest.raises(UnsuitableInput, match="not readable weights"):
        motion_encoder_digest(file.parent)


@pytest.mark.parametrize("component", ["vae", "image_encoder"])
def test_another_vae_or_vision_tower_makes_others(transformer, component):
    folder, *_ = transformer
    before = encoders_digest(find_wan(str(folder)))
    file = next((folder / component).glob("*.safetensors"))
    tensors = load_file(file)
    name = sorted(tensors)[0]
    save_file(tensors | {name: tensors[name] + torch.ones(1)}, file, {"format": "pt"})
    assert encoders_digest(find_wan(str(folder))) != before
