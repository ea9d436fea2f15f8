"""The script that hands out the library's takes."""

from __future__ import annotations

from pathlib import Path

from pipelines.datasets.paired import load_pair
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library

SCRIPT = Path(__file__).parents[2] / "examples" / "library_takes.py"


def test_takes_of_styles_with_so_many_groups(python, tmp_path: Path) -> None:
    said = python(SCRIPT, "takes", "--least", "14").wait()
    wanted = {
        t.name for t in load_library(SHIPPED).takes if t.genre in ("house", "popping", "salsa")
    }
    files = sorted((tmp_path / "takes").glob("*.npz"))
    assert said.stdout == f"{len(wanted)} takes\n" and len(files) == len(wanted) > 60
    pair = load_pair(files[0])
    assert pair.take in wanted and pair.genre in ("house", "popping", "salsa")
    assert not pair.features.any()
