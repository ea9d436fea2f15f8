"""Finds which beat a dancer counts as "one", in windows of dance that share a style.

A basic step repeats every bar, begun with one foot or the other; but the beats of a song, let alone
of a song that the take was warped onto, do not say where the bar begins. So it is a hidden variable
of each window, found with the style's mean bar in turns (hard expectation-maximisation).

Shapes: N windows, W frames of a window, K = 151 encoded columns, D signals, H harmonics of a bar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT
from pipelines.motion import layout, mirroring
from pipelines.rhythm.beat_clock import PERIODS, Float

BAR = max(PERIODS)
"""Beats in a bar as dancers count: both feet have led once."""

_HARMONICS = np.arange(1, 2 * BAR + 1)
_SIXES = slice(layout.six(JOINT["left_hip"]).start, layout.six(JOINT["right_ankle"]).stop)
"""Of the legs, and of the two lower joints of the spine, which lie between theirs."""
_COLUMNS = np.r_[layout.contacts, _SIXES]
_CONTACT_WEIGHT = 0.3
_STARTS = 3
_ROUNDS = 30

Spectra = NDArray[np.complex64]


def bar_spectra(windows: Iterable[tuple[NDArray[Any], Float]]) -> Spectra:
    """What of the legs' movement repeats with the bar: (N, H, D); zeros without a count.

    Args:
        windows: encoded motion (W, K) and the count of beats (W,) of each.
    """
    spectra = []
    for x_WK, count_W in windows:
        signal_WD = x_WK[:, _COLUMNS].astype(np.float64)
        signal_WD[:, : layout.contacts.stop] *= _CONTACT_WEIGHT
        signal_WD -= signal_WD.mean(0)
        turn_W = np.exp(-2j * np.pi / BAR * np.nan_to_num(count_W))
        turns = np.multiply.accumulate(np.broadcast_to(turn_W, (len(_HARMONICS), len(turn_W))))
        known = np.isfinite(count_W).all()
        spectra.append((turns @ signal_WD / len(count_W) * known).astype(np.complex64))
    return np.stack(spectra)


def mirror_spectra(spectra_NHD: Spectra) -> Spectra:
    """The spectra of the windows' mirror images."""
    place = {int(column): number for number, column in enumerate(_COLUMNS)}
    order = [place[int(column)] for column in mirroring.COLUMNS[_COLUMNS]]
    mirrored: Spectra = spectra_NHD[..., order] * mirroring.SIGNS[_COLUMNS]
    return mirrored


def align_bars(spectra_NHD: Spectra, labels: Sequence[str]) -> Float:
    """Which count each window's dancer calls "one": (N,) whole numbers in 0 ... 3.

    For each label (a style) a mean bar and the windows' ones are found in turns, starting from
    three random guesses, of which the one that explains most is kept.

    Args:
        spectra_NHD: from `bar_spectra`.
        labels: a style for each window; each has a bar of its own.
    """
    ones = np.zeros(len(spectra_NHD))
    names = np.array(labels)
    for name in sorted(set(labels)):
        rows = np.flatnonzero(names == name)
        found = [
            _aligned(spectra_NHD[rows], np.random.default_rng(start)) for start in range(_STARTS)
        ]
        ones[rows] = max(found, key=lambda pair: pair[1])[0]
    return ones


def _aligned(spectra_NHD: Spectra, random: np.random.Generator) -> tuple[NDArray[np.int64], float]:
    """Ones by alternating between the mean bar and each window's best turn of it, and the fit."""
    turned_OH = np.exp(2j * np.pi * np.outer(np.arange(BAR), _HARMONICS / BAR)).astype(np.complex64)
    spectra_HND = np.ascontiguousarray(spectra_NHD.transpose(1, 0, 2))
    ones = random.integers(0, BAR, len(spectra_NHD))
    fit = -np.inf
    for _ in range(_ROUNDS):
        mean_H1D = turned_OH.T[:, None, ones] @ spectra_HND / len(ones)
        shared_HN = (spectra_HND @ mean_H1D.conj().swapaxes(1, 2))[..., 0]
        score_NO = np.real(shared_HN.T @ turned_OH.T)
        ones = score_NO.argmax(1)
        better = float(score_NO.max(1).sum())
        if better <= fit * (1 + 1e-6):
            break
        fit = better
    return ones, fit
