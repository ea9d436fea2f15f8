"""How well are damaged feet repaired? Held-out takes, damaged on purpose, and generated dances.

python benchmarks/foot_restoration.py --songs FOLDER --out quality

Takes of the shipped dance library that the model's card names as held out: their roots were
captured. Each is damaged in six ways and repaired in several. With --songs instead, MACE's network
dances without any clean-up, and the library as it is, to songs of `held_out_songs.txt`; there is no
truth for these, so what was changed is measured from the dance as it came. With --experts as well,
these dance as `generate` has them dance, with each --feet. Writes one JSON and prints Markdown
tables; means with 95 % intervals of a bootstrap over takes or songs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.body.feet import foot_heights
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.foot_restoration.damages import blurred, foot_jitter, raised, root_noise, sliding
from pipelines.foot_restoration.model import CONFIG, SHIPPED, FootModel, load_model
from pipelines.foot_restoration.restoring import Restoring, restored
from pipelines.foot_restoration.treatment import LOCK, NONE, RESTORE, treated
from pipelines.metrics.beat_fit import score_candidate
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.smoothness import jitter
from pipelines.motion.contacts import standing
from pipelines.motion.foot_lock import clean_up
from pipelines.motion.motion import Motion
from pipelines.motion.smoothing import smoothed
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.expert import LibraryExpert
from pipelines.motion_expert.library.header import SHIPPED as LIBRARY
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.storage import FPS, load_library
from pipelines.motion_expert.mace.dancer import MaceDancer
from pipelines.motion_expert.mace.options import MaceOptions
from pipelines.music.beats import beat_times
from pipelines.music.features import song_features
from pipelines.support.files import read_json, write_json
from pipelines.support.progress import SILENT

HELD_OUT_SONGS = Path(__file__).parents[1] / "examples" / "held_out_songs.txt"
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Repair = Callable[[Motion], Motion]
FEET = list(FOOT_JOINTS)


DAMAGES: dict[str, Callable[[Motion, np.random.Generator], Motion]] = {
    "none": lambda motion, rng: motion,
    "root noise": partial(root_noise, metres=0.015, slowness=2.0),
    "foot jitter": partial(foot_jitter, degrees=2.5, slowness=0.8),
    "sliding": partial(sliding, speed=0.2, slowness=45.0),
    "floating 6 cm": lambda motion, rng: raised(motion, 0.06),
    "sinking 6 cm": lambda motion, rng: raised(motion, -0.06),
    "glided": lambda motion, rng: blurred(motion, 3.0),
}


def measured(clean: Motion, mended: Motion) -> dict[str, float]:
    """What the table shows of one mended take; lengths in centimetres."""
    right, joints = clean.joints(), mended.joints()
    heights = foot_heights(joints)
    sole = foot_heights(right)
    local, before = (j - j[:, :1] for j in (joints, right))
    up = [j for j in range(24) if j not in (1, 2, 4, 5, 7, 8, 10, 11)]
    turns = (
        axis_angle_to_matrix(mended.poses[:, up[1:]]),
        axis_angle_to_matrix(clean.poses[:, up[1:]]),
    )
    cosine = (np.einsum("tjab,tjab->tj", *turns) - 1) / 2
    stands, stood = (standing(j, clean.fps) > 0.5 for j in (joints, right))
    late = _late(stands, stood)
    return {
        "FSR": foot_skating_ratio(joints, mended.fps).ratio,
        "jitter": jitter(joints, mended.fps),
        "foot jitter": jitter(joints[:, FEET], mended.fps),
        "in floor %": 100 * float((heights < -0.01).mean()),
        "foot height cm": 100 * float(np.abs(heights.min(1) - sole.min(1)).mean()),
        "legs cm": 100 * float(np.linalg.norm((local - before)[:, FEET], axis=-1).mean()),
        "way of 1 s cm": 100 * float(np.linalg.norm(_way(joints) - _way(right), axis=-1).mean()),
        "body turned deg": float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).max()),
        "contact F1": _f1(stands, stood),
        "step ms": 1000 * float(np.mean(late)) / mended.fps if len(late) else float("nan"),
        "step spread ms": 1000 * float(np.std(late)) / mended.fps if len(late) else float("nan"),
    }  # fmt: skip


def _way(joints_TJ3: Floats, frames: int = 30) -> Floats:
    """How far each foot point goes within so many frames; where it starts cannot be known."""
    feet = joints_TJ3[:, FEET]
    return np.asarray(feet[frames:] - feet[:-frames])


def _f1(stands_T4: Flags, stood_T4: Flags) -> float:
    both = (stands_T4 & stood_T4).sum()
    return float(2 * both / max(stands_T4.sum() + stood_T4.sum(), 1))


def _late(stands_T4: Flags, stood_T4: Flags) -> list[float]:
    """Frames by which each step that was danced comes down late; those that are lost not counted.

    A foot comes down where either of its points begins to stand, neither having stood before.
    """
    late = []
    for foot in ([0, 2], [1, 3]):
        comes, came = (
            np.flatnonzero(np.diff(x[:, foot].any(1).astype(int)) == 1) + 1
            for x in (stands_T4, stood_T4)
        )
        for frame in came:
            if len(comes) and (nearest := comes[np.abs(comes - frame).argmin()] - frame) ** 2 <= 36:
                late.append(float(nearest))
    return late


def interval(values: list[float], rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean and its 95 % interval over takes."""
    given = np.array([value for value in values if np.isfinite(value)])
    means = given[rng.integers(len(given), size=(2000, len(given)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(given.mean()), float(low), float(high)


def repairs(model: FootModel) -> dict[str, Repair]:
    """By name; "from noise" is the paper's way: more steps, and guidance towards the input."""
    paper = Restoring(steps=10, noise=1.0, shape=1.0)
    return {
        "as it is": lambda motion: motion,
        "smoothed": smoothed,
        "lock": lambda motion: treated(motion, LOCK),
        "clean_up": clean_up,
        "restore": lambda motion: restored(motion, model),
        "restore from noise": lambda motion: restored(motion, model, paper),
    }


def held_out_takes(model: Path, seconds: float) -> list[Motion]:
    """The middles of the takes that the model's card names."""
    names = set(read_json(model / CONFIG)["metadata"]["held_out"])
    library, found = load_library(LIBRARY), []
    for take in library.takes:
        if take.name in names:
            frames = min(take.frames, round(seconds * FPS))
            rows = take.first + (take.frames - frames) // 2 + np.arange(frames)
            poses, places = library.poses(rows), library.places(rows)
            found.append(Motion(poses.astype(np.float32), places.astype(np.float32), float(FPS)))
    return found


def damaged_takes(takes: list[Motion], model: FootModel) -> dict[str, dict[str, Any]]:
    """A row for each damage and repair."""
    table: dict[str, dict[str, Any]] = {}
    for damage, damaged in DAMAGES.items():
        bad = [damaged(take, np.random.default_rng(n)) for n, take in enumerate(takes)]
        for name, repair in repairs(model).items():
            begun = time.process_time()
            mended = [repair(motion) for motion in bad]
            spent = time.process_time() - begun
            rows = [measured(*pair) for pair in zip(takes, mended, strict=True)]
            speed = sum(take.seconds for take in takes) / max(spent, 1e-9)
            table[f"{damage} | {name}"] = summary(rows) | {"times real time": [speed]}
    return table


def generated(songs: list[Path], seconds: float, model: FootModel) -> dict[str, dict[str, Any]]:
    """A row for each expert and what `--feet` does to its dances; changes from `NONE`."""
    mace = MaceDancer.load(None, "cpu", MaceOptions(tempo_change=0.0))
    library = LibraryExpert.load(None, "cpu", LibraryOptions())
    rows: dict[str, list[dict[str, float]]] = {}
    for number, song in enumerate(songs):
        music = song_features(song, 5.0, seconds, SILENT)
        beats = beat_times(music)
        (raw,) = mace.dance(DanceRequest(music, seed=number, feet=NONE), SILENT)
        (real,) = library.dance(DanceRequest(music, seed=number), SILENT)
        for expert, motion in (("mace, network alone", raw.motion), ("library", real.motion)):
            for name, repair in repairs(model).items():
                mended = repair(motion)
                row = measured(motion, mended)
                row["beats"] = score_candidate(mended.joints(), beats, mended.fps)
                rows.setdefault(f"{expert} | {name}", []).append(row)
    return {name: summary(of) for name, of in rows.items()}


def as_generated(experts: list[str], songs: list[Path], seconds: float) -> dict[str, Any]:
    """A row for each expert and --feet, and for its bare dance cleaned up and smoothed."""
    rows: dict[str, list[dict[str, float]]] = {}
    for expert in experts:
        row = EXPERTS[expert]
        dancer = row.load(None, "cpu", row.options())
        for number, song in enumerate(songs):
            music = song_features(song, 5.0, seconds, SILENT)
            beats = beat_times(music)
            dances = {}
            for feet in (NONE, LOCK, RESTORE):
                request = DanceRequest(music, seed=number, feet=feet)
                dances[f"--feet {feet}"] = dancer.dance(request, SILENT)[0].motion
            bare = dances["--feet none"]
            dances |= {"clean_up": clean_up(bare), "smoothed": smoothed(bare)}
            for name, motion in dances.items():
                rows.setdefault(f"{expert} | {name}", []).append(seen_of(motion, beats))
        for name, found in rows.items():
            if name.startswith(expert):
                print(name, {k: round(v[0], 3) for k, v in summary(found).items()}, flush=True)
    return {name: summary(found) for name, found in rows.items()}


def seen_of(motion: Motion, beats: Floats) -> dict[str, float]:
    """What can be said of a dance without truth."""
    joints = motion.joints()
    heights = foot_heights(joints)
    return {
        "FSR": foot_skating_ratio(joints, motion.fps).ratio,
        "jitter": jitter(joints, motion.fps),
        "foot jitter": jitter(joints[:, FEET], motion.fps),
        "in floor %": 100 * float((heights < -0.01).mean()),
        "lowest foot cm": 100 * float(np.maximum(heights.min(1), 0).mean()),
        "beats": score_candidate(joints, beats, motion.fps),
    }


def summary(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Mean and interval of each figure."""
    rng = np.random.default_rng(0)
    return {key: list(interval([row[key] for row in rows], rng)) for key in rows[0]}


def show(table: dict[str, dict[str, Any]]) -> None:
    """Print a table."""
    names = list(next(iter(table.values())))
    print("\n| dance | repair | " + " | ".join(names) + " |")
    print("|--|--|" + "--|" * len(names))
    for key, row in table.items():
        cells = (
            f"{value[0]:.2f} [{value[1]:.2f}, {value[2]:.2f}]" if len(value) > 1
            else f"{value[0]:.0f}" for value in row.values()
        )  # fmt: skip
        print(f"| {key} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each dance")
    parser.add_argument("--songs", type=Path, help="searched through and through")
    parser.add_argument("--most-songs", type=int, default=10)
    parser.add_argument("--experts", nargs="*", choices=EXPERTS, help="with --songs")
    parser.add_argument("--out", type=Path, default=Path("quality"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(args.model)
    takes = held_out_takes(args.model, args.seconds)
    found = {}
    if args.songs is None:
        found["takes"] = damaged_takes(takes, model)
        print(f"{len(takes)} takes, {sum(take.seconds for take in takes) / 60:.1f} minutes")
        show(found["takes"])
    else:
        names = HELD_OUT_SONGS.read_text(encoding="utf-8").split("\n")
        paths = {path.name: path for path in args.songs.rglob("*")}
        songs = [paths[name] for name in names if name in paths][: args.most_songs]
        if args.experts:
            found["songs"] = as_generated(args.experts, songs, args.seconds)
        else:
            found["songs"] = generated(songs, args.seconds, model)
        print(f"\n{len(songs)} songs")
        show(found["songs"])
    args.out.mkdir(parents=True, exist_ok=True)
    write_json(args.out / "foot_restoration.json", found)


if __name__ == "__main__":
    main()
