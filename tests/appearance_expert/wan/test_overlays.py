from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.appearance_expert.wan.overlays import (
    MACE_SCALE,
    Overlay,
    load_adapter,
    merge_lora,
    parse_lora,
)
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput

torch = pytest.importorskip("torch")


@pytest.fixture
def transformer(tiny_wan):
    from diffusers import WanAnimateTransformer3DModel

    return WanAnimateTransformer3DModel.from_pretrained(tiny_wan, subfolder="transformer")


OFFICIAL = {
    "self_attn.q": "attn1.to_q", "self_attn.o": "attn1.to_out.0", "cross_attn.k": "attn2.to_k",
    "cross_attn.v": "attn2.to_v", "ffn.0": "ffn.net.0.proj", "ffn.2": "ffn.net.2",
}  # fmt: skip


def lora_for(transformer, rank=4, seed=0):
    """A and B for a few layers of both blocks, by diffusers' names."""
    random = torch.Generator().manual_seed(seed)
    result = {}
    for block in range(2):
        for target in OFFICIAL.values():
            out, into = transformer.get_parameter(f"blocks.{block}.{target}.weight").shape
            result[f"blocks.{block}.{target}"] = (
                torch.randn(rank, into, generator=random),
                torch.randn(out, rank, generator=random),
            )
    return result


def as_published(lora):
    """As DiffSynth exports peft's state: original names, '.default.' in the middle."""
    back = {target: official for official, target in OFFICIAL.items()}
    state = {}
    for layer, (down, up) in lora.items():
        block, target = ".".join(layer.split(".")[:2]), ".".join(layer.split(".")[2:])
        state[f"{block}.{back[target]}.lora_A.default.weight"] = down
        state[f"{block}.{back[target]}.lora_B.default.weight"] = up
    return state


def as_comfy(lora):
    published = as_published(lora)
    return {"diffusion_model." + key.replace(".default", ""): t for key, t in published.items()}


def as_diffusers(lora):
    state = {}
    for layer, (down, up) in lora.items():
        state[f"transformer.{layer}.lora_A.weight"] = down
        state[f"transformer.{layer}.lora_B.weight"] = up
    return state


def as_kohya(lora):
    state = {}
    for layer, (down, up) in lora.items():
        state[f"{layer}.lora_down.weight"], state[f"{layer}.lora_up.weight"] = down, up
        state[f"{layer}.alpha"] = torch.tensor(float(len(down)))
    return state


@pytest.mark.parametrize("form", [as_published, as_comfy, as_diffusers, as_kohya])
def test_every_form_adds_half_of_b_a_and_nothing_else(transformer, form):
    before = {name: p.detach().clone() for name, p in transformer.named_parameters()}
    lora = lora_for(transformer)
    assert merge_lora(transformer, form(lora), MACE_SCALE, "LoRA.safetensors") == 12
    for name, parameter in transformer.named_parameters():
        layer = name.removesuffix(".weight")
        if layer in lora:
            down, up = lora[layer]
            assert torch.allclose(parameter, before[name] + 0.5 * up @ down, atol=1e-5)
        else:
            assert torch.equal(parameter, before[name]), name


def test_equals_what_diffusers_and_peft_do(transformer):
    import copy

    pytest.importorskip("peft")
    other = copy.deepcopy(transformer)
    lora = lora_for(transformer)
    merge_lora(transformer, as_published(lora), 0.5, "x")
    state = {key.removeprefix("transformer."): t for key, t in as_diffusers(lora).items()}
    other.load_lora_adapter(state, prefix=None, adapter_name="mace")
    other.fuse_lora(lora_scale=0.5)
    for layer in lora:
        fused = other.get_submodule(layer).base_layer.weight
        assert torch.allclose(transformer.get_parameter(f"{layer}.weight"), fused, atol=1e-5)


def test_alpha_is_a_share_of_the_rank(transformer):
    lora = dict([next(iter(lora_for(transformer).items()))])
    (layer, (down, up)) = next(iter(lora.items()))
    before = transformer.get_parameter(f"{layer}.weight").detach().clone()
    merge_lora(transformer, as_kohya(lora) | {f"{layer}.alpha": torch.tensor(1.0)}, 1.0, "x")
    after = transformer.get_parameter(f"{layer}.weight")
    assert torch.allclose(after, before + 0.25 * up @ down, atol=1e-5)


@pytest.mark.parametrize("prefix", ["", "model.", "pipe.dit."])
def test_only_the_body_adapter_of_the_file_is_taken(transformer, prefix):
    before = {name: p.detach().clone() for name, p in transformer.named_parameters()}
    own = transformer.pose_patch_embedding
    state = {
        f"{prefix}pose_patch_embedding.weight": torch.randn_like(own.weight),
        f"{prefix}pose_patch_embedding.bias": torch.randn_like(own.bias),
        f"{prefix}face_adapter.fuser_blocks.0.linear2.weight": torch.zeros(3, 3),
    }
    load_adapter(transformer, state, "Adapter.safetensors")
    assert torch.equal(own.weight, state[f"{prefix}pose_patch_embedding.weight"])
    changed = {n for n, p in transformer.named_parameters() if not torch.equal(p, before[n])}
    assert changed == {"pose_patch_embedding.weight", "pose_patch_embedding.bias"}


