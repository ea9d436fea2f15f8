"""The row of the expert "infinitedance" in the table of Motion Experts.

How far it has come: docs/reference/infinitedance.md#state-of-things.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.motion_expert.infinitedance.header import SHIPPED
from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.interface import CANDIDATES, GENRES, Cost, Expert, Training
from pipelines.support.shipped import whole_weights

if TYPE_CHECKING:
    from pipelines.motion_expert.infinitedance.dancer import InfiniteDancer
    from pipelines.training.task import Task


def _load(folder: Path | None, device: str, options: InfiniteDanceOptions) -> InfiniteDancer:
    from pipelines.motion_expert.infinitedance.whole import load_whole

    return load_whole(folder, options)


def _genres(folder: Path | None) -> tuple[str, ...]:
    from pipelines.motion_expert.infinitedance.header import read_header

    return read_header(folder).genres


def _cost(
    folder: Path | None, options: InfiniteDanceOptions, seconds: float, candidates: int
) -> Cost:
    from pipelines.motion_expert.infinitedance.cost import dance_cost

    return dance_cost(folder, seconds, candidates)


def _identity(folder: Path | None) -> str:
    from pipelines.motion_expert.infinitedance.header import weights_digest

    return weights_digest(folder)


def _hears(folder: Path | None) -> str:
    from pipelines.motion_expert.infinitedance.header import read_header

    return read_header(folder).schema


def _tokenizer(config: Any, own: InfiniteDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.infinitedance.tokenizer_task import tokenizer_task

    return tokenizer_task(config, material)


def _retrieval(config: Any, own: InfiniteDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.infinitedance.retrieval_task import retrieval_task

    return retrieval_task(config, material, own.whole_window())


def _generator(config: Any, own: InfiniteDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.infinitedance.generator_run import generator_run

    return generator_run(config, own, material)


def _evaluator(config: Any, own: InfiniteDanceTrainingOptions, material: Any) -> Task:
    from pipelines.motion_expert.infinitedance.evaluator_task import evaluator_task

    return evaluator_task(config, material)


_STAGES: dict[str, Callable[[Any, InfiniteDanceTrainingOptions, Any], Task]] = {
    "tokenizer": _tokenizer,
    "retrieval": _retrieval,
    "generator": _generator,
    "evaluator": _evaluator,
}


def _task(config: Any, own: InfiniteDanceTrainingOptions, material: Any) -> Task:
    own.check_stage(config.stage, config.init, config.swap_timbre)
    return _STAGES[config.stage](config, own, material)


INFINITEDANCE = Expert(
    help="InfiniteDance's language model over dances found for the song",
    options=InfiniteDanceOptions,
    load=_load,
    genres=_genres,
    cost=_cost,
    identity=_identity,
    abilities=frozenset({GENRES, CANDIDATES}),
    check=lambda: whole_weights(SHIPPED),
    training=Training(
        InfiniteDanceTrainingOptions,
        _task,
        tuple(_STAGES),
        hears=lambda config, own: own.recipe(config.stage),
    ),
    hears=_hears,
)
