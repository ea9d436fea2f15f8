"""What a killed process left half made goes; what living ones and other machines make stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.support import part_files
from pipelines.support.files import write_text
from pipelines.support.part_files import part_affixes, sweep_once

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys
from pathlib import Path
from pipelines.support.part_files import part_affixes
prefix, suffix = part_affixes(Path(sys.argv[1]))
print(f"{prefix}abc{suffix}")
"""


@pytest.fixture(autouse=True)
def not_swept(monkeypatch):
    monkeypatch.setattr(part_files, "_swept", set())


def name_by_another_process(target: Path) -> str:
    """The name of a part of a process that has ended."""
    line = [sys.executable, "-c", PROGRAM, str(target)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_name_is_hidden_and_keeps_the_ending(tmp_path):
    prefix, suffix = part_affixes(tmp_path / "dance.npz")
    assert prefix.startswith(".dance-") and suffix == ".part.npz"
    long, _ = part_affixes(tmp_path / ("ä" * 80 + ".mp4"))
    assert len(f"{long}12345678.part.mp4".encode()) < 255


def test_files_and_folders_of_the_dead_go_at_the_first_write(tmp_path):
    left = tmp_path / name_by_another_process(tmp_path / "dance.npz")
    left.write_bytes(b"half")
    folder = tmp_path / name_by_another_process(tmp_path / "video")
    folder.mkdir()
    (folder / "picture.mp4").write_bytes(b"half")
    write_text(tmp_path / "other.json", "{}")
    assert os.listdir(tmp_path) == ["other.json"]


def test_what_the_living_make_stays(tmp_path):
    prefix, suffix = part_affixes(tmp_path / "dance.npz")
    mine = tmp_path / f"{prefix}abc{suffix}"
    mine.touch()
    sweep_once(tmp_path)
    assert mine.exists()


def test_another_machine_cannot_be_asked_so_its_files_stay(tmp_path):
    name = name_by_another_process(tmp_path / "dance.npz")
    theirs = tmp_path / name.replace(part_files._machine(), "0" * 8)
    theirs.touch()
    sweep_once(tmp_path)
    assert theirs.exists()


def test_a_number_that_another_process_has_now_does_not_protect(tmp_path):
    prefix, suffix = part_affixes(tmp_path / "dance.npz")
    begun = part_files._begun(os.getpid())
    earlier = tmp_path / f"{prefix}abc{suffix}".replace(f"-{begun}-", f"-{begun - 1}-")
    earlier.touch()
    sweep_once(tmp_path)
    assert not earlier.exists()


@pytest.mark.parametrize("name", [".bashrc", ".x.part", ".x-1-2-3.part", "a-00000000-1-2-b.part"])
def test_other_peoples_files_stay(tmp_path, name):
    (tmp_path / name).touch()
    sweep_once(tmp_path)
    assert (tmp_path / name).exists()


def test_a_folder_is_looked_through_once(tmp_path):
    sweep_once(tmp_path)
    left = tmp_path / name_by_another_process(tmp_path / "dance.npz")
    left.touch()
    sweep_once(tmp_path)
    assert left.exists()
