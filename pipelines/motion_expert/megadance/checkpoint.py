"""MEGADance's networks on disk: safetensors, and everything else as JSON beside them.

tokenizer.safetensors       the tokenizer's state dict (`tokenizer.network`)
motion_expert.safetensors   tokenizer.NAME, generator.NAME (`generator.network`), and
                            music.mean, music.std (35): of the pooled features
                            starts.tokens (N, 2, 5), starts.genre (N): where dances begin
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipelines.motion.representation import Standardizer
from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.header import (
    EXPERT,
    SHIPPED,
    TOKENIZER_CONFIG,
    TOKENIZER_WEIGHTS,
    WEIGHTS_NAME,
    Rotations,
    read_header,
    read_tokenizer_header,
)
from pipelines.motion_expert.megadance.presets import GeneratorConfig, TokenizerConfig
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import atomic_path, sha256_file, write_json

_TOKENIZER, _GENERATOR = "tokenizer.", "generator."
_EXTRA = ("music.mean", "music.std", "starts.tokens", "starts.genre")


@dataclass(frozen=True)
class MegaDance:
    """Everything needed to dance.

    Attributes:
        tokenizer, generator: in evaluation mode.
        standardizer: of the music of tokens.
        start_tokens, start_genre: (N, 2, 5) and (N,) tokens that dances begin with.
        feature_schema, sha256, metadata, released: as the header has them.
    """

    tokenizer: Tokenizer
    generator: Generator
    standardizer: Standardizer
    start_tokens: Tensor
    start_genre: Tensor
    feature_schema: str
    sha256: str = ""
    metadata: Mapping[str, Any] | None = None
    released: Rotations | None = None


def save_tokenizer(
    folder: Path, config: TokenizerConfig, weights: Mapping[str, Tensor], schema: str,
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write a tokenizer's two files into `folder`."""
    parts = {"tokenizer": config.to_json(), "feature_schema": schema, "metadata": dict(facts)}
    _save(folder, TOKENIZER_WEIGHTS, TOKENIZER_CONFIG, dict(weights), parts)


def load_tokenizer(folder: Path) -> tuple[Tokenizer, str]:
    """A trained tokenizer in evaluation mode, and its digest.

    Args:
        folder: a checkpoint, or a run's folder: then its best, or its newest one.

    Raises:
        MissingAsset: there is none. UnsuitableInput: damaged, or of another shape than it says.
    """
    found = [folder, folder / "best", folder / "latest"]
    place = next((p for p in found if (p / TOKENIZER_CONFIG).is_file()), folder)
    header = read_tokenizer_header(place)
    tensors = _load(place / TOKENIZER_WEIGHTS, header.sha256)
    tokenizer = Tokenizer(header.tokenizer)
    _fill(tokenizer, tensors, place)
    return tokenizer.eval(), header.sha256


def save_megadance(
    folder: Path, tokenizer: Tokenizer, config: GeneratorConfig, weights: Mapping[str, Tensor],
    extra: tuple[Standardizer, Tensor, Tensor], schema: str, facts: Mapping[str, Any],
    half: bool = False, released: Rotations | None = None,
) -> None:  # fmt: skip
    """Write what dances into `folder`.

    Args:
        folder: a checkpoint's. tokenizer: whose tokens the generator speaks in.
        config, weights: of the generator.
        extra: the standardizer of the music, the start tokens and their genres.
        schema: of the music features. facts: about the training.
        half: keep the weights in float16, for shipping.
        released: how their rotations are read, of weights by MEGADance's authors.
    """

    def kept(value: Tensor) -> Tensor:
        return value.half() if half and value.is_floating_point() else value

    tensors = {_TOKENIZER + n: kept(v) for n, v in tokenizer.state_dict().items()}
    tensors |= {_GENERATOR + n: kept(v) for n, v in weights.items()}
    standardizer, tokens, genre = extra
    values = (torch.tensor(standardizer.mean), torch.tensor(standardizer.std), tokens, genre)
    tensors |= dict(zip(_EXTRA, values, strict=True))
    parts = {
        "tokenizer": tokenizer.config.to_json(), "generator": config.to_json(),
        "feature_schema": schema, "metadata": dict(facts),
    }  # fmt: skip
    if released is not None:
        parts["released"] = {"rotations": released}
    _save(folder, WEIGHTS_NAME, CONFIG_NAME, tensors, parts)


def load_megadance(folder: Path | None) -> MegaDance:
    """Read what dances, in evaluation mode; None: what ships.

    Raises:
        MissingAsset: there is none.
        UnsuitableInput: damaged, or of another shape than it says.
    """
    header, folder = read_header(folder), folder or SHIPPED
    if header.generator is None:
        raise MissingAsset(f"no generator of MEGADance in {folder}")
    tensors = _load(folder / WEIGHTS_NAME, header.sha256)
    tokenizer, generator = Tokenizer(header.tokenizer), Generator(header.generator)
    try:
        mean, std, tokens, genre = (tensors.pop(name) for name in _EXTRA)
    except KeyError as error:
        raise UnsuitableInput(f"{folder}: holds no {error}") from error
    for network, prefix in ((tokenizer, _TOKENIZER), (generator, _GENERATOR)):
        own = {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
        _fill(network, own, folder)
    return MegaDance(
        tokenizer.eval(), generator.eval(), Standardizer(mean.numpy(), std.numpy()),
        tokens.long(), genre.long(), header.feature_schema, header.sha256, header.metadata,
        header.released,
    )  # fmt: skip


def _save(
    folder: Path, weights: str, config: str, tensors: dict[str, Tensor], values: dict[str, Any]
) -> None:
    target = folder / weights
    with atomic_path(target) as temporary:
        save_file({n: v.detach().cpu().contiguous() for n, v in tensors.items()}, temporary)
    head = {"format": "macedance megadance 1", "expert": EXPERT, "sha256": sha256_file(target)}
    write_json(folder / config, {**head, **values})


def _load(file: Path, sha256: str) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = load_file(file)
    except SafetensorError as error:
        raise UnsuitableInput(f"{file}: no safetensors ({error})") from error
    if sha256_file(file) != sha256:
        raise UnsuitableInput(f"{file}: does not match the SHA-256 beside it; damaged or mixed up",
                              "fetch or train the checkpoint again")  # fmt: skip
    return tensors


def _fill(network: nn.Module, weights: Mapping[str, Tensor], folder: Path) -> None:
    try:
        network.load_state_dict({n: v.float() for n, v in weights.items()})
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UnsuitableInput(f"{folder}: the weights do not fit their config: {first}") from error
