"""What a folder with a whole InfiniteDance says of itself, without reading its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json, sha256_json, write_json

EXPERT = "infinitedance"
SHIPPED = Path(__file__).with_name("weights")
_HOW = "`macedance train-motion --expert infinitedance --stage"


@dataclass(frozen=True)
class Header:
    """Attributes:
    genres: names of the styles, in the generator's order. schema: of the music features.
    references: how many it hears; 0: none. parts: digests of the weights, by part.
    only_asked: styles that are danced only for those who ask for them (`unasked.only_asked`).
    """

    genres: tuple[str, ...]
    schema: str
    references: int
    parts: dict[str, str]
    only_asked: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 that names all weights together."""
        return sha256_json(self.parts)


def write_header(folder: Path, header: Header) -> None:
    """Write it, when every part is there."""
    values: dict[str, Any] = {"format": "macedance motion expert 1", "expert": EXPERT}
    values |= {"genres": list(header.genres), "feature_schema": header.schema,
               "only_asked": list(header.only_asked), "references": header.references,
               "parts": header.parts}  # fmt: skip
    write_json(folder / CONFIG_NAME, values)


def read_header(folder: Path | None) -> Header:
    """That of a folder that dances; None: of the one that ships.

    Raises MissingAsset where there is none, UnsuitableInput where it is damaged.
    """
    folder = folder or SHIPPED
    path = folder / CONFIG_NAME
    if not path.is_file():
        raise MissingAsset(f"no {EXPERT} in {folder}: {path.name} is missing",
                           f"{_HOW} generator`")  # fmt: skip
    try:
        values = read_json(path)
        return Header(
            tuple(values["genres"]), str(values["feature_schema"]), int(values["references"]),
            {str(name): str(digest) for name, digest in values["parts"].items()},
            tuple(values.get("only_asked", ())),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsuitableInput(f"{folder}: not an {EXPERT} ({error})") from error


def weights_digest(folder: Path | None) -> str:
    """The digest of a folder's weights, of a run's parts where it is no whole one; "" for none."""
    try:
        return read_header(folder).digest
    except (MissingAsset, UnsuitableInput):
        return "" if folder is None else _digest_of_parts(folder)


def _digest_of_parts(folder: Path) -> str:
    for place in (folder, folder / "best", folder / "latest"):
        files = [place / f"{part}.json" for part in ("tokenizer", "retrieval", "generator")]
        try:
            found = [str(read_json(file)["sha256"]) for file in files if file.is_file()]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        if found:
            return sha256_json(found)
    return ""


def part_folder(given: str, part: str, wanted_by: str) -> Path:
    """The folder that holds a part: the one given, or its best or newest checkpoint.

    Raises MissingAsset where there is none.
    """
    place = Path(given)
    for folder in (place, place / "best", place / "latest"):
        if (folder / f"{part}.json").is_file():
            return folder
    raise MissingAsset(f"--{wanted_by} {given}: holds no {part} of InfiniteDance",
                       f"{_HOW} {part}`")  # fmt: skip
