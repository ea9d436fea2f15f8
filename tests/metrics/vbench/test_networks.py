"""VBench's networks: names and sizes of the official files, numbers against other code."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pipelines.metrics.vbench.amt import AmtS, _Agreement, amt_from_state, middle_frame, warp
from pipelines.metrics.vbench.musiq import Musiq, multiscale_patches, musiq_from_state
from pipelines.metrics.vbench.transformer import (
    ClipVision,
    Dino,
    clip_from_state,
    dino_from_state,
)
from pipelines.metrics.vbench.weight_files import find_file
from pipelines.metrics.vbench.weights import build, load_state
from pipelines.support.errors import UnsuitableInput


def randomised(model, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        value.data = 0.2 * torch.randn(value.shape, generator=generator)
    return model.eval()


def parameters(make):
    with torch.device("meta"):
        return sum(value.numel() for value in make().parameters())


def test_sizes_are_those_of_the_published_networks():
    assert parameters(lambda: ClipVision(1024, 24, 14, 16, 768)) == 303_966_208
    assert parameters(lambda: ClipVision(768, 12, 32, 7, 512)) == 87_849_216
    assert parameters(lambda: Dino(768, 12, 16, 14)) == 85_798_656
    assert parameters(AmtS) / 1e6 == pytest.approx(3.0, abs=0.05)
    assert parameters(lambda: Musiq(64, 384, 1152, 14)) / 1e6 == pytest.approx(27, abs=0.5)


def test_clip_equals_the_one_of_transformers():
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=128, intermediate_size=512, num_hidden_layers=2, num_attention_heads=2,
        image_size=32, patch_size=8, projection_dim=24, hidden_act="quick_gelu",
    )  # fmt: skip
    theirs = randomised(CLIPVisionModelWithProjection(config))
    state = {f"visual.{key}": value for key, value in _openai_names(theirs.state_dict()).items()}
    state["positional_embedding"] = torch.zeros(3)  # the half that reads text
    x = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(clip_from_state(state)(x), theirs(x).image_embeds, atol=1e-4)


def _openai_names(state):
    found = {}
    for key, value in state.items():
        key = key.removeprefix("vision_model.")
        if key.startswith("encoder.layers."):
            _, _, number, rest = key.split(".", 3)
            rest = (
                rest.replace("self_attn.out_proj", "attn.out_proj")
                .replace("layer_norm1", "ln_1").replace("layer_norm2", "ln_2")
                .replace("mlp.fc1", "mlp.c_fc").replace("mlp.fc2", "mlp.c_proj")
            )  # fmt: skip
            found[f"transformer.resblocks.{number}.{rest}"] = value
        else:
            found[key] = value
    for number in range(2):
        old = f"transformer.resblocks.{number}.self_attn"
        for kind in ("weight", "bias"):
            parts = [found.pop(f"{old}.{name}_proj.{kind}") for name in "qkv"]
            found[f"transformer.resblocks.{number}.attn.in_proj_{kind}"] = torch.cat(parts)
    renamed = {
        "embeddings.class_embedding": "class_embedding",
        "embeddings.patch_embedding.weight": "conv1.weight",
        "embeddings.position_embedding.weight": "positional_embedding",
        "pre_layrnorm.weight": "ln_pre.weight", "pre_layrnorm.bias": "ln_pre.bias",
        "post_layernorm.weight": "ln_post.weight", "post_layernorm.bias": "ln_post.bias",
    }  # fmt: skip
    found = {renamed.get(key, key): value for key, value in found.items()}
    found["proj"] = found.pop("visual_projection.weight").T
    return {key: value for key, value in found.items() if "position_ids" not in key}


def test_dino_equals_the_vit_of_transformers():
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(
        hidden_size=128, intermediate_size=512, num_hidden_layers=2, num_attention_heads=2,
        image_size=32, patch_size=8, layer_norm_eps=1e-6,
    )  # fmt: skip
    theirs = randomised(ViTModel(config, add_pooling_layer=False))
    state = _dino_names(theirs.state_dict())
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        ours = dino_from_state(state)
        assert torch.allclose(ours(x), theirs(x).last_hidden_state[:, 0], atol=1e-4)
        wide = ours(torch.randn(1, 3, 32, 57))
    assert wide.shape == (1, 128)
    assert torch.isfinite(wide).all()


def _dino_names(state):
    found = {
        "cls_token": state["embeddings.cls_token"],
        "pos_embed": state["embeddings.position_embeddings"],
        "patch_embed.proj.weight": state["embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": state["embeddings.patch_embeddings.projection.bias"],
        "norm.weight": state["layernorm.weight"],
        "norm.bias": state["layernorm.bias"],
    }
    names = {
        "layernorm_before": "norm1", "layernorm_after": "norm2",
        "attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj",
        "intermediate.dense": "mlp.fc1", "mlp.fc1": "mlp.fc1",
        "output.dense": "mlp.fc2", "mlp.fc2": "mlp.fc2",
    }  # fmt: skip
    parts = {}
    for key, value in state.items():
        for prefix in ("encoder.layer.", "layers."):
            if not key.startswith(prefix):
                continue
            number, rest = key[len(prefix) :].split(".", 1)
            module, kind = rest.rsplit(".", 1)
            leaf = module.rsplit(".", 1)[-1]
            which = {"query": 0, "key": 1, "value": 2, "q_proj": 0, "k_proj": 1, "v_proj": 2}
            if leaf in which:
                parts.setdefault((number, kind), {})[which[leaf]] = value
            else:
                found[f"blocks.{number}.{names[module]}.{kind}"] = value
    for (number, kind), three in parts.items():
        joined = torch.cat([three[which] for which in range(3)])
        found[f"blocks.{number}.attn.qkv.{kind}"] = joined
    return found


def test_musiq_equals_a_forward_pass_written_from_its_description():
    model = randomised(Musiq(32, 128, 64, 2), seed=3)
    state = model.state_dict()
    picture = torch.rand(1, 3, 70, 100)
    with torch.no_grad():
        expected = _musiq_by_hand(state, picture)
        assert musiq_from_state(state)(picture)[0] == pytest.approx(float(expected), rel=1e-3)


def _musiq_by_hand(state, picture):
    def conv(name, x, stride=1):
        weight = state[f"{name}.weight"]
        flat = weight.flatten(1)
        flat = (flat - flat.mean(1, keepdim=True)) / (flat.std(1, keepdim=True) + 1e-5)
        kernel = weight.shape[-1]
        side = x.shape[-1]
        extra = max(0, ((side + stride - 1) // stride - 1) * stride + kernel - side)
        x = F.pad(x, [extra // 2, extra - extra // 2] * 2)
        return F.conv2d(x, flat.reshape(weight.shape), stride=stride)

    def group(name, x, eps):
        return F.group_norm(x, 32, state[f"{name}.weight"], state[f"{name}.bias"], eps)

    def linear(name, x):
        return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], state[f"{name}.weight"], state[f"{name}.bias"], 1e-6)

    x = picture * 2 - 1
    tokens, masked = [], []
    tables = "transformer_encoder."
    for scale, longer in enumerate((224, 384, None)):
        size = (70, 100) if longer is None else (round(0.7 * longer), longer)
        scaled = F.interpolate(x, size, mode="bicubic") if longer else x
        rows, columns = -(-size[0] // 32), -(-size[1] // 32)
        high, wide = rows * 32 - size[0], columns * 32 - size[1]
        scaled = F.pad(scaled, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
        patches = [(scaled[:, :, 32 * r : 32 * r + 32, 32 * c : 32 * c + 32], 10 * r // rows,
                    10 * c // columns) for r in range(rows) for c in range(columns)]  # fmt: skip
        room = len(patches) if longer is None else (-(-longer // 32)) ** 2
        fill = [(torch.zeros(1, 3, 32, 32), 0, 0)] * (room - len(patches))
        for number, (patch, row, column) in enumerate(patches + fill):
            y = F.relu(group("gn_root", conv("conv_root", patch, 2), 1e-6))
            y = F.max_pool2d(F.pad(y, [0, 1, 0, 1]), 3, 2)
            z = F.relu(group("block1.gn1", conv("block1.conv1", y), 1e-4))
            z = F.relu(group("block1.gn2", conv("block1.conv2", z), 1e-4))
            z = group("block1.gn3", conv("block1.conv3", z), 1e-4)
            z = F.relu(z + group("block1.gn_proj", conv("block1.conv_proj", y), 1e-4))
            token = linear("embedding", z.permute(0, 2, 3, 1).reshape(1, -1))
            filled = number >= len(patches)
            token = token + state[tables + "posembed_input.position_emb"][0, 10 * row + column]
            token = token + state[tables + "scaleembed_input.scale_emb"][0 if filled else scale]
            tokens.append(token)
            masked.append(filled)
    sequence = torch.cat([state[tables + "cls"][0], *tokens])
    hidden = torch.tensor([False, *masked])
    for layer in range(2):
        block = f"{tables}transformer.encoderblock_{layer}."
        y = norm(block + "norm1", sequence)
        heads = []
        for head in range(2):
            q, k, v = (linear(f"{block}attention.{part}", y)[:, 64 * head : 64 * head + 64]
                       for part in ("query", "key", "value"))  # fmt: skip
            logits = q @ k.T / 8
            logits[hidden[:, None] | hidden[None]] = -1000.0
            heads.append(logits.softmax(-1) @ v)
        sequence = sequence + linear(block + "attention.out", torch.cat(heads, 1))
        y = norm(block + "norm2", sequence)
        sequence = sequence + linear(block + "mlp.fc2", F.gelu(linear(block + "mlp.fc1", y)))
    return linear("head", norm(tables + "encoder_norm", sequence)[0])


def test_musiq_cuts_three_scales():
    patches, place, scale, visible = multiscale_patches(torch.rand(2, 3, 288, 512))
    assert patches.shape == (2, 49 + 144 + 9 * 16, 3, 32, 32)
    assert scale.bincount().tolist() == [49 + 144 - 7 * 12, 7 * 12, 144]
    assert visible.sum() == 4 * 7 + 7 * 12 + 144
    assert place.max() == 8 * 10 + 9


def test_amt_fetches_what_moved():
    picture = torch.rand(1, 2, 9, 12)
    flow = torch.zeros(1, 2, 9, 12)
    flow[:, 0], flow[:, 1] = 2, -1
    assert torch.allclose(warp(picture, flow)[:, :, 1:, :-2], picture[:, :, :-1, 2:], atol=1e-5)


def test_amt_looks_agreement_up_around_a_place():
    first, second = torch.randn(2, 1, 84, 16, 16)
    agreement = _Agreement(first, second)
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    here = torch.stack([x, y])[None]
    seen = agreement.around(here, here).reshape(2, 4, 7, 7, 16, 16)
    # Level 0, offset (+1, -2) from place (5, 6), in the second frame and in the first.
    expected = first[0, :, 6, 5] @ second[0, :, 4, 6] / 84**0.5
    assert float(seen[0, 0, 1, 4, 6, 5]) == pytest.approx(float(expected), abs=1e-4)
    expected = second[0, :, 6, 5] @ first[0, :, 4, 6] / 84**0.5
    assert float(seen[1, 0, 1, 4, 6, 5]) == pytest.approx(float(expected), abs=1e-4)


def test_amt_without_weights_shows_both_frames_half():
    model = AmtS()
    for value in model.parameters():
        value.data.zero_()
    first, second = torch.rand(2, 1, 3, 130, 150)
    with torch.no_grad():
        made = middle_frame(model, first, second)
    assert made.shape == first.shape
    assert torch.allclose(made, (first + second) / 2, atol=1e-4)


def test_amt_names_of_the_official_file():
    names = set(AmtS().state_dict())
    assert {
        "feat_encoder.layer2.0.downsample.0.weight", "encoder.pyramid1.0.0.weight",
        "encoder.pyramid4.1.1.weight", "decoder4.convblock.0.1.weight",
        "decoder1.convblock.1.conv4.0.bias", "decoder2.convblock.2.weight", "update4.convc1.bias",
        "update2.flow_head.2.weight", "comb_block.1.weight",
    } <= names  # fmt: skip
    assert not [name for name in names if "norm" in name]
    with torch.no_grad():
        made = middle_frame(
            amt_from_state(randomised(AmtS()).state_dict()), *torch.rand(2, 1, 3, 128, 128)
        )
    assert 0 <= made.min() <= made.max() <= 1


def test_weight_files_of_every_kind(tmp_path):
    from safetensors.torch import save_file

    layer = nn.Linear(4, 1)
    torch.save({"state_dict": {f"module.{k}": v for k, v in layer.state_dict().items()}},
               tmp_path / "wrapped.pth")  # fmt: skip
    save_file(layer.state_dict(), tmp_path / "plain.safetensors")
    torch.jit.script(layer).save(str(tmp_path / "scripted.pt"))
    for name in ("wrapped.pth", "plain.safetensors", "scripted.pt"):
        state = load_state(tmp_path / name)
        assert torch.equal(state["weight"], layer.weight), name
    (tmp_path / "deep").mkdir()
    (tmp_path / "plain.safetensors").rename(tmp_path / "deep" / "plain.safetensors")
    assert find_file(tmp_path, "plain.pth") == tmp_path / "deep" / "plain.safetensors"
    (tmp_path / "broken.pth").write_bytes(b"no weights at all")
    with pytest.raises(UnsuitableInput, match=r"broken\.pth"):
        load_state(tmp_path / "broken.pth")
    with pytest.raises(UnsuitableInput, match="another network"):
        build(tmp_path / "wrapped.pth", dino_from_state)


def test_pickles_with_code_are_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(UnsuitableInput):
        load_state(tmp_path / "evil.pth")
