"""The takes of the dance library that ships, as paired files without music.

    python examples/library_takes.py takes/ --least 2

For trainings that do not listen to the music.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from pipelines.datasets.paired import save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import FPS, load_library
from pipelines.music import layout


def main() -> None:
    """Write one file per take of a style that has at least so many groups of takes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--least", type=int, default=1, help="groups of takes that a style needs")
    options = parser.parse_args()
    library = load_library(SHIPPED)
    groups = defaultdict(set)
    for take in library.takes:
        groups[take.genre].add(take.group)
    kept = [take for take in library.takes if len(groups[take.genre]) >= options.least]
    options.out.mkdir(parents=True, exist_ok=True)
    for take in kept:
        rows = np.arange(take.first, take.first + take.frames)
        poses = library.poses(rows).astype(np.float32)
        places = library.places(rows).astype(np.float32)
        motion = Motion(poses, places, FPS, genre=take.genre, source=take.name)
        silence = np.zeros((take.frames, layout.WIDTH), np.float32)
        sequence = PairedSequence(motion, silence, take.name, take.group)
        save_pair(sequence, "none", "compose", options.out / f"{take.name.replace('/', '_')}.npz")
    print(f"{len(kept)} takes")


if __name__ == "__main__":
    main()
