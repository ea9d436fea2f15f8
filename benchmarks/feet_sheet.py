"""Before and after: the legs of one dance, repaired in several ways, frame by frame.

    python benchmarks/feet_sheet.py --take 5 --start 3.5 --seconds 1.125 --out feet.png

A take that the shipped foot restoration's card names as held out slides and trembles at once. Left
legs green, right ones red; ticks are 10 cm of floor, black dots points of the foot that stand, blue
lines the way of the toes in the last quarter of a second.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from foot_restoration import DAMAGES, held_out_takes, repairs
from numpy.typing import NDArray

from pipelines.body.skeleton import JOINT
from pipelines.foot_restoration.model import SHIPPED, load_model
from pipelines.motion.contacts import standing
from pipelines.motion.motion import Motion

Picture = NDArray[np.uint8]
WIDTH, HEIGHT, FLOOR, BAND = 118, 110, 22, 16
METRE, PER_SECOND, TRACE = 150.0, 8, 8
SIDES = (("left", (60, 160, 40)), ("right", (60, 60, 220)))


def legs(motion: Motion, frame: int, middle: float) -> Picture:
    """The legs of one frame from the front; x = `middle` is in the picture's middle."""
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    joints = motion.joints()
    stands = standing(joints[max(0, frame - 15) : frame + 16], motion.fps)[min(frame, 15)] > 0

    def at(place_3: NDArray[np.float64]) -> tuple[int, int]:
        across = WIDTH / 2 + METRE * (place_3[0] - middle)
        return int(across), int(HEIGHT - FLOOR - METRE * place_3[2])

    cv2.line(picture, (0, HEIGHT - FLOOR), (WIDTH, HEIGHT - FLOOR), (170, 170, 170), 1)
    for tick in range(-6, 7):
        x = np.floor(middle * 10) / 10 + tick * 0.1
        left, _ = at(np.array([x, 0, 0]))
        deep = 6 if round(x * 10) % 5 else 12
        cv2.line(picture, (left, HEIGHT - FLOOR), (left, HEIGHT - FLOOR + deep), (140, 140, 140), 1)
    for number, (side, colour) in enumerate(SIDES):
        bones = [JOINT[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "foot")]
        points = [at(joints[frame, bone]) for bone in bones]
        for one, other in pairwise(points):
            cv2.line(picture, one, other, colour, 2, cv2.LINE_AA)
        for point, foot in ((points[2], number), (points[3], number + 2)):
            if stands[foot]:
                cv2.circle(picture, point, 3, (0, 0, 0), -1, cv2.LINE_AA)
        way = [at(place) for place in joints[max(0, frame - TRACE) : frame + 1, bones[3]]]
        for one, other in pairwise(way):
            cv2.line(picture, one, other, (230, 170, 60), 1, cv2.LINE_AA)
    return picture


def sheet(rows: dict[str, Motion], start: float, seconds: float) -> Picture:
    """A row for each motion, eight frames a second."""
    parts = []
    ankles = [JOINT["left_ankle"], JOINT["right_ankle"]]
    for name, motion in rows.items():
        first, last = round(start * motion.fps), round((start + seconds) * motion.fps)
        middle = float(motion.joints()[first:last, ankles, 0].mean())
        frames = first + np.arange(round(seconds * PER_SECOND)) * motion.fps / PER_SECOND
        line = np.concatenate([legs(motion, round(f), middle) for f in frames], axis=1)
        band = np.full((BAND, line.shape[1], 3), 235, np.uint8)
        cv2.putText(band, name, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
        parts += [band, line]
    return np.concatenate(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--take", type=int, default=5)
    parser.add_argument("--start", type=float, default=3.5)
    parser.add_argument("--seconds", type=float, default=1.125)
    parser.add_argument("--out", type=Path, default=Path("feet.png"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    danced = held_out_takes(SHIPPED, 12.0)[options.take]
    random = np.random.default_rng(1)
    damaged = DAMAGES["foot jitter"](DAMAGES["sliding"](danced, random), random)
    mended = {name: repair(damaged) for name, repair in repairs(load_model()).items()}
    rows = {
        "as danced": danced, "damaged: slides and trembles": damaged, "locked": mended["lock"],
        "cleaned up, as generated dances are": mended["clean_up"], "restored": mended["restore"],
    }  # fmt: skip
    picture = sheet(rows, options.start, options.seconds)
    cv2.imwrite(str(options.out), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
