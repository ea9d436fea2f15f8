"""Numbers that only a whole set has: its features in the truth's units, and functions of those."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.catalogue import METRICS, RECOGNITION, measured_by
from pipelines.evaluation.clip import Clip, feature_rows, row_owners
from pipelines.evaluation.judgement import FeatureSpace, SetStatistic
from pipelines.evaluation.profiles import SetRule
from pipelines.evaluation.sets import TRUTH

Warn = Callable[[str], None]


@dataclass(frozen=True)
class OfSets:
    """A number that only a whole set has.

    Attributes:
        space: the features that it is made of. value: clips to the number.
        of_truth: whether the truth has it too; its distance to itself says nothing.
        most: the greatest value that there can be.
    """

    space: str
    value: SetStatistic
    of_truth: bool
    most: float = math.inf

    def having(self, clips: Sequence[Clip]) -> list[Clip]:
        """The clips that have the features."""
        return [clip for clip in clips if self.space in clip.features]


def set_statistics(protocol: str, spaces: dict[str, FeatureSpace]) -> dict[str, OfSets]:
    """The set's metrics of a protocol, as far as there are features for them."""
    found = {}
    for metric, function in measured_by(protocol, "set, truth").items():
        if (space := spaces.get(METRICS[metric].space)) is not None:
            found[metric] = OfSets(space.space, _against_truth(function, space), of_truth=False)
    for metric, function in measured_by(protocol, "set").items():
        if (space := spaces.get(METRICS[metric].space)) is not None:
            found[metric] = OfSets(space.space, _alone(function, space), of_truth=True)
    return found


def recognition_statistics(protocol: str) -> dict[str, OfSets]:
    """The metrics of what clips were asked to be and recognised as; they need no truth."""
    functions = measured_by(protocol, RECOGNITION)
    return {
        metric: OfSets(RECOGNITION, _of_recognition(function), of_truth=True, most=1.0)
        for metric, function in functions.items()
    }


def _against_truth(function: Callable[..., float], space: FeatureSpace) -> SetStatistic:
    return lambda clips: function(space.of(clips), space.truth)


def _alone(function: Callable[..., float], space: FeatureSpace) -> SetStatistic:
    return lambda clips: function(space.of(clips))


def _of_recognition(function: Callable[..., float]) -> SetStatistic:
    def value(clips: Sequence[Clip]) -> float:
        rows = feature_rows(clips, RECOGNITION)
        return function(rows[:, 0], rows[:, 1])

    return value


def feature_spaces(
    protocol: str,
    systems: dict[str, list[Clip]],
    truth: list[Clip] | None,
    rule: SetRule | None,
    warn: Warn,
) -> dict[str, FeatureSpace]:
    """The feature spaces that a protocol's metrics are made of, as far as clips have them.

    Args:
        rule: see `judgement.FeatureSpace`. warn: told why one is missing or hardly worth anything.
    """
    wanted = _metrics_by_space(protocol)
    if rule is None:
        known = [name for name in wanted if len(feature_rows(truth or [], name)) >= 2]
        return {name: FeatureSpace(truth or [], name, None) for name in known}
    if not wanted:
        return {}
    if not truth:
        warn("no clip of the truth: no FID and DIV, which are measured in its units")
        return {}
    if len(truth) < 2:
        warn("one clip of the truth has no deviation to measure FID and DIV in")
        return {}
    spaces = {}
    everyone = [*(clip for clips in systems.values() for clip in clips), *truth]
    for name, metrics in _missed(wanted, everyone).items():
        if sum(name in clip.features for clip in truth) < 2:
            warn(f"{_labels(metrics)}: fewer than two clips of the truth")
            continue
        if not any(name in clip.features for clips in systems.values() for clip in clips):
            continue
        found = FeatureSpace(truth, name, rule, _finite_columns(everyone, name))
        if found.dimensions == 0:
            warn(f"{_labels(metrics)}: no feature varies over the truth, so there is no unit")
            continue
        spaces[name] = found
        for whose, clips in {**systems, TRUTH: truth}.items():
            _note_size(whose, clips, found, warn)
    return spaces


def floors(
    protocol: str,
    spaces: dict[str, FeatureSpace],
    truth: list[Clip] | None,
    seed: int,
    warn: Warn,
) -> dict[str, float]:
    """Distance between halves of the truth, per distance that is in the truth's units."""
    found = {}
    for metric in measured_by(protocol, "set, truth"):
        space = spaces.get(METRICS[metric].space)
        if space is None or space.rule is None:
            continue
        floor = space.floor(seed)
        if math.isfinite(floor):
            found[metric] = floor
        elif truth:
            count = len(feature_rows(truth, space.space))
            warn(f"{METRICS[metric].label}: {count} clips of the truth give no floor")
    return found


def note_strangeness(clips: Sequence[Clip], spaces: dict[str, FeatureSpace]) -> None:
    """How far each clip lies from the truth's middle, in deviations: what the report shows."""
    for name, space in spaces.items():
        owners = row_owners(clips, name)
        if space.rule is None or not len(owners):
            continue
        far = np.sqrt((space.of(clips) ** 2).mean(axis=1))
        for number, clip in enumerate(clips):
            if (owners == number).any():
                clip.scores[f"far_{name}"] = float(far[owners == number].mean())


def _metrics_by_space(protocol: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for metric in (*measured_by(protocol, "set, truth"), *measured_by(protocol, "set")):
        found.setdefault(METRICS[metric].space, []).append(metric)
    return found


def _missed(wanted: dict[str, list[str]], everyone: Sequence[Clip]) -> dict[str, list[str]]:
    """Without the spaces that no clip has for want of a flag: their protocol has said so."""
    return {
        name: metrics
        for name, metrics in wanted.items()
        if not METRICS[metrics[0]].wants or any(name in clip.features for clip in everyone)
    }


def _labels(metrics: Sequence[str]) -> str:
    return ", ".join(METRICS[metric].label for metric in metrics)


def _finite_columns(clips: Sequence[Clip], space: str) -> NDArray[np.bool_]:
    finite: NDArray[np.bool_] = np.isfinite(feature_rows(clips, space)).all(axis=0)
    return finite


def _note_size(whose: str, clips: Sequence[Clip], space: FeatureSpace, warn: Warn) -> None:
    count = len(row_owners(clips, space.space))
    if count < 2:
        warn(f"{whose}: one clip has no FID and DIV")
    elif count <= space.dimensions:
        warn(
            f"{whose}: {count} clips for {space.dimensions} features: FID_{space.space} is far too "
            "high by accident alone; look at the floor"
        )
    rows = feature_rows(clips, space.space)
    if count > 1 and np.ptp(rows[:, space.kept], axis=0).max(initial=0.0) == 0:
        warn(f"{whose}: all clips are the same, so its diversity is 0")
