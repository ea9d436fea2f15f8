"""Which videos are found, and what their genre is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.curation.sources import list_videos, read_labels
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("salsa/a.mp4", "salsa/late/b.MOV", "c.webm", "salsa/notes.txt", ".hidden/d.mp4"):
        file = tmp_path / "videos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "videos"


def test_folders_name_genres(folder: Path) -> None:
    listing = list_videos([folder])
    assert [(video.name, video.genre) for video in listing.videos] == [
        ("c.webm", None),
        ("salsa/a.mp4", "salsa"),
        ("salsa/late/b.MOV", "salsa"),
    ]
    assert listing.failed == []
    assert list_videos([folder / "c.webm"]).videos[0].name == "c.webm"


def test_a_table_names_genres_instead(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("genre,file\ntango,salsa/a.mp4\nwaltz,c\n")
    found = {video.name: video.genre for video in list_videos([folder], table).videos}
    assert found == {"c.webm": "waltz", "salsa/a.mp4": "tango", "salsa/late/b.MOV": None}
    table.write_text("genre,file\ntango,salsa/a.mp4\nwaltz,nobody\nwaltz,salsa/A.mp4\n")
    assert list_videos([folder], table).unused == ["nobody", "salsa/A.mp4"]
    table.write_text("a;b\n")
    with pytest.raises(UnsuitableInput, match="columns file and genre"):
        read_labels(table)
    with pytest.raises(UnsuitableInput, match=r"labels.*No such file"):
        read_labels(tmp_path / "none.csv")


def test_links_in_circles_are_followed_once_and_named(folder: Path, tmp_path: Path) -> None:
    (folder / "salsa" / "up").symlink_to(folder)
    (folder / "loop.mp4").symlink_to(folder / "loop.mp4")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.mp4").touch()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    listing = list_videos([folder])
    names = [video.name for video in listing.videos]
    assert names == ["c.webm", "linked/e.mp4", "loop.mp4", "salsa/a.mp4", "salsa/late/b.MOV"]
    assert [(p.name, reason) for p, reason in listing.failed] == [
        ("up", "a link that leads back to where it lies")
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_named(folder: Path) -> None:
    (folder / "salsa").chmod(0)
    try:
        listing = list_videos([folder])
    finally:
        (folder / "salsa").chmod(0o755)
    assert listing.failed == [(folder / "salsa", "cannot be read (permission denied)")]


def test_no_video_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no video in there"):
        list_videos([tmp_path])
