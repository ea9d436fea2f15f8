"""Data sets as recordings to judge by: test takes unless asked otherwise, with songs and labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.recordings import recorded_items, with_songs_of
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def finedance(tmp_path):
    for name in ("motion/001.npy", "motion/063.npy", "motion/211.npy", "music_wav/063.wav",
                 "label_json/063.json"):  # fmt: skip
        (tmp_path / "f" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "f" / name).touch()
    (tmp_path / "f" / "label_json" / "063.json").write_text(json.dumps({"style2": "Dai"}))
    return tmp_path / "f"


def test_test_takes_unless_asked_otherwise(finedance):
    items, said = recorded_items(finedance, None)
    assert [item.name for item in items] == ["063", "211"]
    assert said == "FineDance, the test split of its dances: 2 (--split all takes every one)"
    assert recorded_items(finedance, "test") == (items, said.partition(" (")[0])
    assert [item.name for item in recorded_items(finedance, "train")[0]] == ["001"]
    assert len(recorded_items(finedance, "all")[0]) == 3
    assert recorded_items(finedance / "motion", None) == (items, said)


def test_song_label_and_dull_start_come_with_a_take(finedance):
    (first, second), _ = recorded_items(finedance, None)
    assert (first.music, first.genre) == (finedance / "music_wav" / "063.wav", "Dai")
    assert (second.start, second.skip, second.music) == (22.0, 22.0, None)


def test_what_is_no_data_set_is_left_to_others(tmp_path):
    (tmp_path / "a.npz").touch()
    (tmp_path / "kthjazz_gJZ_sFM_sngl_d01_001.bvh").touch()
    assert recorded_items(tmp_path / "a.npz", None) is None
    assert recorded_items(tmp_path / "nowhere", None) is None
    assert recorded_items(tmp_path, None, shared=False) is None
    items, said = recorded_items(tmp_path, None)
    assert len(items) == 1 and said == "Motorica, all of its dances: 1"


def test_no_take_of_a_split(finedance):
    with pytest.raises(UnsuitableInput, match="FineDance"):
        recorded_items(finedance, "val")


def test_songs_are_lent_by_name_to_who_has_none():
    truth = [Item("a", Path("a"), Path("a.wav"), 3.0, 3.0), Item("b", Path("b"))]
    mine = [Item("a", Path("x")), Item("b", Path("y")), Item("c", Path("z"), Path("c.wav"), 1.0)]
    a, b, c = with_songs_of(mine, truth)
    assert (a.music, a.start, a.skip) == (Path("a.wav"), 3.0, 0.0)
    assert (b, c) == (mine[1], mine[2])
