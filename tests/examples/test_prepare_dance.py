"""The script that pairs a library with music, on one take and one composed song."""

from __future__ import annotations

from pathlib import Path

from pipelines.datasets.paired import load_pair

SCRIPT = Path(__file__).parents[2] / "examples" / "prepare_dance.py"
SONGS = SCRIPT.parent


def test_a_folder_without_a_library_is_an_error_of_one_line(python, tmp_path: Path) -> None:
    said = python(SCRIPT, "--library", tmp_path, "--songs", SONGS, "--workspace", tmp_path).wait()
    assert said.returncode == 4 and "Traceback" not in said.stderr


def test_pairs_say_which_of_them_are_held_out(python, library_of, tmp_path: Path) -> None:
    held = tmp_path / "held.txt"
    held.write_text("somebody\n")
    said = python(
        SCRIPT, "--library", library_of("steps"), "--songs", SONGS, "--hold-out", held,
        "--workspace", tmp_path, "--warped", "0", "--composed", "1",
    ).wait()  # fmt: skip
    assert said.stdout.startswith("1 pairs of 1 takes with 1 songs"), said.stderr
    (path,) = (tmp_path / "pairs").glob("*.npz")
    pair = load_pair(path)
    assert (pair.take, pair.split, pair.genre) == ("steps", "test", "house")
