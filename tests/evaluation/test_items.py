"""Which clips a folder holds, and which song belongs to which."""

from __future__ import annotations

import json

import pytest

from pipelines.evaluation.items import (
    Item,
    content_of,
    is_video,
    list_items,
    unmatched,
    with_music,
)
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


def test_a_single_file_is_a_clip_of_its_stem(tmp_path):
    touch(tmp_path / "a.b.npz", tmp_path / "clip.webm")
    assert list_items(tmp_path / "a.b.npz", ("motion",)) == [Item("a.b", tmp_path / "a.b.npz")]
    (video,) = list_items(tmp_path / "clip.webm", ("video",))
    assert video.music == video.path


@pytest.mark.parametrize(("name", "is_one"), [("a.MP4", True), ("a.gif", True), ("a.npz", False)])
def test_videos_by_suffix(tmp_path, name, is_one):
    assert is_video(tmp_path / name) is is_one


def test_a_song_for_all_begins_at_its_start(tmp_path):
    touch(tmp_path / "song.mp3")
    items = [Item("a", tmp_path, tmp_path / "own.wav", 12.5)]
    assert with_music(items, tmp_path / "song.mp3") == [Item("a", tmp_path, tmp_path / "song.mp3")]


def test_records_without_a_song_or_with_a_gone_one_say_nothing(tmp_path):
    touch(tmp_path / "r" / "motion.npz")
    for record in ({"config": {}}, {"config": {"song": "gone.wav"}}, {"config": {"song": 3}}, {}):
        (tmp_path / "r" / "run.json").write_text(json.dumps(record))
        assert list_items(tmp_path, ("motion",))[0].music is None


def test_content_is_of_the_clip_its_music_and_where_that_begins(tmp_path):
    for name in ("a.npz", "b.npz", "song.wav"):
        (tmp_path / name).write_bytes(name[-3:].encode())
    one, same = Item("a", tmp_path / "a.npz"), Item("b", tmp_path / "b.npz")
    assert content_of(one) == content_of(same)
    heard = Item("a", tmp_path / "a.npz", tmp_path / "song.wav")
    assert content_of(heard)[:1] == content_of(one)[:1] and len(content_of(heard)) == 3
    later = Item("a", tmp_path / "a.npz", tmp_path / "song.wav", 0.5)
    assert content_of(later)[:-1] == content_of(heard)[:-1] and content_of(later)[-1] == "0.500000"
    video = Item("a", tmp_path / "a.npz", tmp_path / "a.npz")
    assert content_of(video) == content_of(one), "a video's own sound is in its file"


def test_content_of_a_folder_is_of_all_its_frames(tmp_path):
    touch(*(tmp_path / "clip" / f"{k}_keypoints.json" for k in range(3)))
    item = Item("clip", tmp_path / "clip")
    assert len(content_of(item)) == 4
    (tmp_path / "clip" / "2_keypoints.json").write_bytes(b"y")
    assert len(set(content_of(item))) == 3
