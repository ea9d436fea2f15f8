"""How long the stages of a run are likely to take, so that the time left can be told of all."""

from __future__ import annotations

from pipelines.generation.run_name import chosen, order
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.video import DRAWING, DRAWING_POSE, FINDING
from pipelines.media.shape import frame_rate

_FINDING, _LISTENING, _PER_SECOND, _PER_POSE = 3.0, 3.0, 0.1, 0.008
"""Seconds on one core: to find a person, to begin to listen, per second heard, per pose drawn."""


def expected_stages(config: GenerateConfig, seconds: float) -> dict[str, float]:
    """Stage -> seconds, in the order in which they come; {} where that of one is not known.

    Args:
        seconds: of the dance.
    """
    stages: dict[str, float] = {} if config.motion_only else {FINDING: _FINDING}
    stages["listening to the song"] = _LISTENING + _PER_SECOND * seconds
    if config.motion is None:
        _, row = config.motion_expert()
        asked = config.motion_folder(), config.dance_options(), seconds, config.candidates
        stages["choreographing"] = row.cost(*asked).seconds
    if not config.motion_only:
        rate, choice = float(frame_rate(config.fps)), chosen(config)
        if choice.expert.seconds is None:
            return {}
        stages[DRAWING_POSE] = _PER_POSE * seconds * rate
        stages[DRAWING] = choice.expert.seconds(order(config), choice.options, seconds, rate)
    return stages
