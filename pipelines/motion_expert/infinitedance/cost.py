"""What a dance by InfiniteDance takes, estimated from the sizes of its parts."""

from __future__ import annotations

from pathlib import Path

from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig
from pipelines.motion_expert.infinitedance.clock import STEP, WINDOW
from pipelines.motion_expert.infinitedance.header import read_header
from pipelines.motion_expert.interface import Cost
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

_LOADING = 5.0
"""Seconds until the first token."""
_PER_LAYER = 0.002
"""Seconds of a layer and token that no width makes longer; a guess."""
_PER_SECOND = 4e9
"""Weights times dances that two cores work through in a second, token by token; a guess."""
_AT_REST, _BYTES = 0.5e9, 4


def dance_cost(folder: Path | None, seconds: float, candidates: int) -> Cost:
    """Seconds and bytes of `candidates` dances to `seconds` of music; raises as `read_header`."""
    read_header(folder)
    assert folder is not None
    try:
        config = ChoreoConfig.from_json(read_json(folder / "generator.json")["config"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnsuitableInput(f"{folder}: not a generator of InfiniteDance ({error})") from error
    parts = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return _cost(config, parts, seconds, candidates)


def _cost(config: ChoreoConfig, stored: int, seconds: float, candidates: int) -> Cost:
    width = config.cadence.width
    keys = width * config.key_heads // config.heads
    active = config.layers * (2 * width**2 + 2 * width * keys + 3 * width * config.feed)
    tokens = seconds / (WINDOW.frames / 30) * WINDOW.tokens
    # Music and what a window begins with are read at once, a hundred times as fast.
    read = seconds / (STEP.frames / 30) * (WINDOW.music + WINDOW.tokens) / 100
    each = config.layers * _PER_LAYER + candidates * active / _PER_SECOND
    cache = candidates * (WINDOW.music + WINDOW.tokens) * config.layers * 2 * keys * _BYTES
    return Cost(_LOADING + (tokens + read) * each, _AT_REST + stored + active * _BYTES + cache)
