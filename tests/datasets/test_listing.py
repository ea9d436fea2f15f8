"""What a data set's folder holds: songs by name, list files, and takes that came silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.datasets.listing import (
    SOUND_FORMATS,
    ListedTake,
    Listing,
    lines_of,
    sounds_under,
    without_music,
)


def test_sounds_are_found_anywhere_by_their_name(tmp_path: Path) -> None:
    deep = tmp_path / "cd1" / "wav"
    deep.mkdir(parents=True)
    for name in ("a.wav", "B.MP3", "notes.txt", "c.flac.part"):
        (deep / name).touch()
    (tmp_path / "d.ogg").touch()
    found = sounds_under(tmp_path)
    assert {name: path.name for name, path in found.items()} == {
        "a": "a.wav",
        "B": "B.MP3",
        "d": "d.ogg",
    }


@pytest.mark.parametrize("suffix", SOUND_FORMATS)
def test_every_sound_format_counts_in_either_case(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"low{suffix}").touch()
    (tmp_path / f"high{suffix.upper()}").touch()
    assert sorted(sounds_under(tmp_path)) == ["high", "low"]


def test_of_two_sounds_of_one_name_the_first_by_path_wins(tmp_path: Path) -> None:
    for folder in ("b", "a"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "song.wav").touch()
    assert sounds_under(tmp_path) == {"song": tmp_path / "a" / "song.wav"}


def test_no_folder_has_no_sounds(tmp_path: Path) -> None:
    assert sounds_under(tmp_path / "absent") == {}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", {"a", "b"}),
        ("  a  \r\n\r\n\tb", {"a", "b"}),
        ("a\na\n", {"a"}),
        ("", set()),
        ("\n \n", set()),
    ],
)
def test_lines_are_stripped_and_empty_ones_dropped(tmp_path: Path, text: str, lines: set) -> None:
    (tmp_path / "list.txt").write_text(text)
    assert lines_of(tmp_path / "list.txt") == lines


def test_a_missing_list_is_an_empty_one(tmp_path: Path) -> None:
    assert lines_of(tmp_path / "absent.txt") == set()
    assert lines_of(tmp_path) == set()  # a folder is no list either


def test_silent_takes_have_neither_sound_nor_features() -> None:
    takes = [
        ListedTake("sound", Path("a"), music=Path("a.wav")),
        ListedTake("features", Path("b"), features=Path("b.npy")),
        ListedTake("silent", Path("c")),
    ]
    assert [take.name for take in without_music(takes)] == ["silent"]
    assert without_music([]) == []


def test_listings_do_not_share_their_lists() -> None:
    first = Listing()
    first.takes.append(ListedTake("a", Path("a")))
    first.skipped.append("b")
    assert Listing() == Listing([], [])
