"""The script that makes the library that ships, on a folder of two real takes."""

from __future__ import annotations

import tarfile
from pathlib import Path

from pipelines.motion_expert.library.storage import load_library

SCRIPT = Path(__file__).parents[2] / "examples" / "prepare_library.py"


def test_prepares_what_it_finds_and_says_what_it_leaves_out(
    python, shared_data: Path, tmp_path: Path
) -> None:
    archives = tmp_path / "archives"
    wanted = ("gWA_sBM_cAll_d25_mWA0_ch01", "gJS_sBM_cAll_d01_mJS0_ch01")
    for name in ("aistpp-164-bvh30-ccby4", "aistpp-164-t2-source-ccby4"):
        with tarfile.open(shared_data / "motion" / f"{name}.tar.xz") as tar:
            for member in tar:
                if Path(member.name).name.startswith(wanted):
                    tar.extract(member, archives, filter="data")
    said = python(SCRIPT, archives, "--out", tmp_path / "library").wait()
    assert said.stdout.startswith("1 takes, 0.2 minutes"), said.stderr
    assert "left out gJS_sBM_cAll_d01_mJS0_ch01: hardly moves" in said.stderr
    (take,) = load_library(tmp_path / "library").takes
    assert (take.genre, take.dancer) == ("waack", "AIST d25")


def test_a_folder_without_dance_is_an_error_of_one_line(python, tmp_path: Path) -> None:
    said = python(SCRIPT, tmp_path, "--out", tmp_path / "library").wait()
    assert said.returncode == 3 and "Traceback" not in said.stderr
    assert not (tmp_path / "library").exists()
