"""Which clips a folder holds, and which song belongs to which."""

from __future__ import annotations

import json

import pytest

from pipelines.evaluation.items import Item, list_items, unmatched, with_music
from pipelines.support.errors import UnsuitableInput


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(items):
    return [(item.name, item.path.name) for item in items]


def test_files_of_the_preferred_kind(tmp_path):
    touch(tmp_path / "b.mp4", tmp_path / "a.MP4", tmp_path / "c.json", tmp_path / ".d.mp4",
          tmp_path / "notes.txt")  # fmt: skip
    both = list_items(tmp_path, ("video", "keypoints"))
    assert names(both) == [("a", "a.MP4"), ("b", "b.mp4"), ("c", "c.json")]
    assert both[0].music == tmp_path / "a.MP4"
    assert both[2].music is None
    touch(tmp_path / "b.json")
    assert names(list_items(tmp_path, ("video", "keypoints")))[1] == ("b", "b.mp4")


def test_folders_as_the_workspace_has_them(tmp_path):
    touch(tmp_path / "r1" / "motion.npz", tmp_path / "r1" / "out.mp4", tmp_path / "r1" / "pose.mp4",
          tmp_path / "r2" / "keypoints.npz", tmp_path / "song.wav")  # fmt: skip
    record = {"config": {"song": str(tmp_path / "song.wav"), "start": 12.5}}
    (tmp_path / "r1" / "run.json").write_text(json.dumps(record))
    (motion,) = list_items(tmp_path, ("motion",))
    assert motion == Item("r1", tmp_path / "r1" / "motion.npz", tmp_path / "song.wav", 12.5)
    assert names(list_items(tmp_path, ("video", "keypoints"))) == [
        ("r1", "out.mp4"), ("r2", "keypoints.npz"),
    ]  # fmt: skip
    (tmp_path / "r1" / "run.json").write_text("[]")
    assert list_items(tmp_path, ("motion",))[0].music is None


def test_openpose_folders(tmp_path):
    touch(tmp_path / "clip" / "clip_0001_keypoints.json")
    assert names(list_items(tmp_path, ("video", "keypoints"))) == [("clip", "clip")]


def test_songs_by_name_by_aist_id_and_one_for_all(tmp_path):
    touch(tmp_path / "mBR0.wav", tmp_path / "x.mp3", tmp_path / "notes.txt")
    items = [Item("gBR_sBM_cAll_d04_mBR0_ch01", tmp_path), Item("x", tmp_path), Item("y", tmp_path)]
    found = [item.music.name if item.music else None for item in with_music(items, tmp_path)]
    assert found == ["mBR0.wav", "x.mp3", None]
    one = with_music(items, tmp_path / "x.mp3")
    assert {item.music for item in one} == {tmp_path / "x.mp3"}
    assert with_music(items, None) == items
    with pytest.raises(UnsuitableInput):
        with_music(items, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsuitableInput, match="no sound files"):
        with_music(items, tmp_path / "empty")


def test_nothing_there(tmp_path):
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(UnsuitableInput):
            list_items(place, ("motion",))


def test_names_without_a_partner(tmp_path):
    a, b = ([Item(name, tmp_path) for name in text] for text in ("abc", "bcd"))
    assert unmatched(a, b) == (["a"], ["d"])
