"""The rows of VBench's dimensions: official names, and networks that are loaded once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipelines.evaluation.vbench_dimensions import DIMENSIONS
from pipelines.support.errors import UnsuitableInput

CPU = torch.device("cpu")


def made(key, folder):
    return DIMENSIONS[key].make([folder / name for name in DIMENSIONS[key].files], CPU)


def clip(seed=0, frames=3, size=(64, 80)):
    return np.random.default_rng(seed).integers(0, 256, (frames, *size, 3), dtype=np.uint8)


def test_names_are_vbenchs():
    assert [dimension.name for dimension in DIMENSIONS.values()] == [
        "imaging_quality", "aesthetic_quality", "subject_consistency", "background_consistency",
        "motion_smoothness", "temporal_flickering",
    ]  # fmt: skip


@pytest.mark.parametrize("key", DIMENSIONS)
def test_each_measure_is_fresh_and_the_same(key, vbench_weights):
    maker = made(key, vbench_weights)
    (vbench_weights / "gone").mkdir()
    for name in DIMENSIONS[key].files:
        (vbench_weights / name).rename(vbench_weights / "gone" / name)
    scores = []
    for _ in range(2):
        measure = maker()
        measure.see(clip())
        scores.append(measure.score())
    assert scores[0] == scores[1]
    assert np.isfinite(scores[0]).all()


@pytest.mark.parametrize("key", ["sc", "bc"])
def test_a_still_video_is_consistent(key, vbench_weights):
    measure = made(key, vbench_weights)()
    measure.see(np.repeat(clip(1, 1), 5, axis=0))
    assert measure.score() == (pytest.approx(1, abs=1e-5), 4.0)


@pytest.mark.parametrize("key", [key for key, row in DIMENSIONS.items() if row.files])
def test_the_files_of_another_network_are_refused(key, vbench_weights):
    for name in DIMENSIONS[key].files:
        torch.save({"odd.weight": torch.zeros(2, 2)}, vbench_weights / name)
    with pytest.raises(UnsuitableInput, match="weights of another network"):
        made(key, vbench_weights)
