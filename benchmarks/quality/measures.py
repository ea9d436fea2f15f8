"""The table's columns: how near to real dance, how varied, how clean, how much on the beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from quality.clips import FPS, Clip, Float, windows

from pipelines.metrics.beat_alignment import Direction, chance_by_shifts, motion_beats
from pipelines.metrics.distributions import (
    diversity,
    frechet_distance,
    normalised,
)
from pipelines.metrics.feet import foot_skating_ratio, physical_foot_contact
from pipelines.metrics.geometric import geometric_features
from pipelines.metrics.joints import body_speed, centred_on_first_root, foot_speed
from pipelines.metrics.kinetic import kinetic_features
from pipelines.metrics.resampling import bootstrap_interval
from pipelines.metrics.smoothness import jitter

Numbers = dict[str, float]
Interval = tuple[float, float]

_KINDS = (("k", "kinetic"), ("l", "logarithmic"), ("g", "geometric"))
STEP_SPEED, STILL_SPEED = 0.5, 0.2
"""m/s that a foot must pass on its way up, and fall below again, to have made a step."""


@dataclass(frozen=True)
class FeatureSet:
    """Features of all windows of a set of clips.

    Attributes:
        kinetic: (N, 72). geometric: (N, 32).
        genres: N names. groups: N names of what is resampled together.
    """

    kinetic: Float
    geometric: Float
    genres: list[str]
    groups: list[str]

    @property
    def logarithmic(self) -> Float:
        """Kinetic features spread evenly: squared speeds have a long tail of a few wild windows."""
        logarithms: Float = np.log(self.kinetic + 1e-4)
        return logarithms

    @property
    def both(self) -> Float:
        """For the genre classifier."""
        return np.concatenate([self.logarithmic, self.geometric], axis=1)

    def rows(self, chosen: Sequence[int]) -> FeatureSet:
        """The windows with these numbers."""
        return FeatureSet(
            self.kinetic[chosen],
            self.geometric[chosen],
            [self.genres[i] for i in chosen],
            [self.groups[i] for i in chosen],
        )


def feature_set(clips: Sequence[Clip]) -> FeatureSet:
    """Features of the strict profile: true frame rate, z up, centred on the first root."""
    kinetic, geometric, genres, groups = [], [], [], []
    for clip in clips:
        for joints in windows(clip):
            centred = centred_on_first_root(joints)
            kinetic.append(kinetic_features(centred, FPS))
            geometric.append(geometric_features(centred, 1 / FPS))
            genres.append(clip.genre)
            groups.append(clip.group)
    return FeatureSet(np.array(kinetic), np.array(geometric), genres, groups)


def distances(features: FeatureSet, reference: FeatureSet) -> Numbers:
    """FID and DIV, both in the reference's standard deviations; nothing of fewer than two windows.

    Kinetic (k), their logarithms (l), which no single wild window dominates, and geometric (g).
    """
    found: Numbers = {"windows": float(len(features.genres))}
    if len(features.genres) < 2:
        return found
    for short, name in _KINDS:
        ours, theirs = getattr(features, name), getattr(reference, name)
        # A pose that the reference never takes has no deviation to measure by.
        varies = theirs.std(axis=0) > 1e-6
        mine, real = (normalised(x[:, varies], theirs[:, varies]) for x in (ours, theirs))
        found[f"fid_{short}"] = frechet_distance(mine, real)
        found[f"div_{short}"] = diversity(mine)
    return found


def split_by_group(features: FeatureSet, repeats: int = 20, seed: int = 0) -> Numbers:
    """FID between halves that share no take: what another recording of the same dances scores."""
    random = np.random.default_rng(seed)
    names = sorted(set(features.groups))
    results = []
    for _ in range(repeats):
        half = set(random.permutation(names)[: len(names) // 2].tolist())
        inside = [i for i, g in enumerate(features.groups) if g in half]
        outside = [i for i, g in enumerate(features.groups) if g not in half]
        if min(len(inside), len(outside)) >= 2:
            results.append(distances(features.rows(inside), features.rows(outside)))
    keys = [f"fid_{short}" for short, _ in _KINDS]
    return {key: float(np.median([r[key] for r in results])) for key in keys} if results else {}


PER_CLIP: dict[str, Callable[[Clip], float]] = {
    "fsr": lambda clip: foot_skating_ratio(clip.joints, FPS).ratio,
    "pfc": lambda clip: float(np.mean([physical_foot_contact(w, FPS) for w in windows(clip)])),
    "jitter": lambda clip: jitter(clip.joints, FPS),
    "speed": lambda clip: float(body_speed(clip.joints, FPS).mean()),
    "foot_speed": lambda clip: float(foot_speed(clip.joints, FPS).mean()),
    "steps_per_second": lambda clip: step_rate(clip.joints),
    "travel": lambda clip: float(np.ptp(clip.joints[:, 0, :2], axis=0).max()),
    "front": lambda clip: float((facing_angles(clip.joints) < np.pi / 3).mean()),
    "back": lambda clip: float((facing_angles(clip.joints) > 2 * np.pi / 3).mean()),
}


def facing_angles(joints_TJ3: Float) -> Float:
    """(T,) radians between the hips' forward direction and the camera, 0 to pi."""
    across = joints_TJ3[:, 1, :2] - joints_TJ3[:, 2, :2]
    forward = np.stack([across[:, 1], -across[:, 0]], axis=1)
    angle = np.arctan2(forward[:, 0], -forward[:, 1])
    return np.asarray(np.abs(angle))


def step_rate(joints_TJ3: Float) -> float:
    """Steps per second of both feet: a foot passes 0.5 m/s and comes to rest below 0.2 m/s."""
    steps = 0
    for side in ((7, 10), (8, 11)):
        feet = joints_TJ3[:, list(side)]
        speed = np.linalg.norm(np.gradient(feet, 1 / FPS, axis=0), axis=-1).mean(axis=1)
        moving = False
        for value in speed:
            if not moving and value > STEP_SPEED:
                moving, steps = True, steps + 1
            elif moving and value < STILL_SPEED:
                moving = False
    return steps * FPS / len(joints_TJ3)


def beat_scores(clips: Sequence[Clip]) -> dict[str, Float]:
    """Per clip (N,): BAS over music beats, its chance level by circular shifts, their difference,
    and the same over motion beats."""
    scores: dict[str, list[float]] = {}
    for clip in clips:
        found = motion_beats(clip.joints, FPS)
        seconds = len(clip.joints) / FPS
        directions: tuple[Direction, ...] = ("music", "motion")
        for direction in directions:
            level = chance_by_shifts(clip.beats, found, seconds, direction=direction, shifts=60)
            for name, value in (
                ("bas", level.score), ("chance", level.mean), ("above", level.score - level.mean),
            ):  # fmt: skip
                scores.setdefault(f"{name}_{direction}", []).append(value)
    return {name: np.array(values) for name, values in scores.items()}


def grouped_mean(values: Float, groups: Sequence[str]) -> tuple[float, Interval]:
    """Mean over clips with a 95 % interval that resamples groups; NaN clips are left out."""
    kept = np.isfinite(values)
    names, index = np.unique(np.array(groups)[kept], return_inverse=True)
    if len(names) == 0:
        return float("nan"), (float("nan"), float("nan"))
    sums = np.stack([np.bincount(index, values[kept]), np.bincount(index)], axis=1)
    interval = bootstrap_interval(lambda s: float(s[:, 0].sum() / s[:, 1].sum()), sums)
    return float(values[kept].mean()), interval
