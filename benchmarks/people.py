"""How well the embedded finder tells one dancer from several, on looks that were labelled by hand.

    python benchmarks/people.py VIDEOS [--only NAME]

VIDEOS is a folder with the videos that people_labels.json names; absent ones are left out. Prints,
for each video, how many looks with several people were found, before and after gaps are filled, and
how many were taken for several although one or nobody performs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.curation.chunks import LOOK_SIDE, steps_for
from pipelines.curation.performers import filled, performers
from pipelines.keypoints.finders import EmbeddedFinder
from pipelines.media.wild_video import examine_video, grid_frames

LABELS = Path(__file__).with_name("people_labels.json")


@dataclass(frozen=True)
class Judged:
    """Of one video's looks.

    Attributes:
        several: with two performers or more. found, after: of them, as seen and with gaps filled.
        others: with one performer or nobody. false, false_after: of them, taken for several.
        seconds: CPU seconds per look.
    """

    several: int
    found: int
    after: int
    others: int
    false: int
    false_after: int
    seconds: float


def judged(video: Path, label: dict[str, Any], finder: EmbeddedFinder) -> Judged:
    """What the finder makes of a video's looks, taken as `curate` takes them."""
    wild = examine_video(video)
    step = steps_for(wild.fps).look
    counts: list[int] = []
    last, spent = None, 0.0
    for number, frame in enumerate(grid_frames(wild, wild.fitted(LOOK_SIDE))):
        if number % step == 0:
            before = time.process_time()
            found = performers(finder.find(frame, last, bool(counts) and counts[-1] > 1))
            spent += time.process_time() - before
            last = found[0] if found else None
            counts.append(len(found))
    seen = np.array(counts)
    full = filled(seen)
    looks = np.arange(len(seen))
    several = np.isin(looks, in_spans(label.get("several", [])))
    others = ~several & ~np.isin(looks, in_spans(label.get("unclear", [])))
    return Judged(
        int(several.sum()), int((seen > 1)[several].sum()), int((full > 1)[several].sum()),
        int(others.sum()), int((seen > 1)[others].sum()), int((full > 1)[others].sum()),
        spent / max(1, len(seen)),
    )  # fmt: skip


def in_spans(spans: Sequence[Sequence[int]]) -> list[int]:
    """Every number from the first to the last of each span."""
    return [number for first, last in spans for number in range(first, last + 1)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("videos", type=Path, metavar="VIDEOS")
    parser.add_argument("--only", default="", help="videos with this in their name")
    asked = parser.parse_args(arguments)
    rows: list[Judged] = []
    print(f"{'':<42}{'several':>8}{'found':>7}{'filled':>8}{'others':>8}{'false':>7}{'filled':>8}"
          f"{'CPU s':>8}")  # fmt: skip
    with EmbeddedFinder() as finder:
        for name, label in json.loads(LABELS.read_text(encoding="utf-8"))["videos"].items():
            if asked.only in name and (asked.videos / name).is_file():
                rows.append(judged(asked.videos / name, label, finder))
                _show(name, rows[-1])
    if not rows:
        parser.error(f"{asked.videos}: none of the labelled videos lies there")
    numbers = np.array([(r.several, r.found, r.after, r.others, r.false, r.false_after,
                         r.seconds * (r.several + r.others)) for r in rows])  # fmt: skip
    total = numbers.sum(axis=0)
    counts = [int(number) for number in total[:6]]
    _show("all", Judged(*counts, total[6] / max(1, counts[0] + counts[3])))  # type: ignore[arg-type]


def _show(name: str, row: Judged) -> None:
    print(f"{name:<42}{row.several:>8}{row.found:>7}{row.after:>8}{row.others:>8}{row.false:>7}"
          f"{row.false_after:>8}{row.seconds:>8.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
