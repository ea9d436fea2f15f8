"""What a contrastive evaluator adds to clips and to a set."""

import numpy as np
import pytest

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.evaluation.matching import POINTS, Matched, MatchMeasurer
from pipelines.support.errors import MissingAsset


@pytest.fixture
def measurer(contrastive_evaluator, tmp_path):
    return MatchMeasurer(contrastive_evaluator, "cpu", tmp_path / "kept")


def test_points_of_a_dance_and_its_song_found_again(measurer, dance, tiny_song, tmp_path):
    matched, item = Matched(), Item("a", tmp_path / "a.npz", tiny_song)
    found = measurer.features(item, dance(0, 90), matched)
    assert found[POINTS].shape == (2, 16) == matched.music["a"].shape
    assert len(list((tmp_path / "kept").iterdir())) == 1
    again = measurer.features(item, dance(0, 90), Matched())
    np.testing.assert_array_equal(again[POINTS], found[POINTS])


def test_clips_without_music_are_named(measurer, dance, tmp_path):
    matched = Matched()
    assert measurer.features(Item("a", tmp_path), dance(0, 90), matched) == {}
    missing = Item("b", tmp_path, tmp_path / "no.wav")
    assert measurer.features(missing, dance(0, 90), matched) == {}
    assert matched.score([Clip("a"), Clip("b")]) == [
        "2 clips have no R@5 and MM-Dist (a: no music of its name)"
    ]


def test_scores_of_a_set_count_windows():
    matched = Matched()
    for number in range(8):
        windows = 1 + number % 2
        matched.music[f"c{number}"] = np.full((windows, 2), [number, 0.0])
        matched.dance[f"c{number}"] = np.full((windows, 2), [number, 3.0])
    matched.dance["c7"] = np.full((2, 2), [-9.0, 0.0])
    clips = [Clip(f"c{n}") for n in range(8)]
    (line,) = matched.score(clips)
    assert line.startswith("R@5 among 12 windows of 8 clips; by chance 0.4")
    assert clips[0].scores == {"r5": 1.0, "mm_dist": 3.0}
    assert clips[7].scores == {"r5": 0.0, "mm_dist": 16.0}
    assert clips[7].weights == {"r5": 2.0, "mm_dist": 2.0}


def test_settings_and_a_missing_folder(measurer, tmp_path):
    assert measurer.settings()["window"] == 60 and len(measurer.settings()["weights"]) == 64
    with pytest.raises(MissingAsset, match="no contrastive evaluator in"):
        MatchMeasurer(tmp_path, "cpu", tmp_path)
