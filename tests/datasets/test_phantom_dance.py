"""PhantomDance: a JSON is known by its first bytes, without reading megabytes of rotations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.datasets.phantom_dance import (
    is_phantom_dance,
    is_phantom_motion,
    list_phantom_dance,
)


def motion(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"bone_name": ["pelvis"], "root_positions": [], "rotations": []}))
    return path


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('{"bone_name": ["pelvis"]}', True),
        ('{"fps": 30, "bone_name": []}', True),
        ('{"bones": []}', False),
        ("", False),
        ("bone_name", False),
    ],
)
def test_known_by_its_first_key(tmp_path: Path, text: str, known: bool) -> None:
    (tmp_path / "a.json").write_text(text)
    assert is_phantom_motion(tmp_path / "a.json") is known
    assert is_phantom_dance(tmp_path) is known


def test_only_the_head_is_read(tmp_path: Path) -> None:
    padding = " " * 5000
    (tmp_path / "late.json").write_text(f'{{{padding}"bone_name": []}}')
    assert not is_phantom_motion(tmp_path / "late.json")


def test_bytes_that_are_no_text_are_no_motion(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(bytes(range(256)) * 40)
    assert not is_phantom_motion(tmp_path / "a.json")


def test_takes_with_the_song_of_their_name(tmp_path: Path) -> None:
    first, second = motion(tmp_path / "motion" / "b.json"), motion(tmp_path / "motion" / "a.json")
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "b.wav").touch()
    (tmp_path / "readme.json").write_text("{}")
    listing = list_phantom_dance(tmp_path)
    assert [(t.name, t.motion, t.music, t.group, t.genre) for t in listing.takes] == [
        ("a", second, None, "a", None),
        ("b", first, tmp_path / "music" / "b.wav", "b", None),
    ]
    assert listing.skipped == [
        f"{tmp_path / 'readme.json'}: not a PhantomDance motion (no bone_name)"
    ]


def test_twenty_other_files_decide_that_a_folder_is_something_else(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"a{number:02d}.json").write_text("{}")
    motion(tmp_path / "z.json")
    assert not is_phantom_dance(tmp_path)
    (tmp_path / "a00.json").unlink()
    assert is_phantom_dance(tmp_path)
