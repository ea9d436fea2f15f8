"""What can be told without a model; whole runs are in appearance_expert/training/."""

from pathlib import Path

import pytest

from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.progress import SILENT
from pipelines.train_appearance import (
    TrainAppearanceConfig,
    TrainAppearanceResult,
    failure,
    train_appearance,
)


def result(failed):
    return TrainAppearanceResult(Path("r"), None, None, 0, None, 0.0, 0.0, 7, 9, [], failed)


def test_clips_that_could_not_be_encoded_are_counted():
    assert failure(result([])) is None
    error = failure(result([{"file": "a.mp4", "reason": "black"}]))
    assert error.exit_code == 5
    assert "1 of 7 clips" in error.what


def test_bad_flags_and_missing_models_are_named_before_anything_is_read(tmp_path):
    with pytest.raises(BadUsage, match="--data"):
        train_appearance(TrainAppearanceConfig(workspace=tmp_path / "w"), SILENT)
    config = TrainAppearanceConfig(data=("clips",), model=str(tmp_path), workspace=tmp_path / "w")
    with pytest.raises(MissingAsset):
        train_appearance(config, SILENT)
    assert not (tmp_path / "w").exists()
