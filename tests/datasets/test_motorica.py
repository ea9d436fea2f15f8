"""Motorica: BVH by name, genres spelt out, songs of the same name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.datasets.motorica import TEST_TAKES, is_motorica, list_motorica

CHARLESTON = "kthjazz_gCH_sFM_cAll_d02_mCH_ch01_beatlestreet"
STREET = "kthstreet_gPO_sFM_cAll_d02_mPO_ch01_soul_003"


def bvh(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.bvh").touch()
    return folder


def test_known_by_one_name_anywhere_below(tmp_path: Path) -> None:
    bvh(tmp_path / "a", "05_02", "walk")
    assert not is_motorica(tmp_path)
    bvh(tmp_path / "a" / "b", STREET)
    assert is_motorica(tmp_path)


@pytest.mark.parametrize(
    ("code", "genre"),
    [("LH", "Hiphop"), ("KR", "Krump"), ("PO", "Popping"), ("LO", "Locking"), ("JZ", "Jazz"),
     ("CH", "Charleston"), ("TP", "Tapping"), ("CA", "Casual"), ("ch", "Charleston"),
     ("XX", "XX")],
)  # fmt: skip
def test_genres_are_spelt_out_and_unknown_codes_kept(tmp_path: Path, code: str, genre: str) -> None:
    bvh(tmp_path, f"kthjazz_g{code}_sFM_cAll_d02_m{code}_ch01_x")
    assert [take.genre for take in list_motorica(tmp_path).takes] == [genre]


def test_a_take_is_its_own_group_with_the_song_of_its_name(tmp_path: Path) -> None:
    bvh(tmp_path / "BVH", STREET, CHARLESTON)
    (tmp_path / "wav").mkdir()
    song = tmp_path / "wav" / f"{CHARLESTON}.wav"
    song.touch()
    takes = list_motorica(tmp_path).takes
    assert [(t.name, t.group, t.split, t.music) for t in takes] == [
        (CHARLESTON, CHARLESTON, "train", song),
        (STREET, STREET, "train", None),
    ]
    assert takes[0].motion == tmp_path / "BVH" / f"{CHARLESTON}.bvh"


def test_singles_without_a_song_in_their_name_are_motorica_too(tmp_path: Path) -> None:
    single = "kthjazz_gTP_sFM_sngl_d02_015"
    bvh(tmp_path, single, STREET)
    found = {take.name: (take.genre, take.split) for take in list_motorica(tmp_path).takes}
    assert found == {single: ("Tapping", "test"), STREET: ("Popping", "train")}


def test_the_test_list_is_of_every_style() -> None:
    assert len(TEST_TAKES) == 10
    assert {name.split("_")[1] for name in TEST_TAKES} == {
        f"g{code}" for code in ("CH", "JZ", "TP", "CA", "KR", "LH", "LO", "PO")
    }


def test_other_names_are_left_out_with_a_reason(tmp_path: Path) -> None:
    bvh(tmp_path, CHARLESTON, "kth_practice", "05_02")
    listing = list_motorica(tmp_path)
    assert [take.name for take in listing.takes] == [CHARLESTON]
    assert [line.split("/")[-1] for line in listing.skipped] == [
        f"{name}.bvh: not a Motorica name (kth..._gCH_sFM_cAll_d01_...)"
        for name in ("05_02", "kth_practice")
    ]
