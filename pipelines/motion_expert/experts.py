"""The Motion Experts that there are: one row each, and how one of them is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.motion_expert.interface import CANDIDATES, GENRES, Cost, Expert, Training
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.support.errors import BadUsage
from pipelines.support.files import read_json
from pipelines.support.shipped import whole_weights

if TYPE_CHECKING:
    from pipelines.motion_expert.mace.dancer import MaceDancer
    from pipelines.training.task import Task

_MACE = Path(__file__).parent / "mace" / "weights"


def _load_mace(folder: Path | None, device: str, options: MaceOptions) -> MaceDancer:
    from pipelines.motion_expert.mace.dancer import MaceDancer

    return MaceDancer.load(folder, device, options)


def _mace_genres(folder: Path | None) -> tuple[str, ...]:
    from pipelines.motion_expert.mace.header import read_header

    return read_header(folder).config.genres


def _mace_cost(folder: Path | None, options: MaceOptions, seconds: float, candidates: int) -> Cost:
    from pipelines.motion_expert.mace.cost import sampling_cost
    from pipelines.motion_expert.mace.header import read_header

    return sampling_cost(read_header(folder).config, options, seconds, candidates)


def _mace_identity(folder: Path | None) -> str:
    from pipelines.motion_expert.mace.header import checkpoint_digest

    return checkpoint_digest(folder)


def _mace_task(config: Any, own: MaceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.mace.task import mace_task

    return mace_task(config, own, material)


EXPERTS: dict[str, Expert] = {
    "mace": Expert(
        help="MACE-Dance's diffusion over the whole song",
        options=MaceOptions,
        load=_load_mace,
        genres=_mace_genres,
        cost=_mace_cost,
        identity=_mace_identity,
        abilities=frozenset({GENRES, CANDIDATES}),
        check=lambda: whole_weights(_MACE),
        training=Training(MaceTrainingOptions, _mace_task),
    ),
}
DEFAULT = "mace"


def expert_of(name: str | None, folder: Path | None) -> str:
    """The expert that was named, else the one that a folder's config names, else the default.

    Raises BadUsage for a name that is in no row, or one that the folder contradicts.
    """
    if name is not None and name not in EXPERTS:
        raise BadUsage(f"--expert {name}: unknown", f"choose {', '.join(EXPERTS)}")
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
