"""The JSON beside a checkpoint's weights: what can be known without reading those."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json

WEIGHTS_NAME = "motion_expert.safetensors"
SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself; `sha256` is that of its weights."""

    config: MotionExpertConfig
    feature_schema: str
    sha256: str
    metadata: dict[str, Any]


def read_header(folder: Path | None = None) -> Header:
    """Read a checkpoint folder's header; None reads that of the one that ships.

    Raises:
        MissingAsset: a file is not there.
        UnsuitableInput: the header is damaged.
    """
    folder = folder or SHIPPED
    for path in (folder / CONFIG_NAME, folder / WEIGHTS_NAME):
        if not path.is_file():
            raise MissingAsset(
                f"no Motion Expert in {folder}: {path.name} is missing",
                "train one with `macedance train-motion`, or leave --motion-model out",
            )
    try:
        values = read_json(folder / CONFIG_NAME)
        return Header(
            MotionExpertConfig.from_json(values["network"]), values["feature_schema"],
            values["sha256"], values.get("metadata", {}),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise UnsuitableInput(f"{folder}: not a Motion Expert checkpoint ({error})") from error


def checkpoint_digest(folder: Path | None = None) -> str:
    """The SHA-256 that names a checkpoint's weights, "" if there is none."""
    try:
        return str(read_json((folder or SHIPPED) / CONFIG_NAME)["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
