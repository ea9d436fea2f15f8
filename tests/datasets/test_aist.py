"""AIST++: names, splits, the ignore list, and songs by music id or by the take's whole name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipelines.datasets.aist import IGNORED_TAKES, TEST_TAKES, is_aist, list_aist

BREAK = "gBR_sBM_cAll_d04_mBR0_ch01"
POP = "gPO_sFM_cAll_d10_mPO1_ch02"
HOUSE = "gHO_sBM_cAll_d19_mHO5_ch10"


def data_set(root: Path, names: Iterable[str], under: str = "") -> Path:
    motions = root / under / "motions"
    motions.mkdir(parents=True)
    for name in names:
        (motions / f"{name}.pkl").touch()
    return motions.parent


def split(folder: Path, **lists: str) -> None:
    (folder / "splits").mkdir(exist_ok=True)
    for name, text in lists.items():
        (folder / "splits" / f"crossmodal_{name}.txt").write_text(text)


@pytest.mark.parametrize("under", ["", "annotations", "aist_plusplus_final"])
def test_known_where_it_was_unpacked_and_one_folder_above(tmp_path: Path, under: str) -> None:
    assert not is_aist(tmp_path)
    folder = data_set(tmp_path, [BREAK], under)
    assert is_aist(tmp_path) and is_aist(folder)
    assert [take.name for take in list_aist(tmp_path).takes] == [BREAK]


@pytest.mark.parametrize("name", ["dance01", "BR_sBM_cAll_d04_mBR0_ch01", f"{BREAK}_copy", ""])
def test_motions_of_other_names_are_not_aist(tmp_path: Path, name: str) -> None:
    data_set(tmp_path, [name])
    assert not is_aist(tmp_path)


def test_without_splits_the_published_ones_hold(tmp_path: Path) -> None:
    tested, learned = "gPO_sBM_cAll_d10_mPO1_ch02", "gPO_sFM_cAll_d10_mPO2_ch02"
    data_set(tmp_path, [BREAK, POP, HOUSE, tested, learned, "gJB_sBM_cAll_d08_mJB0_ch07"])
    listing = list_aist(tmp_path)
    assert [(t.name, t.genre, t.group, t.split) for t in listing.takes] == [
        (BREAK, "BR", BREAK, "val"),
        (tested, "PO", tested, "test"),
        (learned, "PO", learned, "train"),
    ]
    # An ignored one, and two to songs of the test split that are not in it.
    assert len(listing.skipped) == 3


def test_the_test_list_has_two_takes_to_each_of_ten_songs() -> None:
    songs = Counter(name.split("_")[4] for name in TEST_TAKES)
    assert len(songs) == 10 and set(songs.values()) == {2}
    assert all(name.endswith("_ch02") and "_sBM_cAll_" in name for name in TEST_TAKES)
    assert len(IGNORED_TAKES) == 45 and not TEST_TAKES & IGNORED_TAKES


def test_validation_and_test_are_both_held_out(tmp_path: Path) -> None:
    folder = data_set(tmp_path, [BREAK, POP, HOUSE])
    split(folder, train=BREAK, val=f"{POP}\n", test=f"\n{HOUSE}\n")
    assert {t.name: t.split for t in list_aist(tmp_path).takes} == {
        BREAK: "train",
        POP: "val",
        HOUSE: "test",
    }


def test_what_is_left_out_says_why(tmp_path: Path) -> None:
    folder = data_set(tmp_path, [BREAK, POP, HOUSE, "rehearsal"])
    split(folder, train=f"{BREAK}\n{HOUSE}", val="", test="")
    (folder / "ignore_list.txt").write_text(HOUSE)
    listing = list_aist(tmp_path)
    assert [take.name for take in listing.takes] == [BREAK]
    reasons = dict(line.rsplit("/", 1)[1].split(": ", 1) for line in listing.skipped)
    assert reasons == {
        f"{HOUSE}.pkl": "on AIST++'s ignore list",
        f"{POP}.pkl": "in none of the crossmodal splits",
        "rehearsal.pkl": "not an AIST++ name (gBR_sBM_cAll_d04_mBR0_ch01)",
    }


def test_a_song_of_the_takes_whole_name_goes_before_that_of_its_music_id(tmp_path: Path) -> None:
    data_set(tmp_path, [BREAK, POP, HOUSE])
    split(tmp_path, train="\n".join([BREAK, POP, HOUSE]))
    songs = tmp_path / "wav"
    songs.mkdir()
    for name in ("mBR0", "mPO1", BREAK):
        (songs / f"{name}.wav").touch()
    music = {take.name: take.music for take in list_aist(tmp_path).takes}
    assert music == {BREAK: songs / f"{BREAK}.wav", POP: songs / "mPO1.wav", HOUSE: None}
