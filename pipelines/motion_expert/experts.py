"""The Motion Experts that there are: one row each, and how one of them is chosen."""

from __future__ import annotations

from pathlib import Path

from pipelines.motion_expert.infinitedance.row import INFINITEDANCE
from pipelines.motion_expert.interface import Expert
from pipelines.motion_expert.library.row import LIBRARY
from pipelines.motion_expert.mace.row import MACE
from pipelines.motion_expert.megadance.row import MEGADANCE
from pipelines.support.errors import BadUsage, MacedanceError, MissingAsset
from pipelines.support.files import read_json
from pipelines.workspace.layout import Workspace

EXPERTS: dict[str, Expert] = {
    "library": LIBRARY,
    "mace": MACE,
    "megadance": MEGADANCE,
    "infinitedance": INFINITEDANCE,
}
DEFAULT = "library"


def offered_styles() -> tuple[str, ...]:
    """The styles of the default expert; () where what ships is not whole, which doctor tells."""
    try:
        return EXPERTS[DEFAULT].genres(None)
    except MacedanceError:
        return ()


def model_folder(given: Path | None, workspace: Path) -> Path | None:
    """The folder of the model that --motion-model names: a folder, a run's folder or a run.

    Of a run that trained a network its best checkpoint, else its newest. None for None.

    Raises MissingAsset where there is none of all these.
    """
    if given is None:
        return None
    place = given
    if not given.is_dir() and given.name == str(given):
        place = Workspace(workspace).motion_model(given.name)
    if not place.is_dir():
        raise MissingAsset(
            f"--motion-model {given}: no such folder, nor a run in {workspace}",
            "leave it out, or train one with `macedance train-motion`",
        )
    for folder in (place, place / "best", place / "latest"):
        if any((folder / row.config_name).is_file() for row in EXPERTS.values()):
            return folder
    # Loading it says what is missing.
    return place


def expert_of(name: str | None, folder: Path | None) -> str:
    """The expert that was named, else the one that a folder's config names, else the default.

    Raises BadUsage for a name that is in no row, or one that the folder contradicts, MissingAsset
    where there is no such folder.
    """
    if name is not None and name not in EXPERTS:
        raise BadUsage(f"--expert {name}: unknown", f"choose {', '.join(EXPERTS)}")
    if folder is not None and not folder.is_dir():
        raise MissingAsset(f"--motion-model {folder}: no such folder", "leave it out, or train one")
    kept = None if folder is None else _named_by(folder)
    if name is not None and kept is not None and kept != name:
        raise BadUsage(f"--expert {name}: {folder} holds an expert {kept}", "leave one of them out")
    return name or kept or DEFAULT


def _named_by(folder: Path) -> str | None:
    """Which expert a folder holds; None where none can be told: loading it says what is wrong."""
    for name, row in EXPERTS.items():
        try:
            config = read_json(folder / row.config_name)
            named = config.get("expert", name)
        except (OSError, ValueError, AttributeError):
            continue
        if named not in EXPERTS:
            raise BadUsage(f"--motion-model {folder}: holds an expert {named}, which is unknown",
                           f"known are {', '.join(EXPERTS)}")  # fmt: skip
        return str(named)
    return None
