"""Features that came with the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.ready_made import ready_made_features
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures, save_features
from pipelines.support.errors import UnsuitableInput


def array(frames: int = 60) -> np.ndarray:
    random = np.random.default_rng(0)
    values = random.normal(size=(frames, 35))
    values[:, 0] = np.abs(values[:, 0])
    values[:, 33:] = random.random((frames, 2)) < 0.2
    return values


def test_a_bare_array_in_our_order_is_taken(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array())
    features = ready_made_features(tmp_path / "a.npy")
    np.testing.assert_array_equal(features.values, array().astype("f4"))
    assert (features.fps, features.schema) == (30, FEATURE_SCHEMA)
    assert features.values.dtype == np.float32


def test_our_own_archive_is_taken_and_one_of_another_schema_named(tmp_path: Path) -> None:
    values = array().astype("f4")
    save_features(MusicFeatures(values), tmp_path / "a.npz")
    np.testing.assert_array_equal(ready_made_features(tmp_path / "a.npz").values, values)
    save_features(MusicFeatures(values, schema="essentia"), tmp_path / "b.npz")
    with pytest.raises(UnsuitableInput, match="essentia"):
        ready_made_features(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: -np.abs(x), "MEGADance"),
        (lambda x: x + 0.5, "MEGADance"),
        (lambda x: x * np.nan, "NaN or infinity"),
        (lambda x: x[:, :34], r"\(60, 34\), expected \(T, 35\)"),
        (lambda x: x[0], r"\(35,\), expected"),
        (lambda x: np.zeros((9, 438)), "Bailando's"),
        (lambda x: np.zeros((9, 4800)), "EDGE's Jukebox"),
        (lambda x: np.zeros((9, 1024)), "MuQ"),
        (lambda x: np.zeros((9, 55)), "55-d"),
    ],
)
def test_other_features_are_refused_by_name(tmp_path: Path, change, says: str) -> None:
    np.save(tmp_path / "a.npy", change(array()))
    with pytest.raises(UnsuitableInput, match=says):
        ready_made_features(tmp_path / "a.npy")


def test_unreadable_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "object.npy", np.array([{}], dtype=object))
    (tmp_path / "text.npy").write_text("hello")
    np.save(tmp_path / "whole.npy", array())
    (tmp_path / "cut.npy").write_bytes((tmp_path / "whole.npy").read_bytes()[:900])
    for name in ("object", "text", "cut", "absent"):
        with pytest.raises(UnsuitableInput, match="not a readable feature array"):
            ready_made_features(tmp_path / f"{name}.npy")


@pytest.mark.parametrize(
    "odd", [np.zeros((0, 35)), np.float64(3), np.full((9, 35), "a"), np.zeros((9, 35), dtype=bool)]
)
def test_odd_arrays_are_refused_not_stumbled_over(tmp_path: Path, odd: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", odd)
    with pytest.raises(UnsuitableInput, match=r"a\.npy"):
        ready_made_features(tmp_path / "a.npy")
