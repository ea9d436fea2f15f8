"""Which files of a folder are read, and what is known of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.dance_files import dance_files
from pipelines.datasets.paired import save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.bvh import save_bvh
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def motion(dancing):
    return replace(dancing(110.0, seconds=5), genre=None)


def test_a_file_alone_and_a_folder_of_files(motion, tmp_path: Path) -> None:
    save_npz(motion, tmp_path / "polka" / "one.npz")
    save_bvh(motion, tmp_path / "two.bvh")
    (tmp_path / "polka" / "one.wav").write_bytes(b"RIFF")
    (tmp_path / "three.fbx").write_bytes(b"x")
    found, skipped = dance_files(tmp_path, tmp_path / "cache")
    assert [(one.name, one.has_song) for one in found] == [("polka/one", True), ("two", False)]
    assert len(found[0].files) == 2 and len(skipped) == 1 and "export it as BVH" in skipped[0]
    (alone,), _ = dance_files(tmp_path / "two.bvh", tmp_path / "cache")
    (take,) = alone.read().takes
    assert (take.name, take.genre) == ("two", tmp_path.name.replace("_", " ").lower())
    assert take.collection == tmp_path.name


def test_finedance_keeps_its_labels_split_and_dull_starts(motion, tmp_path: Path) -> None:
    root = tmp_path / "finedance"
    for folder in ("motion", "label_json", "music_npy"):
        (root / folder).mkdir(parents=True)
    array = np.zeros((240, 315), np.float32)
    array[:, 1], array[:, 3:] = 1.3, np.tile([1, 0, 0, 0, 1, 0], 52)
    features = np.zeros((240, 35), np.float32)
    features[::15, 34] = 1
    for number in ("001", "063", "116"):
        np.save(root / "motion" / f"{number}.npy", array)
        np.save(root / "music_npy" / f"{number}.npy", features)
        (root / "label_json" / f"{number}.json").write_text(json.dumps({"style2": "Urban"}))
    found, skipped = dance_files(root, tmp_path / "cache")
    assert [(one.name, one.has_song) for one in found] == [("001", True), ("063", True)]
    assert "ignore list" in skipped[0]
    takes = [one.read().takes for one in found]
    assert [take.genre for of in takes for take in of] == ["urban", "urban"]
    assert [take.split for of in takes for take in of] == ["train", "test"]
    assert all(take.collection == "FineDance" for of in takes for take in of)


def test_aist_and_motorica_give_their_styles(motion, tmp_path: Path) -> None:
    save_bvh(motion, tmp_path / "m" / "kthmisc_gCH_sFM_cAll_d02_mCH_ch01.bvh")
    (found,), _ = dance_files(tmp_path / "m", tmp_path / "cache")
    assert found.read().takes[0].genre == "charleston"


def test_pairs_are_counted_by_their_music(motion, tmp_path: Path) -> None:
    features = np.zeros((motion.frames, 35), np.float32)
    features[5::18, 34] = 1
    pair = PairedSequence(replace(motion, genre="Salsa"), features, "t7", "g7", "test")
    save_pair(pair, "a song", "paired", tmp_path / "pair-1.npz")
    (found,), _ = dance_files(tmp_path, tmp_path / "cache")
    (take,) = found.read().takes
    assert (take.name, take.group, take.split, take.genre) == ("t7", "g7", "test", "salsa")
    assert take.pulses[0].known and take.pulses[0].bpm == pytest.approx(100, abs=1)


def test_partners_of_cmu_are_read_together(motion, tmp_path: Path) -> None:
    for name in ("60_03_scaled", "61_03_scaled", "60_04_scaled"):
        save_bvh(motion, tmp_path / f"{name}.bvh")
    found, _ = dance_files(tmp_path, tmp_path / "cache")
    assert [len(one.files) for one in found] == [2, 1]
    takes = found[0].read().takes
    assert {(take.group, take.genre, take.couple) for take in takes} <= {("60_03", "salsa", True)}


def test_another_label_or_song_is_other_work(motion, tmp_path: Path) -> None:
    save_npz(motion, tmp_path / "a" / "one.npz")
    save_npz(motion, tmp_path / "b" / "one.npz")
    (one,), _ = dance_files(tmp_path / "a", tmp_path)
    (other,), _ = dance_files(tmp_path / "b", tmp_path)
    assert one.told != other.told


def test_what_holds_no_dance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such folder"):
        dance_files(tmp_path / "nowhere", tmp_path)
    with pytest.raises(UnsuitableInput, match="no motion file") as caught:
        dance_files(tmp_path, tmp_path)
    assert ".bvh" in caught.value.hint
    (tmp_path / "x.fbx").write_bytes(b"x")
    with pytest.raises(UnsuitableInput) as caught:
        dance_files(tmp_path, tmp_path)
    assert "export it as BVH" in caught.value.hint
