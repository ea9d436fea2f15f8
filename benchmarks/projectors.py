"""From 3D dance to skeleton: exact projection beside a detector's look at the drawn body.

python benchmarks/projectors.py DANCE [--seconds 8] [--picture PICTURE]

The truth is where the drawn body's own joints are projected to. Exact projection equals it by
construction; what is measured is how far, and how often, the paper's way misses it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from measure import EXAMPLES, table

from pipelines.body.skeleton import JOINT
from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.rendered import detection_errors
from pipelines.keypoints.staging import stage_dance
from pipelines.media.image import load_picture
from pipelines.motion.formats import load_motion


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dance", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--picture", type=Path, default=EXAMPLES / "dancer.png")
    asked = parser.parse_args()
    person = detect_person(load_picture(asked.picture))
    rows = []
    for path in asked.dance:
        dance = load_motion(path).resampled(30.0).sliced(0, round(asked.seconds * 30))
        staged = stage_dance(dance.rotations(), dance.trans, 30.0, person, 540, 960)
        off, there = detection_errors(staged)
        trunk = staged.xy[:, JOINT["neck"]] - staged.xy[:, JOINT["pelvis"]]
        found = there & np.isfinite(off)
        hidden = ~there
        rows.append((
            path.stem, dance.frames, float(np.median(off[found])),
            float(np.quantile(off[found], 0.9)),
            float(100 * np.median(off[found]) / np.median(np.linalg.norm(trunk, axis=-1))),
            float(100 * (there & ~found).sum() / there.sum()),
            float(100 * (hidden & np.isfinite(off)).sum() / max(1, hidden.sum())),
        ))  # fmt: skip
    table(
        ("540x960", "frames", "median px", "90 % px", "median, % of trunk", "missed %",
         "turned away, yet shown %"),
        rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
