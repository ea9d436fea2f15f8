"""The JSON beside MEGADance's weights: what can be known without reading those."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.megadance.presets import GeneratorConfig, TokenizerConfig
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, sha256_json

EXPERT = "megadance"
WEIGHTS_NAME = "motion_expert.safetensors"
SHIPPED = Path(__file__).with_name("weights")
TOKENIZER_CONFIG, TOKENIZER_WEIGHTS = "tokenizer.json", "tokenizer.safetensors"
Rotations = Literal["euler", "as released"]
"""How rotations of released weights are read (docs/reference/megadance.md#released-files)."""
_HOW = "train one with `macedance train-motion --expert megadance --stage"


@dataclass(frozen=True)
class Header:
    """What a folder says of its weights; `generator` is None in a tokenizer's folder.

    `released` says how the rotations of weights by MEGADance's authors are read; None: our own.
    """

    tokenizer: TokenizerConfig
    generator: GeneratorConfig | None
    feature_schema: str
    sha256: str
    metadata: dict[str, Any]
    released: Rotations | None = None

    @property
    def digest(self) -> str:
        """SHA-256 that names the weights and how they are read."""
        return self.sha256 if self.released is None else sha256_json([self.sha256, self.released])


def read_header(folder: Path | None) -> Header:
    """That of a folder that dances; None: of the one that ships.

    Raises MissingAsset where there is none, UnsuitableInput where it is damaged.
    """
    return _read(folder or SHIPPED, CONFIG_NAME, WEIGHTS_NAME, "generator")


def read_tokenizer_header(folder: Path) -> Header:
    """That of a trained tokenizer; raises as `read_header`."""
    return _read(folder, TOKENIZER_CONFIG, TOKENIZER_WEIGHTS, "tokenizer")


def _read(folder: Path, config: str, weights: str, what: str) -> Header:
    for name in (config, weights):
        if not (folder / name).is_file():
            raise MissingAsset(f"no {what} of MEGADance in {folder}: {name} is missing",
                               f"{_HOW} {what}`")  # fmt: skip
    try:
        values = read_json(folder / config)
        generator = values.get("generator")
        return Header(
            TokenizerConfig(**values["tokenizer"]),
            None if generator is None else GeneratorConfig.from_json(generator),
            values["feature_schema"], values["sha256"], values.get("metadata", {}),
            rotations_of(values.get("released")),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsuitableInput(f"{folder}: not a {what} of MEGADance ({error})") from error


def rotations_of(released: Any) -> Rotations | None:
    """What is said of released weights; raises ValueError for what is not known."""
    if released is None:
        return None
    said: Rotations = released["rotations"]
    if said not in get_args(Rotations):
        raise ValueError(f"rotations {said!r} of released weights are unknown")
    return said


def refuse_released(folder: Path | None) -> None:
    """Raise BadUsage for weights that nothing of ours can be trained on from."""
    if read_header(folder).released is not None:
        raise BadUsage(
            f"--init {folder}: weights of MEGADance's authors, which learned from other music and "
            "other rotations than training gives",
            "dance with them (generate --motion-model), and leave --init out",
        )


def weights_digest(folder: Path | None) -> str:
    """The SHA-256 of a folder's weights, of a tokenizer's if it has no others; "" for none."""
    try:
        alone = folder is not None and not (folder / CONFIG_NAME).is_file()
        return (read_tokenizer_header(folder) if folder and alone else read_header(folder)).digest
    except (MissingAsset, UnsuitableInput):
        return ""
