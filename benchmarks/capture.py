"""How well is a dance captured from a video of it? Rendered dances are truth.

    python benchmarks/capture.py --per-style 2 --seconds 5 --looks 3 --out capture

Dances of the shipped library that are held out (examples/held_out_takes.txt) are drawn with
bodies, clothes, light and cameras of all kinds, from the front, from the side and from between, by
a still or a following camera; the embedded pose finder looks at the pictures; the fit gives the
dance back. Printed per style and per view: joint error (MPJPE, about the pelvis), the same after a
similarity transform per frame (PA-MPJPE), the error along the sight and across it, that of the
root's way (its middle taken out, no scaling), F1 of standing feet, grade; the same with feet that
are left, locked and restored; how well the grade ranks clips. What the finder saw is kept in --out:
run it again to go on. Intervals are over dances, of which --looks draws several clips each.

Constants were chosen with --learned, which takes dances that are not held out; with --grade it
prints how the joint error goes with what is known without truth, leaving one dance out at a time.
With --half the picture ends at the dancer's hips.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from pipelines.body.bodies import open_body
from pipelines.body.feet import foot_heights
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.body.variety import draw_look
from pipelines.capture.finding import open_tracker, row_of
from pipelines.capture.fit import Captured, fit
from pipelines.capture.landmarks import Landmarks, load_landmarks, save_landmarks
from pipelines.foot_restoration.treatment import LOCK, NONE, RESTORE
from pipelines.keypoints.blazepose import quiet_stderr
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.smoothness import jitter
from pipelines.motion.contacts import standing
from pipelines.motion.front import front_of
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.stage import Stage
from pipelines.support.errors import UnsuitableInput

HELD_OUT = Path(__file__).parents[1] / "examples" / "held_out_takes.txt"
FPS = 30.0
TURNS = {"front": 0.0, "left of it": np.pi / 4, "side": np.pi / 2, "right of it": -np.pi / 4}
SIZES = ((480, 640), (640, 480), (360, 640))
JUDGED = [joint for joint in range(24) if joint not in (10, 11, 22, 23)]
"""Without toes and hands, which the library's captures do not move."""
COLUMNS = ("mpjpe mm", "pa-mpjpe mm", "along mm", "across mm", "way cm", "feet F1", "expected mm",
           "grade")  # fmt: skip
FEET_COLUMNS = ("mpjpe mm", "way cm", "way of 1 s cm", "feet F1", "FSR", "foot jitter",
                "in floor %", "height cm")  # fmt: skip
FEET = list(FOOT_JOINTS)
FIGURES = ("depth_misfit", "misfit", "speed")
RIDGE = 5.0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--per-style", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--styles", nargs="*")
    parser.add_argument("--looks", type=int, default=1, help="views and bodies of every dance")
    parser.add_argument(
        "--learned", action="store_true", help="takes that are not held out: to choose constants on"
    )
    parser.add_argument("--grade", action="store_true", help="fit what the grade expects")
    parser.add_argument("--half", action="store_true", help="the picture ends at the hips")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("capture"))
    return parser.parse_args()


