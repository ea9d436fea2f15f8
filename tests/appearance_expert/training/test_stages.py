import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from pipelines.appearance_expert.training.stages import (
    lora_modules,
    prepare_stage,
    save_learned,
    save_model,
)
from pipelines.appearance_expert.wan.overlays import Overlay, merge_lora
from pipelines.support.errors import BadUsage, UnsuitableInput


def learned_of(transformer):
    return {n: p.detach().float() for n, p in transformer.named_parameters() if p.requires_grad}


def test_the_real_model_gets_400_loras_and_a_body_adapter_of_332_800_parameters():
    from diffusers import WanAnimateTransformer3DModel

    with torch.device("meta"):
        real = WanAnimateTransformer3DModel(added_kv_proj_dim=5120)
    modules = dict(real.named_modules())
    targets = lora_modules(modules)
    assert len(targets) == 400
    assert not any("face_adapter" in name or "add_" in name for name in targets)
    sizes = [32 * (modules[n].in_features + modules[n].out_features) for n in targets]
    assert sum(sizes) == 153_354_240
    names = prepare_stage(real, "kinematic")
    assert names == ["pose_patch_embedding.weight", "pose_patch_embedding.bias"]
    assert sum(p.numel() for p in real.parameters() if p.requires_grad) == 332_800


def test_peft_puts_lora_where_we_say(tiny_transformer):
    names = prepare_stage(tiny_transformer, "aesthetic", rank=4)
    assert len(names) == 2 * 2 * 10  # blocks, A and B, modules
    layers = {name.split(".lora_")[0] for name in names}
    assert layers == set(lora_modules(dict(tiny_transformer.named_modules())))


def test_base_trains_all_but_the_motion_encoder(tiny_transformer):
    names = prepare_stage(tiny_transformer, "base")
    frozen = {n for n, _ in tiny_transformer.named_parameters()} - set(names)
    assert frozen
    assert all(name.startswith("motion_encoder.") for name in frozen)


def test_an_adapter_is_loaded_and_frozen_in_the_aesthetic_stage(tiny_transformer, tmp_path):
    own = tiny_transformer.pose_patch_embedding
    file = tmp_path / "body_adapter.safetensors"
    save_file(
        {f"pose_patch_embedding.{n}": torch.ones_like(p) for n, p in own.named_parameters()}, file
    )
    names = prepare_stage(tiny_transformer, "aesthetic", file, rank=2)
    assert float(own.weight.min()) == 1
    assert not own.weight.requires_grad
    assert all("lora" in name for name in names)
    save_file(
        {
            "pose_patch_embedding.weight": torch.ones(2, 2),
            "pose_patch_embedding.bias": torch.ones(2),
        },
        file,
    )
    with pytest.raises(UnsuitableInput, match="another base"):
        prepare_stage(tiny_transformer, "kinematic", file)
    with pytest.raises(BadUsage, match="--stage"):
        prepare_stage(tiny_transformer, "both")


def test_the_adapters_file_has_two_tensors_and_loads_as_an_overlay(
    tiny_transformer, tiny_wan, tmp_path
):
    from diffusers import WanAnimateTransformer3DModel

    prepare_stage(tiny_transformer, "kinematic")
    learned = {name: value + 1 for name, value in learned_of(tiny_transformer).items()}
    file = save_learned(tmp_path, "kinematic", learned, {"stage": "kinematic", "step": "3"})
    assert set(load_file(file)) == {"pose_patch_embedding.weight", "pose_patch_embedding.bias"}
    with safe_open(file, "pt") as tensors:
        assert tensors.metadata()["step"] == "3"
    other = WanAnimateTransformer3DModel.from_pretrained(tiny_wan, subfolder="transformer")
    Overlay(adapter=file).apply(other)
    assert torch.equal(other.pose_patch_embedding.weight, learned["pose_patch_embedding.weight"])


def test_the_loras_file_loads_in_ours_and_in_diffusers_alike(tiny_transformer, tiny_wan, tmp_path):
    from diffusers import WanAnimatePipeline, WanAnimateTransformer3DModel

    prepare_stage(tiny_transformer, "aesthetic", rank=4)
    generator = torch.Generator().manual_seed(0)
    learned = {
        name: 0.1 * torch.randn(value.shape, generator=generator)
        for name, value in learned_of(tiny_transformer).items()
    }
    file = save_learned(tmp_path, "aesthetic", learned, {})
    assert len(load_file(file)) == 40
    ours = WanAnimateTransformer3DModel.from_pretrained(tiny_wan, subfolder="transformer")
    before = {n: p.detach().clone() for n, p in ours.named_parameters()}
    assert merge_lora(ours, load_file(file), 1.0, file.name) == 20
    pipeline = WanAnimatePipeline.from_pretrained(tiny_wan)
    pipeline.load_lora_weights(str(tmp_path), weight_name=file.name)
    pipeline.fuse_lora()
    pipeline.unload_lora_weights()
    theirs = dict(pipeline.transformer.named_parameters())
    changed = 0
    for name, parameter in ours.named_parameters():
        assert torch.allclose(parameter, theirs[name], atol=1e-5), name
        changed += not torch.equal(parameter, before[name])
    assert changed == 20


def test_a_model_that_base_leaves_is_whole(tiny_transformer, tiny_wan, tmp_path):
    from diffusers import WanAnimatePipeline

    from pipelines.appearance_expert.wan.weights import inspect_folder

    encoder = tiny_transformer.motion_encoder
    prepare_stage(tiny_transformer, "base")
    learned = {name: value * 2 for name, value in learned_of(tiny_transformer).items()}
    save_model(tmp_path / "new", tiny_wan, learned, encoder)
    assert inspect_folder(tmp_path / "new").complete
    pipeline = WanAnimatePipeline.from_pretrained(tmp_path / "new")
    loaded = pipeline.transformer.state_dict()
    assert torch.equal(loaded["proj_out.weight"], learned["proj_out.weight"])
    for name, value in encoder.state_dict().items():
        assert torch.equal(loaded[f"motion_encoder.{name}"], value)
