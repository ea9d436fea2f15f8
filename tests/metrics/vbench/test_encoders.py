"""CLIP and DINO from weights under their published names, against code and sums written anew."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from pipelines.metrics.vbench.encoders import (
    clip_embedding,
    clip_from_state,
    dino_embedding,
    dino_from_state,
)


def randomised(model, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        value.data = 0.2 * torch.randn(value.shape, generator=generator)
    return model.eval()


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
        found = clip_embedding(clip_from_state(state), x)
        assert torch.allclose(found, theirs(x).image_embeds, atol=1e-6)


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
        expected = theirs(x).last_hidden_state[:, 0]
        assert torch.allclose(dino_embedding(ours, x), expected, atol=1e-6)


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


WIDTH, PATCH, GRID = 64, 4, 3


def dino_state(layers=1, seed=0):
    """Random tensors under the names of DINO's file."""
    random = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return 0.2 * torch.randn(*shape, generator=random)

    state = {
        "cls_token": draw(1, 1, WIDTH), "pos_embed": draw(1, GRID**2 + 1, WIDTH),
        "patch_embed.proj.weight": draw(WIDTH, 3, PATCH, PATCH),
        "patch_embed.proj.bias": draw(WIDTH), "norm.weight": draw(WIDTH), "norm.bias": draw(WIDTH),
    }  # fmt: skip
    for number in range(layers):
        for name, rows, columns in (("attn.qkv", 3, 1), ("attn.proj", 1, 1), ("mlp.fc1", 4, 1),
                                    ("mlp.fc2", 1, 4)):  # fmt: skip
            state[f"blocks.{number}.{name}.weight"] = draw(rows * WIDTH, columns * WIDTH)
            state[f"blocks.{number}.{name}.bias"] = draw(rows * WIDTH)
        for name in ("norm1", "norm2"):
            state[f"blocks.{number}.{name}.weight"] = draw(WIDTH)
            state[f"blocks.{number}.{name}.bias"] = draw(WIDTH)
    return state


def dino_by_hand(state, pictures, positions, layers=1):
    """The class token by DINO's description; one head, since the width is a head's."""

    def linear(name, x):
        return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, (WIDTH,), state[f"{name}.weight"], state[f"{name}.bias"], 1e-6)

    patches = F.conv2d(pictures, state["patch_embed.proj.weight"], state["patch_embed.proj.bias"],
                       stride=PATCH)  # fmt: skip
    x = patches.flatten(2).transpose(1, 2)
    x = torch.cat([state["cls_token"].expand(len(x), 1, -1), x], dim=1) + positions
    for number in range(layers):
        block = f"blocks.{number}."
        q, k, v = linear(f"{block}attn.qkv", norm(f"{block}norm1", x)).chunk(3, dim=-1)
        weights = (q @ k.transpose(1, 2) / WIDTH**0.5).softmax(-1)
        x = x + linear(f"{block}attn.proj", weights @ v)
        hidden = F.gelu(linear(f"{block}mlp.fc1", norm(f"{block}norm2", x)))
        x = x + linear(f"{block}mlp.fc2", hidden)
    return norm("norm", x)[:, 0]


@pytest.mark.parametrize("columns", [GRID, GRID + 2, 2 * GRID])
def test_dino_stretches_its_positions_as_published(columns):
    state = dino_state(2)
    pictures = torch.randn(2, 3, PATCH * GRID, PATCH * columns + 1)
    square = state["pos_embed"][:, 1:].reshape(1, GRID, GRID, WIDTH).permute(0, 3, 1, 2)
    stretched = F.interpolate(
        square, scale_factor=((GRID + 0.1) / GRID, (columns + 0.1) / GRID), mode="bicubic"
    )
    positions = torch.cat([state["pos_embed"][:, :1], stretched.flatten(2).mT], dim=1)
    if columns == GRID:
        positions = state["pos_embed"]
    with torch.no_grad():
        found = dino_embedding(dino_from_state(state), pictures)
        expected = dino_by_hand(state, pictures, positions, 2)
    assert torch.allclose(found, expected, atol=1e-5)


def test_sizes_are_those_of_the_published_networks():
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, ViTConfig, ViTModel

    def count(make):
        with torch.device("meta"):
            return sum(value.numel() for value in make().parameters())

    large = CLIPVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16,
        image_size=224, patch_size=14, projection_dim=768,
    )  # fmt: skip
    assert count(lambda: CLIPVisionModelWithProjection(large)) == 303_966_208
    assert count(lambda: ViTModel(ViTConfig(), add_pooling_layer=False)) == 85_798_656


@pytest.mark.parametrize(("gone", "kind"), [("norm.bias", ValueError), ("pos_embed", KeyError)])
def test_files_that_lack_a_tensor_are_refused(gone, kind):
    state = dino_state()
    del state[gone]
    with pytest.raises(kind, match=r"layernorm\.bias|pos_embed"):
        dino_from_state(state)


def test_files_with_more_than_the_network_are_refused():
    with pytest.raises(ValueError, match="head"):
        dino_from_state(dino_state() | {"head.weight": torch.zeros(2, 2)})


def test_half_precision_files_are_computed_in_full():
    model = dino_from_state({name: value.half() for name, value in dino_state().items()})
    assert next(model.parameters()).dtype == torch.float32