def test_step_distilled_loras_change_more_than_blocks(transformer):
    """As lightx2v and others publish them: whole differences, and layers outside the blocks."""
    before = {name: p.detach().clone() for name, p in transformer.named_parameters()}
    random = torch.Generator().manual_seed(0)
    expected = {}

    def like(name):
        expected[name] = torch.randn(before[name].shape, generator=random)
        return expected[name]

    state = {
        "diffusion_model.blocks.0.self_attn.q.diff_b": like("blocks.0.attn1.to_q.bias"),
        "diffusion_model.blocks.1.self_attn.norm_k.diff": like("blocks.1.attn1.norm_k.weight"),
        "diffusion_model.blocks.0.norm3.diff": like("blocks.0.norm2.weight"),
        "diffusion_model.blocks.0.norm3.diff_b": like("blocks.0.norm2.bias"),
        "diffusion_model.head.head.diff_b": like("proj_out.bias"),
        "diffusion_model.time_projection.1.diff_b": like("condition_embedder.time_proj.bias"),
        "diffusion_model.text_embedding.2.diff": like(
            "condition_embedder.text_embedder.linear_2.weight"
        ),
        "diffusion_model.patch_embedding.diff_b": like("patch_embedding.bias"),
    }
    out, into = before["condition_embedder.text_embedder.linear_1.weight"].shape
    down, up = torch.randn(2, into, generator=random), torch.randn(out, 2, generator=random)
    state["diffusion_model.text_embedding.0.lora_down.weight"] = down
    state["diffusion_model.text_embedding.0.lora_up.weight"] = up
    expected["condition_embedder.text_embedder.linear_1.weight"] = up @ down
    assert merge_lora(transformer, state, 0.5, "distilled.safetensors") == 8
    for name, parameter in transformer.named_parameters():
        change = 0.5 * expected[name] if name in expected else torch.zeros(1)
        assert torch.allclose(parameter, before[name] + change, atol=1e-5), name


def test_files_of_another_model_are_refused(transformer):
    lora = lora_for(transformer)
    layer = next(iter(lora))
    down, up = lora[layer]
    wide = {f"{layer}.lora_A.weight": torch.zeros(4, 999), f"{layer}.lora_B.weight": up}
    other_rank = {f"{layer}.lora_A.weight": torch.zeros(8, down.shape[1]),
                  f"{layer}.lora_B.weight": up}  # fmt: skip
    half = {f"{layer}.lora_A.weight": down}
    deeper = {key.replace("blocks.1", "blocks.39"): t for key, t in as_diffusers(lora).items()}
    for state, said in [
        (wide, "another base"), (other_rank, "another base"), (half, "half"), ({}, "no LoRA"),
        (deeper, "blocks.39"), ({"down_blocks.0.attn.lora_A.weight": down}, "not a LoRA tensor"),
    ]:  # fmt: skip
        with pytest.raises(UnsuitableInput, match=said):
            merge_lora(transformer, state, 1.0, "x.safetensors")
    with pytest.raises(UnsuitableInput, match="expected one"):
        load_adapter(transformer, half, "x")
    with pytest.raises(UnsuitableInput, match="another base"):
        load_adapter(
            transformer,
            {"pose_patch_embedding.weight": torch.zeros(2, 2),
             "pose_patch_embedding.bias": torch.zeros(2)},
            "x",
        )  # fmt: skip


def test_bad_files_and_scales(tmp_path):
    with pytest.raises(MissingAsset):
        Overlay(tmp_path / "none.safetensors").validate()
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not a tensor")
    with pytest.raises(BadUsage):
        Overlay(None, ((broken, 50.0),)).validate()
    with pytest.raises(UnsuitableInput):
        Overlay(broken).validate().apply(None)


def test_a_file_that_was_cut_short(transformer, tmp_path):
    from safetensors.torch import save_file

    whole = tmp_path / "LoRA.safetensors"
    save_file(as_published(lora_for(transformer)), whole)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(UnsuitableInput, match=r"cut\.safetensors is not a readable"):
        Overlay(None, ((cut, 1.0),)).apply(transformer)


@pytest.mark.parametrize(
    ("text", "path", "scale"),
    [("a.safetensors", "a.safetensors", 1.0), ("a.safetensors:0.5", "a.safetensors", 0.5),
     ("/x:y/a.safetensors", "/x:y/a.safetensors", 1.0), ("a:-1", "a", -1.0)],
)  # fmt: skip
def test_loras_on_the_command_line(text, path, scale):
    assert parse_lora(text) == (Path(path), scale)


def test_overlays_change_the_video_its_key_and_the_report(
    tiny_wan, transformer, portrait, swaying, tmp_path
):
    from safetensors.torch import save_file

    from pipelines.appearance_expert.wan.backend import Wan
    from pipelines.appearance_expert.wan.config import WanConfig
    from pipelines.appearance_expert.wan.weights import find_wan

    lora, adapter = tmp_path / "LoRA.safetensors", tmp_path / "Adapter.safetensors"
    save_file(as_published(lora_for(transformer)), lora)
    own = transformer.pose_patch_embedding
    save_file(
        {"pose_patch_embedding.weight": torch.randn_like(own.weight),
         "pose_patch_embedding.bias": own.bias},
        adapter,
    )  # fmt: skip
    videos = []
    plain = WanConfig(wan_sampling_steps=1, segment_frames=17, overlap=1)
    scaled = (f"{lora}:{MACE_SCALE}",)
    for change in ({}, {"adapter": adapter}, {"adapter": adapter, "lora": scaled}):
        config = replace(plain, **change)
        backend = Wan.load(find_wan(str(tiny_wan)), "cpu", config, folder=tmp_path / "kept")
        videos.append(np.array(list(backend.frames(portrait, swaying(3), 0))))
    assert not np.array_equal(videos[0], videos[1])
    assert not np.array_equal(videos[1], videos[2])
    assert len(list((tmp_path / "kept").iterdir())) == 3
    manifest = backend.report()["overlay"]
    assert manifest["loras"][0]["scale"] == 0.5
    assert len(manifest["adapter"]["sha256"]) == 64
