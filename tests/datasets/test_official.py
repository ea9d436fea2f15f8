"""Official splits: which takes a name chooses, and what they are called then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.datasets.listing import ListedTake
from pipelines.datasets.official import list_split, refuse_split_of_pairs, takes_of
from pipelines.support.errors import UnsuitableInput

TAKES = [
    ListedTake("a", Path("a"), split="train", other_splits=("dancer-test",)),
    ListedTake("b", Path("b"), split="val", other_splits=("dancer-train",)),
    ListedTake("c", Path("c"), split="test"),
    ListedTake("d", Path("d")),
]


def chosen(split: str) -> dict[str, str]:
    return {take.name: take.split for take in takes_of(TAKES, split, "here")}


def test_one_split_bears_no_name_so_that_a_share_of_it_is_held_out():
    assert chosen("train") == {"a": ""}
    assert chosen("dancer-train") == {"b": ""}


def test_of_several_each_take_keeps_its_side():
    assert chosen("val+test") == {"b": "val", "c": "test"}
    assert chosen("dancer-train+dancer-test") == {"a": "test", "b": "train"}


def test_a_split_that_is_not_there_says_which_are():
    with pytest.raises(UnsuitableInput, match="nothing of the split dancer-val") as refusal:
        takes_of(TAKES, "dancer-val", "here")
    assert "test (1), train (1), val (1)" in refusal.value.hint
    with pytest.raises(UnsuitableInput) as refusal:
        takes_of([replace(TAKES[3])], "test", "here")
    assert "no official split" in refusal.value.hint


def test_a_folder_is_listed_whole_or_in_part(tmp_path):
    for name in ("motion/001.npy", "motion/063.npy", "music_wav/063.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for split in (None, "all"):
        name, listing = list_split(tmp_path, split)
        assert (name, [take.split for take in listing.takes]) == ("FineDance", ["train", "test"])
    assert [take.name for take in list_split(tmp_path, "test")[1].takes] == ["063"]


def test_prepared_pairs_have_no_part(tmp_path):
    refuse_split_of_pairs(tmp_path, None)
    with pytest.raises(UnsuitableInput, match="prepared pairs"):
        refuse_split_of_pairs(tmp_path, "train")
