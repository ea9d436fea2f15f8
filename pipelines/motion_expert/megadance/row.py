"""The row of the expert "megadance" in the table of Motion Experts.

How far it has come: docs/reference/megadance.md#state-of-things.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.motion_expert.interface import (
    CANDIDATES,
    GENRES,
    STYLES_OVER_TIME,
    Cost,
    Expert,
    Training,
)
from pipelines.motion_expert.megadance.header import SHIPPED
from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.support.shipped import whole_weights

if TYPE_CHECKING:
    from pipelines.motion_expert.megadance.dancer import MegaDancer
    from pipelines.training.task import Task


def _load(folder: Path | None, device: str, options: MegaDanceOptions) -> MegaDancer:
    from pipelines.motion_expert.megadance.dancer import MegaDancer

    return MegaDancer.load(folder, device, options)


def _genres(folder: Path | None) -> tuple[str, ...]:
    from pipelines.motion_expert.megadance.header import read_header

    generator = read_header(folder).generator
    return () if generator is None else generator.genres


def _cost(folder: Path | None, options: MegaDanceOptions, seconds: float, candidates: int) -> Cost:
    from pipelines.motion_expert.megadance.cost import dance_cost
    from pipelines.motion_expert.megadance.header import read_header

    header = read_header(folder)
    assert header.generator is not None
    own = header.generator
    weights = (options.beat_weight or own.beat_weight, options.genre_weight or own.genre_weight)
    asked = 1 + sum(weight > 1 for weight in weights)
    return dance_cost(header.tokenizer, header.generator, seconds, candidates, asked)


def _identity(folder: Path | None) -> str:
    from pipelines.motion_expert.megadance.header import weights_digest

    return weights_digest(folder)


def _hears(folder: Path | None) -> str:
    from pipelines.motion_expert.megadance.header import read_header

    return read_header(folder).feature_schema


def _tokenizer(config: Any, own: MegaDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.megadance.tokenizer.task import tokenizer_task

    return tokenizer_task(config, own, material)


def _generator(config: Any, own: MegaDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.megadance.generator.task import generator_task

    return generator_task(config, own, material)


def _classifier(config: Any, own: MegaDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.megadance.classifier_task import classifier_task

    return classifier_task(config, material)


_STAGES: dict[str, Callable[[Any, MegaDanceTrainingOptions, Any], Task]] = {
    "tokenizer": _tokenizer,
    "generator": _generator,
    "classifier": _classifier,
}


def _task(config: Any, own: MegaDanceTrainingOptions, material: Any) -> Task:
    return _STAGES[config.stage](config, own, material)


MEGADANCE = Expert(
    help="MEGADance's tokens, with experts of the genres",
    options=MegaDanceOptions,
    load=_load,
    genres=_genres,
    cost=_cost,
    identity=_identity,
    abilities=frozenset({GENRES, CANDIDATES, STYLES_OVER_TIME}),
    check=lambda: whole_weights(SHIPPED),
    training=Training(MegaDanceTrainingOptions, _task, tuple(_STAGES)),
    hears=_hears,
)
