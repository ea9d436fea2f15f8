"""Folders without a layout: a workspace of ours, and motion files of any kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.datasets.loose_files import (
    every_motion_file,
    is_workspace,
    list_motion_files,
    list_workspace,
)

PHANTOM = '{"bone_name": []}'


def put(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(PHANTOM if name.endswith(".json") else "")
    return root


def test_a_workspace_holds_motions(tmp_path: Path) -> None:
    assert not is_workspace(put(tmp_path, "motions/readme.txt", "a.npz"))
    assert is_workspace(put(tmp_path, "motions/a.npz"))


def test_a_workspaces_takes_find_their_song_and_features(tmp_path: Path) -> None:
    put(tmp_path, "motions/b.npz", "motions/60_03a.npz", "motions/c.bvh", "music/b.mp3",
        "features/60_03a.npz", "features/pair-0.npz")  # fmt: skip
    listing = list_workspace(tmp_path)
    assert [(t.name, t.group, t.music, t.features) for t in listing.takes] == [
        ("60_03a", "60_03", None, tmp_path / "features/60_03a.npz"),
        ("b", "b", tmp_path / "music/b.mp3", None),
    ]
    assert listing.skipped == []


def test_captured_clips_are_takes_held_out_with_their_video(tmp_path: Path) -> None:
    put(tmp_path, "clips/a/motion.npz", "clips/a/music.wav", "clips/b/motion.npz",
        "clips/c/video.mp4", "clips/d/motion.npz", "clips/e/motion.npz")  # fmt: skip
    for name, kept, capture in (("a", True, {}), ("b", True, {}), ("c", False, {"reason": "dark"}),
                                ("d", False, {})):  # fmt: skip
        facts = {"source": {"sha256": "ab"}, "kept": kept, "split": "test", "genre": "salsa",
                 "capture": capture}  # fmt: skip
        (tmp_path / f"clips/{name}/clip.json").write_text(json.dumps(facts))
        (tmp_path / f"clips/{name}/capture.json").write_text("{}")
    (tmp_path / "clips/e/capture.json").write_text("{}")
    assert is_workspace(tmp_path)
    listing = list_workspace(tmp_path)
    assert [(t.name, t.music, t.genre, t.group, t.split) for t in listing.takes] == [
        ("a", tmp_path / "clips/a/music.wav", "salsa", "ab", "test"),
        ("b", None, "salsa", "ab", "test"),
    ]
    assert listing.skipped == [
        f"{tmp_path / 'clips/c'}: no dance in it (dark)",
        f"{tmp_path / 'clips/e'}: its capture was not finished; run curate again",
    ]


def test_songs_beside_a_workspace_are_not_its_music(tmp_path: Path) -> None:
    listing = list_workspace(put(tmp_path, "motions/a.npz", "a.wav"))
    assert [take.music for take in listing.takes] == [None]


@pytest.mark.parametrize("suffix", [".npz", ".bvh", ".amc", ".pkl", ".npy", ".NPZ", ".Bvh"])
def test_motion_files_anywhere_with_the_song_of_their_name(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, f"deep/er/dance{suffix}", "songs/dance.wav", "songs/other.wav", "notes.txt")
    for listed in (list_motion_files, every_motion_file):
        (take,) = listed(tmp_path).takes
        assert (take.name, take.motion.name) == ("dance", f"dance{suffix}")
        assert take.music == tmp_path / "songs/dance.wav"


def test_cmu_partners_share_a_group_in_a_loose_folder(tmp_path: Path) -> None:
    listing = list_motion_files(put(tmp_path, "60_05.bvh", "61_05.bvh", "solo.bvh"))
    assert [take.group for take in listing.takes] == ["60_05", "60_05", "solo"]


@pytest.mark.parametrize("suffix", [".fbx", ".c3d", ".vmd", ".trc", ".glb", ".FBX"])
def test_formats_without_a_reader_are_named_and_say_what_to_do(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, f"a{suffix}")
    for listed in (list_motion_files, every_motion_file):
        listing = listed(tmp_path)
        assert listing.takes == []
        assert listing.skipped[0].startswith(f"{tmp_path / f'a{suffix}'}: no reader for")
        assert listing.skipped[0].endswith("export it as BVH")


def test_every_motion_file_takes_phantom_json_but_no_other(tmp_path: Path) -> None:
    put(tmp_path, "a.json")
    (tmp_path / "b.json").write_text("{}")
    listing = every_motion_file(tmp_path)
    assert [take.name for take in listing.takes] == ["a"]
    assert listing.skipped == [f"{tmp_path / 'b.json'}: not a PhantomDance motion (no bone_name)"]
    assert list_motion_files(tmp_path).takes == []


def test_a_video_beside_a_dance_is_not_its_song_when_drawing_it(tmp_path: Path) -> None:
    put(tmp_path, "dance.npz", "dance.mp4")
    (drawn,) = every_motion_file(tmp_path).takes
    (trained,) = list_motion_files(tmp_path).takes
    assert drawn.music is None
    assert trained.music == tmp_path / "dance.mp4"


def test_hidden_files_and_folders_with_a_suffix_are_no_dances(tmp_path: Path) -> None:
    put(tmp_path, ".dance-x.part.npz", "takes.npz/a.bvh")
    assert [take.name for take in every_motion_file(tmp_path).takes] == ["a"]


def test_bodies_without_a_motion_are_no_dances(tmp_path):
    """AMASS's folders as downloaded hold shape.npz and *_stagei.npz."""
    for name in ("shape.npz", "neutral_stagei.npz", "dance_stageii.npz", "reshape.npz"):
        (tmp_path / name).write_bytes(b"")
    names = {take.motion.name for take in every_motion_file(tmp_path).takes}
    assert names == {"dance_stageii.npz", "reshape.npz"}
    assert {take.motion.name for take in list_motion_files(tmp_path).takes} == names
