"""A small genre classifier: whitened kinetic and geometric features, nearest class mean.

Linear discriminant analysis with a ridge. With a handful of takes per genre, it knows the takes as
much as the genres: only its accuracy on takes that it has not seen says how far to trust it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from quality.clips import Float

RIDGE = 0.1


@dataclass(frozen=True)
class GenreClassifier:
    """Scores = features @ weights + bias, one column per genre."""

    genres: tuple[str, ...]
    mean: Float
    deviation: Float
    weights: Float
    bias: Float

    @staticmethod
    def fit(features_ND: Float, labels: Sequence[str]) -> GenreClassifier:
        """Fit on windows; every genre counts alike, however many windows it has."""
        genres = tuple(sorted(set(labels)))
        mean, deviation = features_ND.mean(0), features_ND.std(0)
        deviation = np.where(deviation > 1e-9, deviation, 1.0)
        x = (features_ND - mean) / deviation
        index = np.array([genres.index(label) for label in labels])
        centres = np.stack([x[index == g].mean(0) for g in range(len(genres))])
        within = np.zeros((x.shape[1], x.shape[1]))
        for g in range(len(genres)):
            spread = x[index == g] - centres[g]
            within += spread.T @ spread / max(1, len(spread)) / len(genres)
        within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
        weights = np.linalg.solve(within, centres.T)
        bias = -0.5 * (centres * weights.T).sum(axis=1)
        return GenreClassifier(genres, mean, deviation, weights, bias)

    def predict(self, features_ND: Float) -> list[str]:
        """The likeliest genre of each window."""
        scores = (features_ND - self.mean) / self.deviation @ self.weights + self.bias
        return [self.genres[g] for g in scores.argmax(axis=1)]


def accuracy(truth: Sequence[str], predicted: Sequence[str]) -> tuple[float, float]:
    """(share of windows recognised, mean over the genres of their shares)."""
    right = np.array([a == b for a, b in zip(truth, predicted, strict=True)])
    names = np.array(truth)
    balanced = np.mean([right[names == name].mean() for name in sorted(set(truth))])
    return float(right.mean()), float(balanced)


def unseen_takes(
    features_ND: Float, labels: Sequence[str], groups: Sequence[str]
) -> tuple[list[str], list[str]]:
    """(truth, predicted) with each take left out in turn, where its genre has others."""
    names, owners = np.array(labels), np.array(groups)
    truth: list[str] = []
    predicted: list[str] = []
    for group in sorted(set(groups)):
        out: NDArray[np.bool_] = owners == group
        if not set(names[out]) <= set(names[~out]):
            continue
        classifier = GenreClassifier.fit(features_ND[~out], names[~out].tolist())
        truth += names[out].tolist()
        predicted += classifier.predict(features_ND[out])
    return truth, predicted


def confusion(
    genres: Sequence[str], truth: Sequence[str], predicted: Sequence[str]
) -> NDArray[np.int64]:
    """Counts, rows asked for, columns recognised."""
    table = np.zeros((len(genres), len(genres)), dtype=np.int64)
    for a, b in zip(truth, predicted, strict=True):
        table[genres.index(a), genres.index(b)] += 1
    return table
