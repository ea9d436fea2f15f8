"""Prepares the dance library that ships: every known take of CMU, AIST++ and G1 Moves.

`macedance train-motion --expert library --data DANCES/` makes one of any dances. This takes none
but those that are known by their names, whose licences let them ship, and puts them in the order
of their collections. Archives are unpacked first. The same files give the same bytes.

python examples/prepare_library.py archives/ --out pipelines/motion_expert/library/weights
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from macedance_cli.console import open_progress, print_data
from macedance_cli.failures import report
from pipelines.datasets.dance_collection import read_collection
from pipelines.motion_expert.library.prepare import build_library, grid_disagreements
from pipelines.motion_expert.library.storage import FPS, save_library


def main() -> None:
    """Read the command line, the archives, and write the library."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("archives", type=Path, nargs="+", help="folders of unpacked archives")
    parser.add_argument("--out", type=Path, required=True, help="folder for the library")
    given = parser.parse_args()
    progress = open_progress()
    found = read_collection(given.archives, progress=progress)
    for line in found.left_out:
        progress.warn(f"left out {line}")
    library = build_library(found.takes, found.left_out)
    for line in grid_disagreements(library):
        progress.warn(f"off its grid {line}")
    save_library(library, given.out)
    minutes = len(library.steps) / FPS / 60
    print_data(f"{len(library.takes)} takes, {minutes:.1f} minutes: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(report(error))
