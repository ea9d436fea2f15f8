"""How well is a dance captured from a video of it? Rendered dances are truth.

    python benchmarks/capture.py --per-style 2 --seconds 5 --out capture

Dances of the shipped library that are held out (examples/held_out_takes.txt) are drawn with
bodies, clothes, light and cameras of all kinds, from the front, from the side and from between, by
a still or a following camera; the embedded pose finder looks at the pictures; the fit gives the
dance back. Printed per style and per view: joint error (MPJPE, about the pelvis), the same after a
similarity transform per frame (PA-MPJPE), error of the root's way (its middle taken out, no
scaling), F1 of standing feet, grade. What the finder saw is kept in --out: run it again to go on.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.body.bodies import open_body
from pipelines.body.variety import draw_look
from pipelines.capture.finding import open_tracker, row_of
from pipelines.capture.fit import fit
from pipelines.capture.landmarks import Landmarks, load_landmarks, save_landmarks
from pipelines.keypoints.blazepose import quiet_stderr
from pipelines.motion.contacts import standing
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.stage import Stage, front_of

HELD_OUT = Path(__file__).parents[1] / "examples" / "held_out_takes.txt"
FPS = 30.0
TURNS = {"front": 0.0, "left of it": np.pi / 4, "side": np.pi / 2, "right of it": -np.pi / 4}
SIZES = ((480, 640), (640, 480), (360, 640))
JUDGED = [joint for joint in range(24) if joint not in (10, 11, 22, 23)]
"""Without toes and hands, which the library's captures do not move."""
COLUMNS = ("mpjpe mm", "pa-mpjpe mm", "way cm", "feet F1", "grade")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--per-style", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--styles", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("capture"))
    return parser.parse_args()


def clips(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What is drawn: dances of each style by chance, views and sizes in turn."""
    library, held = load_library(SHIPPED), set(HELD_OUT.read_text().splitlines())
    random = np.random.default_rng(options.seed)
    by_style: dict[str, list[Any]] = defaultdict(list)
    for take in library.takes:
        if {take.dancer, take.group} & held:
            by_style[take.genre].append(take)
    count = 0
    for style in sorted(by_style):
        for number in random.permutation(len(by_style[style]))[: options.per_style]:
            take = by_style[style][number]
            motion, frames = library.recorded(take).resampled(FPS), round(options.seconds * FPS)
            first = int(random.integers(0, max(1, motion.frames - frames)))
            view = list(TURNS)[count % len(TURNS)]
            yield {"name": f"{style.replace(' ', '-')}-{take.name}", "style": style, "view": view,
                   "camera": "follow" if count % 6 == 5 else "front",
                   "size": SIZES[(count + 1) % len(SIZES)],
                   "motion": motion.sliced(first, first + frames),
                   "seed": int(random.integers(1 << 30))}  # fmt: skip
            count += 1


def watched(clip: dict[str, Any], folder: Path) -> tuple[Landmarks, dict[str, Any]]:
    """The finder's landmarks in the drawn dance, and the truth in the camera's heading."""
    motion, (width, height) = clip["motion"], clip["size"]
    config = RenderConfig(size=f"{width}x{height}", camera=clip["camera"], vary=True)
    look = draw_look(clip["seed"])
    body = open_body("anny", look, None)
    stage = Stage(config, motion, look, body, front_of(motion) + TURNS[clip["view"]])
    try:
        joints, rotation = motion.joints(body.offsets), stage.cameras[0].rotation
        kept = folder / f"{clip['name']}.npz"
        if not kept.is_file():
            with quiet_stderr(), open_tracker() as tracker:
                rows = [row_of(tracker.process(np.ascontiguousarray(p))) for p, _ in stage.frames()]
            seen, still = np.array(rows), np.zeros(len(rows))
            pixels = seen[..., :2] * [width, height]
            visible = np.nan_to_num(seen[..., 2])
            save_landmarks(
                kept, Landmarks(pixels, visible, seen[..., 3:], FPS, width, height, still, still)
            )
    finally:
        stage.close()
    heading = -np.arctan2(-rotation[2, 0], rotation[2, 1])
    turn = np.array([[np.cos(heading), -np.sin(heading), 0],
                     [np.sin(heading), np.cos(heading), 0], [0, 0, 1]])  # fmt: skip
    return load_landmarks(kept), {"joints": joints @ turn.T, "offsets": body.offsets}


def measured(found: Landmarks, truth: dict[str, Any]) -> dict[str, float]:
    """A row of the table."""
    begun = time.process_time()
    captured = fit(found)
    seconds = time.process_time() - begun
    first = round(captured.start * FPS)
    ours = captured.motion.joints(truth["offsets"])
    there = truth["joints"][first : first + len(ours)]
    one, other = (j[:, JUDGED] - j[:, :1] for j in (ours, there))
    way, true_way = (j[:, 0] - j[:, 0].mean(0) for j in (ours, there))
    feet, true_feet = standing(captured.motion.joints(), FPS) > 0, standing(there, FPS) > 0
    both = max(1, int(feet.sum() + true_feet.sum()))
    return {
        "mpjpe mm": 1000 * float(np.linalg.norm(one - other, axis=-1).mean()),
        "pa-mpjpe mm": 1000 * aligned_error(one, other),
        "way cm": 100 * float(np.linalg.norm(way - true_way, axis=-1).mean()),
        "feet F1": 2 * float((feet & true_feet).sum()) / both,
        "grade": captured.grade,
        "times real time": captured.motion.seconds / seconds,
    }


def aligned_error(one_TJ3: Any, other_TJ3: Any) -> float:
    """Metres, after the best similarity transform of each frame."""
    errors = []
    for one, other in zip(one_TJ3, other_TJ3, strict=True):
        a, b = one - one.mean(0), other - other.mean(0)
        left, values, right = np.linalg.svd(a.T @ b)
        signs = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
        turned = a @ (left * signs) @ right
        scale = (values * signs).sum() / (a**2).sum()
        errors.append(np.linalg.norm(scale * turned - b, axis=-1).mean())
    return float(np.mean(errors))


def mean(values: list[float]) -> str:
    return f"{np.mean(values):.3g}"


def interval(values: list[float]) -> str:
    """Mean and the bootstrap's 95 % over clips."""
    random, given = np.random.default_rng(0), np.array(values)
    means = random.choice(given, (2000, len(given))).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{given.mean():.3g} ({low:.3g} to {high:.3g})"


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[dict[str, float]]] = defaultdict(list)
    for clip in clips(options):
        if options.styles and clip["style"] not in options.styles:
            continue
        row = measured(*watched(clip, options.out))
        print(clip["name"], clip["view"], {k: round(v, 2) for k, v in row.items()}, flush=True)
        moves = "following camera" if clip["camera"] == "follow" else f"view: {clip['view']}"
        for name in ("all", clip["style"], moves):
            groups[name].append(row)
    print(f"\n| | clips | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}")
    for name, rows in groups.items():
        shown = interval if name == "all" else mean
        cells = [shown([row[column] for row in rows]) for column in COLUMNS]
        print(f"| {name} | {len(rows)} | {' | '.join(cells)} |")
    speeds = [row["times real time"] for row in groups["all"]]
    print(f"\nThe fit alone: {np.mean(speeds):.1f} times real time, one core.")


if __name__ == "__main__":
    main()
