"""What trains the Foot Restoration Diffusion Model: clean dances, cut into windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.body.feet import SOLE_DEPTH
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.foot_restoration import columns
from pipelines.foot_restoration.damages import somehow_damaged
from pipelines.foot_restoration.encoding import encode
from pipelines.foot_restoration.model import save_model
from pipelines.foot_restoration.network import FootDenoiser, FootDenoiserConfig
from pipelines.foot_restoration.objective import LossWeights, Scaling, loss
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

WORDS = Words("window", "windows", "use a smaller --window", "--preset")
_STILL, _SHORTEST = 0.01, 3
"""Metres per frame below which a low foot stands (EDGE's), and frames that it stands at least."""
_LOW = SOLE_DEPTH + np.array([0.02, 0.02, 0.05, 0.05])
"""The paper's heights, 0.08 m for ankles and 0.05 m for toes, over z = 0."""
_JUDGED_TIMES = 8
_FITTED = 100


@dataclass(frozen=True)
class CleanDance:
    """A dance whose feet are right, its features (T, 265), and where its feet stand (T, 4)."""

    motion: Motion
    features: NDArray[np.float32]
    stands: NDArray[np.float32]


def clean_dances(motions: Sequence[Motion], mirror: bool = True) -> list[CleanDance]:
    """Dances at 30 fps on the floor z = 0, each also in the mirror."""
    seen = [m for motion in motions for m in ((motion, motion.mirrored()) if mirror else (motion,))]
    return [CleanDance(m, encode(m), standing(m.joints())) for m in seen]


def standing(joints_TJ3: NDArray[np.float64]) -> NDArray[np.float32]:
    """Where each of `columns.FEET` stands from its frame to the next (T, 4): the paper's (2)."""
    feet = joints_TJ3[:, list(FOOT_JOINTS)]
    step = np.linalg.norm(np.diff(feet, axis=0, append=feet[-1:]), axis=-1)
    holds = (step < _STILL) & (feet[..., 2] < _LOW)
    for point in range(holds.shape[1]):
        edges = np.flatnonzero(np.diff(holds[:, point].astype(int), prepend=0, append=0))
        for start, stop in edges.reshape(-1, 2):
            if stop - start < _SHORTEST:
                holds[start:stop, point] = False
    return np.asarray(holds, np.float32)


@dataclass(frozen=True)
class FootTraining:
    """Sizes and rates of a run."""

    network: FootDenoiserConfig = FootDenoiserConfig()
    weights: LossWeights = LossWeights()
    lr: float = 1e-3
    weight_decay: float = 0.01


class _Windows:
    """Windows of so many frames, all equally likely, drawn by a key."""

    def __init__(self, dances: Sequence[CleanDance], frames: int) -> None:
        self.dances = [dance for dance in dances if len(dance.features) >= frames]
        if not self.dances:
            raise UnsuitableInput(f"no dance of {frames} frames to learn feet from")
        self.frames = frames
        self.starts = np.cumsum([len(d.features) - frames + 1 for d in self.dances])

    def at(self, numbers: NDArray[np.integer[Any]], rng: np.random.Generator) -> Tensors:
        """The windows of these numbers, from 0 to `starts[-1]` - 1, clean and damaged."""
        which = np.searchsorted(self.starts, numbers, side="right")
        first = numbers - np.concatenate([[0], self.starts])[which]
        cut = [
            (self.dances[w], slice(f, f + self.frames)) for w, f in zip(which, first, strict=True)
        ]
        return {
            "given_BTK": torch.from_numpy(self._damaged(cut, rng)),
            "x_BTK": torch.from_numpy(np.stack([dance.features[part] for dance, part in cut])),
            "stands_BT4": torch.from_numpy(np.stack([dance.stands[part] for dance, part in cut])),
        }

    def scaling(self) -> Scaling:
        """Units, of some windows that are drawn for it."""
        rng = np.random.default_rng(0)
        drawn = self.at(rng.integers(self.starts[-1], size=_FITTED), rng)
        return Scaling.fit(drawn["x_BTK"].flatten(0, 1), drawn["given_BTK"].flatten(0, 1))

    def _damaged(
        self, cut: list[tuple[CleanDance, slice]], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Features (B, T, 265) of damaged windows, all encoded at once, as if one dance."""
        bad = [
            somehow_damaged(dance.motion.sliced(part.start, part.stop), rng) for dance, part in cut
        ]
        whole = replace(
            bad[0],
            poses=np.concatenate([motion.poses for motion in bad]),
            trans=np.concatenate([motion.trans for motion in bad]),
        )
        features = encode(whole).reshape(len(bad), self.frames, -1)
        ways = [*range(3), *range(columns.velocity.start, columns.velocity.stop)]
        # The way from one window to the next is none.
        features[:, -1, ways] = features[:, -2, ways]
        return features


def foot_task(
    train: Sequence[CleanDance], held: Sequence[CleanDance], training: FootTraining, seed: int,
    device: torch.device, known: Scaling | None = None,
) -> Task:  # fmt: skip
    """The task of a run.

    Args:
        train, held: dances to learn from and to judge by; `held` may be empty.
        training: sizes and rates.
        seed: of the first weights.
        device: where to train.
        known: units of a run that is taken up.

    Raises UnsuitableInput where no dance is as long as a window.
    """
    windows = _Windows(train, training.network.window)
    judged = _Windows(held, training.network.window) if held else None
    scaling = known or windows.scaling()
    scaling.to(device)
    torch.manual_seed(seed)
    network = FootDenoiser(training.network).to(device)

    def draw(size: int, key: Key) -> Tensors:
        rng = np.random.default_rng(key)
        return windows.at(rng.integers(windows.starts[-1], size=size), rng)

    def one_loss(
        network: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        size, frames = batch["x_BTK"].shape[:2]
        noise_B = 1 - torch.rand(size, generator=generator).to(device)
        shape = size, frames, len(columns.MERGED)
        noise_BTM = torch.randn(shape, generator=generator).to(device)
        return loss(
            network, scaling, batch["x_BTK"], batch["given_BTK"], batch["stands_BT4"],
            noise_B, noise_BTM, training.weights,
        )  # fmt: skip

    def held_out(network: Any, step: int, log: TrainingLog | None) -> dict[str, float]:
        assert judged is not None
        generator = torch.Generator().manual_seed(0)
        numbers = np.arange(0, judged.starts[-1], training.network.window)[:32]
        batch = {n: v.to(device) for n, v in judged.at(numbers, np.random.default_rng(0)).items()}
        with torch.no_grad():
            found = [one_loss(network, batch, generator) for _ in range(_JUDGED_TIMES)]
        figures = {"loss": float(np.mean([float(total) for total, _ in found]))}
        return figures | {n: float(np.mean([p[n] for _, p in found])) for n in found[0][1]}

    def save(folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        save_model(folder, dict(learned), training.network, scaling.cpu(), facts)
        scaling.to(device)

    return Task(
        network=network, draw=draw, loss=one_loss,
        optimizer=adamw_of_matrices(training.lr, training.weight_decay),
        save=save, words=WORDS, held_out=held_out if judged else None,
    )  # fmt: skip
