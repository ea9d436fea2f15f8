"""The two vision transformers that VBench looks through, OpenAI's CLIP and DINO, by transformers.

People's weight files keep the names that they were published under; here they get transformers'.
B pictures, N tokens, D channels.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.metrics.vbench.weights import State, count_layers

HEAD_CHANNELS = 64

_CLIP_NAMES = {
    r"class_embedding": "vision_model.embeddings.class_embedding",
    r"positional_embedding": "vision_model.embeddings.position_embedding.weight",
    r"conv1": "vision_model.embeddings.patch_embedding",
    r"ln_pre": "vision_model.pre_layrnorm",
    r"ln_post": "vision_model.post_layernorm",
    r"proj": "visual_projection.weight",
    r"transformer\.resblocks\.(\d+)": r"vision_model.encoder.layers.\1",
    r"attn\.in_proj_": "self_attn.{}_proj.",
    r"attn\.out_proj": "self_attn.out_proj",
    r"ln_([12])": r"layer_norm\1",
    r"mlp\.c_fc": "mlp.fc1",
    r"mlp\.c_proj": "mlp.fc2",
}
_DINO_NAMES = {
    r"cls_token": "embeddings.cls_token",
    r"pos_embed": "embeddings.position_embeddings",
    r"patch_embed\.proj": "embeddings.patch_embeddings.projection",
    r"blocks\.(\d+)": r"encoder.layer.\1",
    r"norm1": "layernorm_before",
    r"attn\.qkv": "attention.attention.{}",
    r"attn\.proj": "attention.output.dense",
    r"norm2": "layernorm_after",
    r"mlp\.fc1": "intermediate.dense",
    r"mlp\.fc2": "output.dense",
    r"norm": "layernorm",
}


def renamed(state: State, names: dict[str, str], parts: tuple[str, str, str]) -> dict[str, Tensor]:
    """Tensors under transformers' names, as float32.

    Args:
        state: tensors by published name.
        names: pattern of a published name's piece, from its start or after a dot -> transformers'
            piece. "{}" in it stands for a tensor that holds queries, keys and values in a row,
            which become three.
        parts: what those three are called.
    """
    found: dict[str, Tensor] = {}
    pieces = re.compile("|".join(rf"(?:^|(?<=\.))(?:{old})(?=$|\.|weight|bias)" for old in names))
    for name, value in state.items():
        new = pieces.sub(lambda piece: _new_piece(piece.group(), names), name)
        if "{}" in new:
            for part, tensor in zip(parts, value.float().chunk(3), strict=True):
                found[new.format(part)] = tensor
        else:
            found[new] = value.float()
    return found


def _new_piece(piece: str, names: dict[str, str]) -> str:
    return next(m.expand(new) for old, new in names.items() if (m := re.fullmatch(old, piece)))


def clip_from_state(state: State) -> Any:
    """CLIPVisionModelWithProjection with the sizes and weights of a whole CLIP's picture half."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    own = {key.removeprefix("visual."): value for key, value in state.items()
           if key.startswith("visual.")}  # fmt: skip
    width, _, patch, _ = own["conv1.weight"].shape
    grid = round((len(own["positional_embedding"]) - 1) ** 0.5)
    config = CLIPVisionConfig(
        hidden_size=width, intermediate_size=4 * width, num_attention_heads=width // HEAD_CHANNELS,
        num_hidden_layers=count_layers(own, "transformer.resblocks."), patch_size=patch,
        image_size=patch * grid, projection_dim=own["proj"].shape[1], hidden_act="quick_gelu",
    )  # fmt: skip
    own["proj"] = own["proj"].T
    return _loaded(
        CLIPVisionModelWithProjection, config, renamed(own, _CLIP_NAMES, ("q", "k", "v"))
    )


def clip_embedding(model: Any, x_B3HW: Tensor) -> Tensor:
    """Normalised square pictures to embeddings (B, D)."""
    embedded: Tensor = model(pixel_values=x_B3HW).image_embeds
    return embedded


def dino_from_state(state: State) -> Any:
    """ViTModel with the sizes and weights of an official file of DINO."""
    from transformers import ViTConfig, ViTModel

    width, _, patch, _ = state["patch_embed.proj.weight"].shape
    grid = round((state["pos_embed"].shape[1] - 1) ** 0.5)
    config = ViTConfig(
        hidden_size=width, intermediate_size=4 * width, num_attention_heads=width // HEAD_CHANNELS,
        num_hidden_layers=count_layers(state, "blocks."), patch_size=patch,
        image_size=patch * grid, layer_norm_eps=1e-6,
    )  # fmt: skip
    weights = renamed(state, _DINO_NAMES, ("query", "key", "value"))
    model = _loaded(ViTModel, config, weights, add_pooling_layer=False)
    model.embeddings.interpolate_pos_encoding = partial(_stretched, model.embeddings)
    return model


def dino_embedding(model: Any, x_B3HW: Tensor) -> Tensor:
    """Normalised pictures of any shape (at least one patch) to the class token (B, D)."""
    tokens: Tensor = model(x_B3HW, interpolate_pos_encoding=True).last_hidden_state
    return tokens[:, 0]


def _stretched(embeddings: Any, tokens_BND: Tensor, height: int, width: int) -> Tensor:
    """Positions (1, N, D) for pictures of another shape than the network's own.

    As DINO published it: by sizes a little too large, lest rounding lose a row. transformers
    stretches by the sizes themselves, which moves embeddings of wide pictures by about 1e-4 of
    their length.
    """
    positions: Tensor = embeddings.position_embeddings
    rows, columns = height // embeddings.patch_size, width // embeddings.patch_size
    grid = round((positions.shape[1] - 1) ** 0.5)
    if rows == columns == grid:
        return positions
    square = positions[:, 1:].reshape(1, grid, grid, -1).permute(0, 3, 1, 2)
    scale = ((rows + 0.1) / grid, (columns + 0.1) / grid)
    stretched = F.interpolate(square, scale_factor=scale, mode="bicubic")
    return torch.cat([positions[:, :1], stretched.flatten(2).transpose(1, 2)], dim=1)


def _loaded(kind: Any, config: Any, state: State, **known: Any) -> Any:
    """A model of transformers from these tensors alone. Raises ValueError if they do not fit."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    model, report = kind.from_pretrained(
        None, config=config, state_dict=state, output_loading_info=True, **known
    )
    odd = [*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]]
    if odd:
        raise ValueError(f"{len(odd)} tensors do not fit, such as {sorted(map(str, odd))[0]}")
    return model.eval()
