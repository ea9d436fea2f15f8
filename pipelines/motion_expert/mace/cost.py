"""What a dance by MACE-Dance's Motion Expert takes, estimated from the size of its network."""

from __future__ import annotations

from pipelines.motion_expert.interface import Cost
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.support.conventions import MOTION_FPS

_PER_BLOCK = 26
"""Parameters of a block in squares of the network's width, as those of all presets come to."""
_PER_SECOND = 8e9
"""Parameters times frames and steps that two cores work through in a second."""
_LOADING = 5.0
"""Seconds until the first step."""
_BYTES_PER_WIDTH = 180
"""Memory of a frame in units of the network's width."""
_AT_REST = 0.5e9
"""Bytes of the process with nothing to do."""


def sampling_cost(
    network: MotionExpertConfig, options: MaceOptions, seconds: float, candidates: int
) -> Cost:
    """Seconds and bytes of `candidates` dances to `seconds` of music, sampled on two cores."""
    frames = seconds * MOTION_FPS * (1 + options.tempo_change) * candidates
    parameters = _PER_BLOCK * network.width**2 * network.dance_blocks
    twice = (options.beat_weight or network.beat_weight) > 1 or network.guidance == "cfg"
    evaluations = options.sampling_steps * (2 if twice else 1)
    return Cost(
        _LOADING + frames * evaluations * parameters / _PER_SECOND,
        _AT_REST + frames * network.width * _BYTES_PER_WIDTH,
    )