def clips(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What is drawn: dances of each style by chance, views and sizes in turn."""
    library, held = load_library(SHIPPED), set(HELD_OUT.read_text().splitlines())
    random = np.random.default_rng(options.seed)
    by_style: dict[str, list[Any]] = defaultdict(list)
    for take in library.takes:
        if bool({take.dancer, take.group} & held) != options.learned:
            by_style[take.genre].append(take)
    count = 0
    for style in sorted(by_style):
        for number in random.permutation(len(by_style[style]))[: options.per_style]:
            take = by_style[style][number]
            motion, frames = library.recorded(take).resampled(FPS), round(options.seconds * FPS)
            first = int(random.integers(0, max(1, motion.frames - frames)))
            seed = int(random.integers(1 << 30))
            for look in range(options.looks):
                turn = count + look
                name = f"{style.replace(' ', '-')}-{take.name}" + (f"-look{look}" if look else "")
                yield {"name": name, "style": style, "view": list(TURNS)[turn % len(TURNS)],
                       "dance": take.name.rsplit("_ch", 1)[0],
                       "camera": "follow" if turn % 6 == 5 else "front",
                       "size": SIZES[(turn + 1) % len(SIZES)],
                       "motion": motion.sliced(first, first + frames),
                       "seed": (seed + look * 7919) % (1 << 30)}  # fmt: skip
            count += 1


def watched(
    clip: dict[str, Any], folder: Path, half: bool = False
) -> tuple[Landmarks, dict[str, Any]]:
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
            shown = height // 2 if half else height
            with quiet_stderr(), open_tracker() as tracker:
                rows = [
                    row_of(tracker.process(np.ascontiguousarray(picture[:shown])))
                    for picture, _ in stage.frames()
                ]
            seen, still, clothes = np.array(rows), np.zeros(len(rows)), np.zeros((len(rows), 3))
            pixels = seen[..., :2] * [width, shown]
            visible = np.nan_to_num(seen[..., 2])
            found = Landmarks(
                pixels, visible, seen[..., 3:], FPS, width, shown, still, still, clothes
            )
            save_landmarks(kept, found)
    finally:
        stage.close()
    heading = -np.arctan2(-rotation[2, 0], rotation[2, 1])
    turn = np.array([[np.cos(heading), -np.sin(heading), 0],
                     [np.sin(heading), np.cos(heading), 0], [0, 0, 1]])  # fmt: skip
    return load_landmarks(kept), {
        "joints": joints @ turn.T, "offsets": body.offsets, "dance": clip["dance"],
    }  # fmt: skip


def measured(captured: Captured, truth: dict[str, Any]) -> dict[str, Any]:
    """A row of the table."""
    first = round(captured.start * FPS)
    ours, own = captured.motion.joints(truth["offsets"]), captured.motion.joints()
    there = truth["joints"][first : first + len(ours)]
    one, other = (j[:, JUDGED] - j[:, :1] for j in (ours, there))
    way, true_way = (j[:, 0] - j[:, 0].mean(0) for j in (ours, there))
    feet, true_feet = standing(own, FPS) > 0, standing(there, FPS) > 0
    both = max(1, int(feet.sum() + true_feet.sum()))
    heights, right = foot_heights(own), foot_heights(there)
    gone, went = (j[30:, FEET] - j[:-30, FEET] for j in (ours, there))
    return {
        "dance": truth["dance"],
        "mpjpe mm": 1000 * float(np.linalg.norm(one - other, axis=-1).mean()),
        "pa-mpjpe mm": 1000 * aligned_error(one, other),
        "along mm": 1000 * float(np.abs(one - other)[..., 1].mean()),
        "across mm": 1000 * float(np.linalg.norm((one - other)[..., [0, 2]], axis=-1).mean()),
        "way cm": 100 * float(np.linalg.norm(way - true_way, axis=-1).mean()),
        "way of 1 s cm": 100 * float(np.linalg.norm(gone - went, axis=-1).mean()),
        "feet F1": 2 * float((feet & true_feet).sum()) / both,
        "FSR": foot_skating_ratio(own, FPS).ratio,
        "foot jitter": jitter(own[:, FEET], FPS),
        "in floor %": 100 * float((heights < -0.01).mean()),
        "height cm": 100 * float(np.abs(heights.min(1) - right.min(1)).mean()),
        "expected mm": 1000 * captured.figures.expected_error(),
        "grade": captured.grade,
        "legs": captured.figures.legs,
        "danced jitter": jitter(there[:, FEET], FPS),
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


def mean(values: list[float], dances: list[str]) -> str:
    return f"{np.nanmean(values):.3g}"


def resampled(dances: list[str]) -> Iterator[Any]:
    """Rows of 2000 samples of as many dances; views of one dance are not of two minds."""
    random = np.random.default_rng(0)
    rows = [np.flatnonzero(np.array(dances) == dance) for dance in sorted(set(dances))]
    for _ in range(2000):
        yield np.concatenate([rows[one] for one in random.integers(0, len(rows), len(rows))])


def interval(values: list[float], dances: list[str]) -> str:
    """Mean and the bootstrap's 95 % over dances."""
    given = np.array(values)
    low, high = np.percentile([np.nanmean(given[some]) for some in resampled(dances)], [2.5, 97.5])
    return f"{np.nanmean(given):.3g} ({low:.3g} to {high:.3g})"


def rank_correlation(one: Any, other: Any, dances: list[str]) -> str:
    """Spearman's, and the bootstrap's 95 % over dances."""
    pairs = np.array([one, other]).T
    samples = (pairs[some] for some in resampled(dances))
    drawn = [spearmanr(some).statistic for some in samples if np.ptp(some, axis=0).all()]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{spearmanr(pairs).statistic:.2f} ({low:.2f} to {high:.2f})"


def fitted_grade(dances: list[str], seen: list[Captured], errors_mm: list[float]) -> None:
    """Print powers of the figures that give the error, and how they do on dances left out.

    Ridge regression of logarithms, figures standardised.
    """
    x = np.log([[getattr(one.figures, name) for name in FIGURES] for one in seen])
    y, guessed = np.log(errors_mm), np.zeros(len(errors_mm))
    for dance in set(dances):
        out = np.array(dances) == dance
        middle, powers = _ridge(x[~out], y[~out])
        guessed[out] = y[~out].mean() + (x[out] - middle) @ powers
    middle, powers = _ridge(x, y)
    print(f"\nError {np.exp(y.mean()):.1f} mm at "
          + ", ".join(f"{name} {np.exp(m):.4f} to the {p:.2f}"
                      for name, m, p in zip(FIGURES, middle, powers, strict=True)))  # fmt: skip
    print(f"Left out: rank correlation {rank_correlation(np.exp(guessed), errors_mm, dances)}, "
          f"{len(set(dances))} dances")  # fmt: skip


def _ridge(x: Any, y: Any) -> tuple[Any, Any]:
    middle, spread = x.mean(0), x.std(0)
    z = (x - middle) / spread
    powers = np.linalg.solve(z.T @ z + RIDGE * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    return middle, powers / spread


def show(groups: dict[str, list[dict[str, Any]]], columns: tuple[str, ...], every: bool) -> None:
    """Print a table; with intervals in every row, or in the first one."""
    print(f"\n| | clips | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}")
    for number, (name, rows) in enumerate(groups.items()):
        shown = interval if every or number == 0 else mean
        dances = [row["dance"] for row in rows]
        cells = [shown([row[column] for row in rows], dances) for column in columns]
        print(f"| {name} | {len(rows)} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_feet: dict[str, list[dict[str, Any]]] = defaultdict(list)
    seen, spent, danced = [], 0.0, 0.0
    for clip in clips(options):
        if options.styles and clip["style"] not in options.styles:
            continue
        found, truth = watched(clip, options.out, options.half)
        try:
            begun = time.process_time()
            captured = fit(found)
            spent += time.process_time() - begun
        except UnsuitableInput as error:
            print(clip["name"], clip["view"], error.what, flush=True)
            continue
        danced += captured.motion.seconds
        row = measured(captured, truth)
        figures = {k: round(v, 2) for k, v in row.items() if k != "dance"}
        print(clip["name"], clip["view"], figures, flush=True)
        moves = "following camera" if clip["camera"] == "follow" else f"view: {clip['view']}"
        for name in ("all", clip["style"], moves):
            groups[name].append(row)
        seen.append(captured)
        by_feet[RESTORE].append(row)
        for feet in () if options.grade else (LOCK, NONE):
            by_feet[feet].append(measured(fit(found, feet=feet), truth))
    show(groups, COLUMNS, every=False)
    show(by_feet, FEET_COLUMNS, every=True)
    errors, dances = ([row[key] for row in groups["all"]] for key in ("mpjpe mm", "dance"))
    for name in ("grade", "expected mm"):
        ranked = rank_correlation([row[name] for row in groups["all"]], errors, dances)
        print(f"\n{name} and joint error, rank correlation: {ranked}")
    if options.grade:
        fitted_grade(dances, seen, errors)
    print(f"\nThe fit alone: {danced / spent:.1f} times real time, one core.")


if __name__ == "__main__":
    main()
