"""What `train-motion` trains first for InfiniteDance: the tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.first_weights import begin_from
from pipelines.motion_expert.infinitedance.linear_start import begin_linear
from pipelines.motion_expert.infinitedance.storage import Stored, load_part, save_part
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer, TokenizerConfig
from pipelines.motion_expert.infinitedance.tokenizer_loss import (
    TokenizerWeights,
    judged,
    tokenizer_loss,
)
from pipelines.motion_expert.infinitedance.windows import DanceWindows
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

_HELD_WINDOWS = 64
_FITTED_WINDOWS = 1024
"""Training windows that a new tokenizer is fitted to."""
_ROOT_COUNTS = 3.0
"""How much finer than by their spread those columns are told that a path is summed up from."""
_FRAMES_A_CELL = Span(1).frames

WORDS = Words("window", "windows", "use a smaller --preset or --window", "--preset")


def tokenizer_task(config: TrainMotionConfig, material: Material) -> Task:
    """The tokenizer's task over paired dances; their music is not heard.

    Raises:
        BadUsage: a window that is shorter than a cell of the clock.
        UnsuitableInput: no dance is as long as a window, or the run's own checkpoint is damaged.
    """
    window, stride = (Span(n // _FRAMES_A_CELL) for n in (config.window, max(config.stride, 12)))
    if window.cells < 1:
        raise BadUsage(
            f"--window {config.window}: a tokenizer needs whole cells of {_FRAMES_A_CELL} frames",
            f"use at least {_FRAMES_A_CELL}",
        )
    windows = DanceWindows(material.train, (), window, stride, config.mirror, config.balance)
    torch.manual_seed(config.seed)
    tokenizer = Tokenizer(PRESETS[config.preset])
    latest = Checkpoints(material.folder, keep=1).latest()
    if latest is not None:
        load_part(latest, "tokenizer").into(tokenizer, "tokenizer")
    elif config.init:
        begin_from(config.init_folder(), "tokenizer", tokenizer, TokenizerConfig.from_json)
    else:
        mean_D, std_D = windows.moments()
        tokenizer.mean_D.copy_(torch.from_numpy(mean_D))
        tokenizer.std_D.copy_(torch.from_numpy(grouped(std_D)))
        fitted = windows.draw(_FITTED_WINDOWS, (config.seed, 0, 0)).motion
        begin_linear(tokenizer, torch.from_numpy(fitted), config.seed)
    tokenizer.to(material.device)
    held_BTD = _held(material, window)
    material.progress.say(
        f"{len(windows)} training windows of {window.frames} frames; "
        f"{0 if held_BTD is None else len(held_BTD)} held out"
    )

    def draw(size: int, key: Key) -> Tensors:
        return {"features_BTD": torch.from_numpy(windows.draw(size, key).motion)}

    def loss(network: Any, batch: Tensors, generator: torch.Generator) -> tuple[Tensor, Any]:
        return tokenizer_loss(network, batch["features_BTD"], TokenizerWeights())

    def held_out(network: Any, step: int, log: TrainingLog | None) -> dict[str, float]:
        assert held_BTD is not None
        return judged(network, held_BTD)

    def save(folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        weights = {n: learned.get(n, value) for n, value in tokenizer.state_dict().items()}
        save_part(folder, "tokenizer", tokenizer.config.to_json(), weights, facts)

    return Task(
        network=tokenizer,
        draw=draw,
        loss=loss,
        optimizer=adamw_of_matrices(config.lr, config.weight_decay),
        save=save,
        words=WORDS,
        held_out=None if held_BTD is None else held_out,
        settings={"weight_decay": config.weight_decay, "mirror": config.mirror},
        facts={"window": window.frames},
        noise_device=material.device,
    )


def grouped(std_D: NDArray[np.float32]) -> NDArray[np.float32]:
    """What columns are divided by: one deviation for all columns of a kind.

    docs/reference/infinitedance.md#where-the-tokenizer-begins.
    """
    made = std_D.copy()
    for kind in columns.KINDS:
        made[kind] = np.sqrt(np.mean(std_D[kind] ** 2))
    for kind in (columns.height, columns.yaw_velocity, columns.ground_velocity):
        made[kind] /= _ROOT_COUNTS
    return made


def load_tokenizer(folder: Path) -> tuple[Tokenizer, Stored]:
    """A trained tokenizer in evaluation mode, and what is stored of it; raises as `load_part`."""
    stored = load_part(folder, "tokenizer")
    tokenizer = Tokenizer(TokenizerConfig.from_json(stored.config))
    stored.into(tokenizer, "tokenizer")
    return tokenizer.eval(), stored


def _held(material: Material, window: Span) -> Tensor | None:
    """Windows of the dances that are held out, spread evenly; None where none is long enough."""
    held = [s for s in material.held if s.motion.frames >= window.frames]
    if not held:
        return None
    windows = DanceWindows(held, (), window, window)
    motion = windows.gather(windows.spread(_HELD_WINDOWS)).motion
    return torch.from_numpy(motion).to(material.device)
