"""Training windows of whole tokens."""

from __future__ import annotations

from pipelines.motion_expert.megadance.presets import FRAMES
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage
from pipelines.support.progress import Progress


def whole_tokens(config: TrainMotionConfig, progress: Progress) -> int:
    """The frames of a window, cut to whole tokens; raises BadUsage where two do not fit."""
    window = config.window // FRAMES * FRAMES
    if window < 2 * FRAMES:
        raise BadUsage(f"--window {config.window}: shorter than two tokens of {FRAMES} frames",
                       "240 is the published window")  # fmt: skip
    if window != config.window:
        progress.say(f"windows of {window} frames, which are whole tokens")
    return window
