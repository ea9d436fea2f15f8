"""The row of the expert "mace" in the table of Motion Experts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.motion_expert.interface import CANDIDATES, EDITING, GENRES, Cost, Expert, Training
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.support.shipped import whole_weights

if TYPE_CHECKING:
    from pipelines.motion_expert.mace.dancer import MaceDancer
    from pipelines.training.task import Task

_SHIPPED = Path(__file__).with_name("weights")


def _load(folder: Path | None, device: str, options: MaceOptions) -> MaceDancer:
    from pipelines.motion_expert.mace.dancer import MaceDancer

    return MaceDancer.load(folder, device, options)


def _genres(folder: Path | None) -> tuple[str, ...]:
    from pipelines.motion_expert.mace.header import read_header

    return read_header(folder).config.genres


def _cost(folder: Path | None, options: MaceOptions, seconds: float, candidates: int) -> Cost:
    from pipelines.motion_expert.mace.cost import sampling_cost
    from pipelines.motion_expert.mace.header import read_header

    return sampling_cost(read_header(folder).config, options, seconds, candidates)


def _identity(folder: Path | None) -> str:
    from pipelines.motion_expert.mace.header import checkpoint_digest

    return checkpoint_digest(folder)


def _task(config: Any, own: MaceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.mace.task import mace_task

    return mace_task(config, own, material)


MACE = Expert(
    help="MACE-Dance's diffusion over the whole song",
    options=MaceOptions,
    load=_load,
    genres=_genres,
    cost=_cost,
    identity=_identity,
    abilities=frozenset({GENRES, CANDIDATES, EDITING}),
    check=lambda: whole_weights(_SHIPPED),
    training=Training(MaceTrainingOptions, _task),
)
