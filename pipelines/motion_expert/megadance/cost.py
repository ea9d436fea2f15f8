"""What a dance by MEGADance takes, estimated from the size of its network."""

from __future__ import annotations

from pipelines.motion_expert.interface import Cost
from pipelines.motion_expert.megadance.presets import FRAMES, GeneratorConfig, TokenizerConfig
from pipelines.support.conventions import MOTION_FPS

_LOADING = 3.0
"""Seconds until the first token."""
_PER_LAYER = 0.003
"""Seconds of a layer and token that no width makes longer; this and the next from what
`benchmarks/megadance.py` measured of `small` and `paper` on one core: 6.1 and 76 ms a token."""
_PER_SECOND = 1.9e9
"""Weights times dances that a core works through in a second, token by token."""
_PER_EXPERT = 36
"""Weights of an expert in squares of its width: three Mambas 21, attention 4, MLP 8, and some."""
_AT_REST, _BYTES = 0.5e9, 4


def dance_cost(
    tokenizer: TokenizerConfig, generator: GeneratorConfig, seconds: float, candidates: int,
    asked: int = 1,
) -> Cost:  # fmt: skip
    """Seconds and bytes of `candidates` dances to `seconds` of music on one core.

    Args:
        asked: how often the generator is asked for each token.
    """
    tokens = seconds * MOTION_FPS / FRAMES
    active = 2 * _PER_EXPERT * generator.width**2 * generator.layers
    each = generator.layers * _PER_LAYER + asked * candidates * active / _PER_SECOND
    experts = 1 + (1 if generator.rank else len(generator.genres))
    held = _PER_EXPERT * generator.width**2 * generator.layers * experts
    frames = seconds * MOTION_FPS * candidates * tokenizer.width * _BYTES * 4
    return Cost(_LOADING + tokens * each, _AT_REST + held * _BYTES + frames)
