"""Distances between sets of feature vectors, and how spread out one set is.

docs/reference/metrics.md#distances-and-diversity.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from pipelines.metrics.joints import Array, Float
from pipelines.support.errors import UnsuitableInput


def normalised(
    features_ND: Array, reference_MD: Array, epsilon: float = 1e-10, unbiased: bool = False
) -> Float:
    """Features in standard deviations from the reference set's mean.

    Args:
        features_ND, reference_MD: both in the same units; pass the ground truth as reference for
            both sets. Normalising each set by itself hides every difference of mean and scale.
        epsilon: added to the deviation; 1e-4 in MACE, 1e-10 elsewhere.
        unbiased: divide by N-1 (MEGADance, MACE) instead of N.
    """
    reference = np.asarray(reference_MD, dtype=np.float64)
    deviation = reference.std(axis=0, ddof=int(unbiased))
    centred = np.asarray(features_ND, dtype=np.float64) - reference.mean(axis=0)
    scaled: Float = centred / (deviation + epsilon)
    return scaled


def frechet_distance(first_ND: Array, second_MD: Array) -> float:
    """Frechet distance between Gaussians fitted to two sets: the FID of these features.

    The trace of the root of the product is taken from the eigenvalues of a symmetric matrix, so it
    is real and finite for singular covariances too (N <= D), where the usual matrix square root
    needs a nudge or returns complex numbers. Biased upwards for small sets: compare with
    `split_half_distance`. Raises UnsuitableInput for fewer than two vectors.
    """
    first, second = _several(first_ND), _several(second_MD)
    if first.shape[1] != second.shape[1]:
        raise UnsuitableInput(
            f"features of {first.shape[1]} and {second.shape[1]} dimensions cannot be compared"
        )
    covariance_1, covariance_2 = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (first, second))
    values, vectors = np.linalg.eigh(covariance_1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ covariance_2 @ root)
    shift = first.mean(axis=0) - second.mean(axis=0)
    overlap = np.sqrt(np.maximum(cross, 0)).sum()
    trace = np.trace(covariance_1) + np.trace(covariance_2) - 2 * overlap
    return float(shift @ shift + max(trace, 0.0))


def split_half_distance(features_ND: Array, seed: int, repeats: int = 20) -> float:
    """Mean Frechet distance between random halves of one set: the floor of what can be told apart.

    Each half has N/2 vectors, so this is the floor for a comparison of sets of that size.
    """
    features = _several(features_ND, least=4)
    random = np.random.default_rng(seed)
    half = len(features) // 2
    distances = []
    for _ in range(repeats):
        order = random.permutation(len(features))
        distances.append(frechet_distance(features[order[:half]], features[order[half:]]))
    return float(np.mean(distances))


def diversity(features_ND: Array) -> float:
    """Mean Euclidean distance over all unordered pairs of vectors."""
    return float(pdist(_several(features_ND)).mean())


def _several(features_ND: Array, least: int = 2) -> Float:
    features = np.asarray(features_ND, dtype=np.float64)
    if features.ndim != 2 or len(features) < least:
        raise UnsuitableInput(
            f"{len(features)} motions are too few for a distribution; at least {least} are needed"
        )
    return features
