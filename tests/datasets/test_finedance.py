"""FineDance: the published split, the ignore list, dull starts, labels and the choice of music."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.datasets.finedance import IGNORED_IDS, TEST_IDS, is_finedance, list_finedance


def data_set(root: Path, *numbers: str, folders: tuple[str, ...] = ("label_json",)) -> Path:
    for name in ("motion", *folders):
        (root / name).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (root / "motion" / f"{number}.npy").touch()
    return root


@pytest.mark.parametrize("beside", ["label_json", "music_wav", "music_npy"])
def test_known_by_numbered_motions_beside_labels_or_music(tmp_path: Path, beside: str) -> None:
    data_set(tmp_path, "001", folders=())
    assert not is_finedance(tmp_path)
    (tmp_path / beside).mkdir()
    assert is_finedance(tmp_path)


@pytest.mark.parametrize("name", ["1", "0001", "M01", "001_copy"])
def test_other_names_are_not_finedance(tmp_path: Path, name: str) -> None:
    assert not is_finedance(data_set(tmp_path, name))


def test_the_published_test_list_has_twenty_songs_one_of_them_ignored() -> None:
    assert len(TEST_IDS) == 20
    assert len(IGNORED_IDS) == 9
    assert {"120"} == TEST_IDS & IGNORED_IDS
    assert all(len(number) == 3 and 1 <= int(number) <= 211 for number in TEST_IDS | IGNORED_IDS)


def test_the_whole_data_set_splits_into_183_and_19(tmp_path: Path) -> None:
    listing = list_finedance(data_set(tmp_path, *(f"{n:03d}" for n in range(1, 212))))
    splits = [take.split for take in listing.takes]
    assert (splits.count("train"), splits.count("test")) == (183, 19)
    assert len(listing.skipped) == 9
    assert sum("although on the test list" in line for line in listing.skipped) == 1
    assert {t.name for t in listing.takes if t.split == "test"} == TEST_IDS - IGNORED_IDS


def test_mirrored_copies_are_left_out(tmp_path: Path) -> None:
    listing = list_finedance(data_set(tmp_path, "001", "M01"))
    assert [take.name for take in listing.takes] == ["001"]
    assert "M01.npy: not a numbered take" in listing.skipped[0]


def test_sound_is_preferred_to_ready_made_features(tmp_path: Path) -> None:
    data_set(tmp_path, "001", "002", "003", "004", folders=("music_wav", "music_npy"))
    for name in (
        "music_wav/001.wav",
        "music_npy/001.npy",
        "music_npy/002.npy",
        "music_wav/003.wav",
    ):
        (tmp_path / name).touch()
    found = {t.name: (t.music, t.features) for t in list_finedance(tmp_path).takes}
    assert found == {
        "001": (tmp_path / "music_wav/001.wav", None),
        "002": (None, tmp_path / "music_npy/002.npy"),
        "003": (tmp_path / "music_wav/003.wav", None),
        "004": (None, None),
    }


@pytest.mark.parametrize(
    ("label", "genre"),
    [
        ({"style2": "jazz"}, "Jazz"),
        ({"style2": "Jazz"}, "Jazz"),
        ({"style2": " Dai "}, "Dai"),
        ({"style2": "HanTang"}, "HanTang"),
        ({"style2": ""}, None),
        ({"style1": "Folk"}, None),
        ([1, 2], None),
    ],
)
def test_genres(tmp_path: Path, label: object, genre: str | None) -> None:
    data_set(tmp_path, "001")
    (tmp_path / "label_json" / "001.json").write_text(json.dumps(label))
    assert [take.genre for take in list_finedance(tmp_path).takes] == [genre]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_damaged_label_costs_the_genre_only(tmp_path: Path, content: bytes) -> None:
    data_set(tmp_path, "001", "002")
    (tmp_path / "label_json" / "001.json").write_bytes(content)
    assert [take.genre for take in list_finedance(tmp_path).takes] == [None, None]


def test_dull_starts_are_skipped_where_lodge_skips_them(tmp_path: Path) -> None:
    published = {
        "004": 8.0, "005": 10.0, "010": 0.1, "014": 0.1, "067": 6.0, "105": 19.0, "110": 14.0,
        "113": 29.0, "153": 52.0, "211": 22.0,
    }  # fmt: skip
    data_set(tmp_path, *(f"{n:03d}" for n in range(1, 212)))
    skipped = {take.name: take.skip_seconds for take in list_finedance(tmp_path).takes}
    assert {name: seconds for name, seconds in skipped.items() if seconds} == published
