"""Which data set a folder is taken for, and what is listed of it."""

from __future__ import annotations

from pathlib import Path

from pipelines.datasets.layouts import DATA_SETS, list_data_set, list_every_dance


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_of_nothing_known_is_motion_files(tmp_path: Path) -> None:
    touch(tmp_path, "a/one.bvh", "two.npz", "two.wav", "three.fbx", "four.json")
    name, listing = list_data_set(tmp_path)
    assert name == "motion files"
    assert [take.name for take in listing.takes] == ["one", "two"]
    assert listing.takes[1].music == tmp_path / "two.wav"
    assert len(listing.skipped) == 1


def test_the_first_data_set_that_knows_a_folder_lists_it(tmp_path: Path) -> None:
    touch(tmp_path, "motion/001.npy", "music_wav/001.wav", "elsewhere/dance.bvh")
    name, listing = list_data_set(tmp_path)
    assert name == "FineDance"
    assert [take.name for take in listing.takes] == ["001"]
    assert list_every_dance(tmp_path) == listing


def test_dances_beside_a_data_set_that_shares_its_folder_are_found_too(tmp_path: Path) -> None:
    motorica = "kthjazz_gJZ_sFM_cAll_d01_mJZ_ch01"
    touch(tmp_path, f"{motorica}.bvh", "mine.npz")
    name, listing = list_data_set(tmp_path)
    assert name == "Motorica"
    assert [take.name for take in listing.takes] == [motorica]
    everything = {take.name: take.genre for take in list_every_dance(tmp_path).takes}
    assert everything == {motorica: "Jazz", "mine": None}


def test_names_are_told_apart(tmp_path: Path) -> None:
    assert len({row.name for row in DATA_SETS}) == len(DATA_SETS)
    assert not any(row.recognises(tmp_path) for row in DATA_SETS)
