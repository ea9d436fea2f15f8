"""What a dance by InfiniteDance takes, estimated from the sizes of its parts."""

from __future__ import annotations

from pathlib import Path

from pipelines.motion_expert.infinitedance.cadence import CadenceConfig
from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.header import SHIPPED, read_header
from pipelines.motion_expert.interface import Cost
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

_LOADING = 4.0
"""Seconds until the first token."""
_PER_LAYER = 0.0008
"""Seconds of a layer and token that no width makes longer; this and the next two from what
`benchmarks/infinitedance.py` measured on one core."""
_PER_SECOND = 2e9
"""Weights times dances that a core works through in a second, token by token."""
_AT_ONCE = 8
"""Times as many where tokens are read together: music, and what a window begins with."""
_AT_REST, _BYTES = 0.62e9, 4


def dance_cost(folder: Path | None, seconds: float, candidates: int) -> Cost:
    """Seconds and bytes of `candidates` dances to `seconds` of music; raises as `read_header`."""
    read_header(folder)
    folder = folder or SHIPPED
    try:
        values = read_json(folder / "generator.json")
        config = ChoreoConfig.from_json(values["config"])
        window = Span.of_frames(int(values["metadata"]["window"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnsuitableInput(f"{folder}: not a generator of InfiniteDance ({error})") from error
    parts = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return _cost(config, window, parts, seconds, candidates)


def _cost(config: ChoreoConfig, window: Span, stored: int, seconds: float, candidates: int) -> Cost:
    backbone, heard = backbone_weights(config), cadence_weights(config.cadence)
    # A dance is made longer than its song, to be bent onto the beat (`rhythm.on_beat`).
    windows = max(1.0, (1.2 * seconds + 8) * MOTION_FPS / (window.frames * 5 / 8))
    written = windows * window.tokens * 5 / 8
    each = config.layers * _PER_LAYER + candidates * backbone / _PER_SECOND
    read = windows * (
        candidates * (window.music + window.tokens * 3 / 8) * backbone + window.music * heard
    ) / (_PER_SECOND * _AT_ONCE)  # fmt: skip
    keys = config.cadence.width * config.key_heads // config.heads
    cache = candidates * (window.music + window.tokens) * config.layers * 2 * keys
    # Weights lie in memory twice while they are loaded: as stored, and where they are used.
    memory = _AT_REST + stored + _BYTES * (backbone + heard + cache)
    return Cost(_LOADING + written * each + read, memory)


def backbone_weights(config: ChoreoConfig) -> int:
    """Of the language model's matrices: attention and feed-forward of all layers."""
    width = config.cadence.width
    keys = width * config.key_heads // config.heads
    return config.layers * (2 * width**2 + 2 * width * keys + 3 * width * config.feed)


def cadence_weights(config: CadenceConfig) -> int:
    """Of the Cadence-MoE's matrices, but for the embedding of styles."""
    width = config.width
    heard = (config.music + config.style_width + config.reference) * width
    if not config.experts:
        return heard
    bands = (len(config.edges) + 1) if config.reference else 0
    # Attention four squares; Mamba six, its states of 16, and steps from a sixteenth of the width.
    inner = 4 * width**2 + 6 * width**2 + 2 * width * (2 * 16 + 2 * -(-width // 16))
    projected = width**2 + bands * config.reference * width
    fused = (1 + bands) * width * (width if config.fusion == "concat" else 1)
    return heard + (1 + bands) * inner + projected + fused
