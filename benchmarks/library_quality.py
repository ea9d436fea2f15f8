"""How good are the dances of the library? Real dance, re-arranged dance, and controls.

python benchmarks/library_quality.py --library FOLDER --songs FOLDER \
    --held-out-songs examples/held_out_songs.txt --out quality

Dances 12 s to each held-out song with a library from which whole dancers, choreographies and takes
are held out, and compares with these. Writes one JSON and a Markdown table into --out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from quality import locking, measures
from quality.clips import FPS, WINDOW, Clip, clip_of, windows

from pipelines.datasets.listing import SONG_FORMATS
from pipelines.datasets.song_library import Song, read_song
from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.dancer import SHIPPED, LibraryDancer
from pipelines.motion_expert.library.storage import Library, TakeEntry, load_library
from pipelines.support.files import write_json, write_text

Float = NDArray[np.float64]

START_SECONDS = 5.0
HELD_OUT_DANCERS = (
    "AIST d04", "AIST d05", "AIST d08", "AIST d12", "AIST d14", "AIST d18", "AIST d21", "AIST d23",
    "AIST d26", "AIST d29", "AIST d02",
)  # fmt: skip
HELD_OUT_GROUPS = (
    "salsa__60_03", "salsa__60_12", "salsa__60_15", "modern__05_04", "modern__05_11",
    "modern__05_20", "jackson__131_04", "jackson__131_09", "breakdance__85_04",
    "J_Dance5_Hype", "J_Dance12_LushLife", "J_Dance21_Blunt", "J_Dance0_StepTouch",
)  # fmt: skip
"""Takes of dancers of whom there is hardly more than one style or one session."""
EIGHT = ("house", "la hip-hop", "middle hip-hop", "lock", "waack", "break", "popping", "commercial")


def is_held_out(take: TakeEntry) -> bool:
    """Whether a take is kept for comparison."""
    return take.dancer in HELD_OUT_DANCERS or take.group in HELD_OUT_GROUPS


@dataclass(frozen=True)
class Danced:
    """A dance with what it is made of and the beats of its song."""

    clip: Clip
    motion: Motion
    facts: dict[str, Any]


def parted(library: Library) -> tuple[Library, list[TakeEntry]]:
    """The library without what is held out, and that."""
    held = [take for take in library.takes if is_held_out(take)]
    rest = tuple(take for take in library.takes if not is_held_out(take))
    return replace(library, takes=rest), held


def recorded(library: Library, take: TakeEntry) -> Motion:
    """A take of the library as a motion."""
    rows = np.arange(take.first, take.first + take.frames)
    return Motion(
        library.poses(rows).astype(np.float32), library.places(rows).astype(np.float32), FPS,
        take.genre, take.name,
    )  # fmt: skip


def real_clips(library: Library, takes: Sequence[TakeEntry], frames: int) -> list[Clip]:
    """Takes cut into stretches; beats are those of their first reading."""
    clips = []
    for take in takes:
        motion, reading = recorded(library, take), take.readings[0]
        beats = library.pulses[reading.first : reading.first + reading.count]
        length = min(frames, motion.frames)
        for start in range(0, motion.frames - length + 1, length):
            if length >= WINDOW:
                part = motion.sliced(start, start + length)
                clips.append(clip_of(part, beats - start / FPS, take.genre, "", take.group))
    return clips


def dances(
    dancer: LibraryDancer, songs: Sequence[Song], frames: int, style: str | None = None,
    delays: Sequence[int] | None = None, seed: int = 0, candidates: int = 1,
) -> list[Danced]:  # fmt: skip
    """Dances to every song; `delays` in frames make all that is heard come later."""
    found = []
    for number, song in enumerate(songs):
        start = min(round(START_SECONDS * FPS), song.features.frames - frames)
        heard = start - (delays[number] if delays is not None else 0)
        styles = [(0.0, style)] if style else []
        drawn = dancer.dance(
            song.features.values[heard : heard + frames], song.features.schema, styles=styles,
            seed=seed + number, candidates=candidates,
        )  # fmt: skip
        for motion, _, facts in drawn:
            clip = clip_of(
                motion, song.beats - heard / FPS, style or motion.genre or "", song.name, song.name
            )
            found.append(Danced(clip, motion, facts))
    return found


def measured(
    danced: Sequence[Danced], reference: measures.FeatureSet, songs: Sequence[Song]
) -> dict[str, Any]:
    """One row."""
    clips = [d.clip for d in danced]
    row = of_clips(clips, reference, songs)
    parts = [d.facts["parts"] for d in danced]
    seconds = sum(len(c.joints) for c in clips) / FPS
    row["longest"] = max(p["seconds"] for each in parts for p in each)
    row["takes_a_minute"] = 60 * sum(len({p["take"] for p in each}) for each in parts) / seconds
    row["join_jerk"] = join_jerk(danced)
    row["join_slide"] = join_slide(danced)
    names = [p["genre"] for each in parts for p in each]
    row["styles"] = {name: names.count(name) / len(names) for name in sorted(set(names))}
    return row


def of_clips(
    clips: Sequence[Clip], reference: measures.FeatureSet, songs: Sequence[Song]
) -> dict[str, Any]:
    """What is measured of real dance too."""
    groups = [clip.group for clip in clips]
    row: dict[str, Any] = {"dances": len(clips)}
    for name in ("fsr", "pfc", "jitter", "travel", "speed", "steps_per_second"):
        values = np.array([measures.PER_CLIP[name](clip) for clip in clips])
        row[name], row[f"{name}_interval"] = measures.grouped_mean(values, groups)
    row |= measures.distances(measures.feature_set(clips), reference)
    beats = {song.name: song.beats - START_SECONDS for song in songs}
    for speed in locking.SPEEDS:
        own = locking.own_locking(clips, speed)
        row[f"{speed}_r"], row[f"{speed}_r_interval"] = own.resultant, own.interval
        row[f"{speed}_phase"] = own.phase
        row[f"{speed}_foreign"] = locking.foreign_locking(clips, beats, speed)[0]
    facing = np.concatenate([facing_angles(clip.joints) for clip in clips])
    row["front"] = float((facing < np.pi / 3).mean())
    row["back"] = float((facing > 2 * np.pi / 3).mean())
    return row


def facing_angles(joints_TJ3: Float) -> Float:
    """(T,) radians between the hips' forward direction and the camera, 0 to pi."""
    across = joints_TJ3[:, 1, :2] - joints_TJ3[:, 2, :2]
    forward = np.stack([across[:, 1], -across[:, 0]], axis=1)
    angle = np.arctan2(forward[:, 0], -forward[:, 1])
    return np.asarray(np.abs(angle))


def join_jerk(danced: Sequence[Danced]) -> float:
    """Jerk within .25 s of the joins over jerk elsewhere."""
    near, far = [], []
    for d in danced:
        jerk = np.linalg.norm(np.diff(d.clip.joints, n=3, axis=0), axis=-1).mean(1) * FPS**3
        at = np.zeros(len(jerk), dtype=bool)
        for join in d.facts["joins"]:
            at[max(0, join - 9) : max(0, join + 6)] = True
        near.append(jerk[at])
        far.append(jerk[~at])
    joined = np.concatenate(near)
    return float(joined.mean() / np.concatenate(far).mean()) if len(joined) else float("nan")


def join_slide(danced: Sequence[Danced]) -> float:
    """Share of contact frames within .5 s of the joins in which a foot slides, as FSR counts it."""
    slides, stands = 0, 0
    for d in danced:
        joints = d.clip.joints
        ground = np.percentile(joints[:, [10, 11], 2], 2)
        step = np.linalg.norm(np.diff(joints[..., :2], axis=0), axis=-1) * FPS > 0.3
        at = np.zeros(len(joints) - 1, dtype=bool)
        for join in d.facts["joins"]:
            at[max(0, join - 8) : join + 8] = True
        for ankle, toes in ((7, 10), (8, 11)):
            low = (joints[:-1, ankle, 2] - ground <= 0.08) & (joints[:-1, toes, 2] - ground <= 0.05)
            slides += int((low & at & (step[:, ankle] | step[:, toes])).sum())
            stands += int((low & at).sum())
    return slides / max(stands, 1)


def novelty(clips: Sequence[Clip], real: Sequence[Clip]) -> float:
    """Median distance in metres of a second of dance to the nearest second of real dance."""
    bank = np.concatenate([seconds_of(clip, 3) for clip in real])
    bank = np.concatenate([bank, seconds_of_mirrored(real)])
    asked = np.concatenate([seconds_of(clip, 15) for clip in clips])
    size = (bank**2).sum(1)
    nearest = [np.sqrt(max(0.0, float((size - 2 * bank @ x).min() + x @ x))) for x in asked]
    return float(np.median(nearest))


def seconds_of(clip: Clip, step: int) -> NDArray[np.float32]:
    """(N, D) seconds of dance at 6 fps about the pelvis, facing forward at their beginning."""
    rows = []
    for start in range(0, len(clip.joints) - 30, step):
        part = clip.joints[start : start + 30 : 5]
        across = part[0, 1, :2] - part[0, 2, :2]
        angle = np.arctan2(across[1], across[0])
        cos, sin = np.cos(-angle), np.sin(-angle)
        part = part - part[:1, :1] * [1, 1, 0]
        flat = part[..., :2] @ np.array([[cos, sin], [-sin, cos]])
        rows.append(np.concatenate([flat, part[..., 2:]], -1).ravel() / np.sqrt(6 * 24))
    return np.array(rows, dtype=np.float32)


def seconds_of_mirrored(real: Sequence[Clip]) -> NDArray[np.float32]:
    """The same of the dances' mirror images."""
    from pipelines.body.skeleton import MIRROR

    turned = [replace(c, joints=c.joints[:, list(MIRROR)] * [-1, 1, 1]) for c in real]
    return np.concatenate([seconds_of(clip, 3) for clip in turned])


def floor_of(
    library: Library, takes: Sequence[TakeEntry], reference: measures.FeatureSet, count: int,
    frames: int,
) -> dict[str, float]:  # fmt: skip
    """FID and DIV of as many windows of held-in real dance: what no copy of it falls below by
    merit. Median of nine draws."""
    features = measures.feature_set(real_clips(library, takes, frames))
    rows = []
    for seed in range(9):
        random = np.random.default_rng(seed)
        chosen = random.permutation(len(features.genres))[:count].tolist()
        rows.append(measures.distances(features.rows(sorted(chosen)), reference))
    return {key: float(np.median([row[key] for row in rows])) for key in rows[0]}


COLUMNS = (
    ("dances", "N", "{:.0f}"), ("fid_k", "FID_k", "{:.0f}"), ("fid_l", "FID_l", "{:.0f}"),
    ("fid_g", "FID_g", "{:.0f}"),
    ("floor_k", "floor k", "{:.0f}"), ("floor_g", "floor g", "{:.0f}"),
    ("div_k", "DIV_k", "{:.1f}"), ("div_g", "DIV_g", "{:.1f}"), ("fsr", "FSR", "{:.3f}"),
    ("pfc", "PFC", "{:.2f}"), ("jitter", "jitter", "{:.0f}"), ("feet_r", "R feet", "{:.2f}"),
    ("feet_foreign", "foreign", "{:.2f}"), ("body_r", "R body", "{:.2f}"),
    ("half", "half a beat moves feet by", "{:.2f}"), ("front", "front", "{:.2f}"),
    ("back", "back", "{:.2f}"), ("travel", "travel m", "{:.2f}"),
    ("join_jerk", "join jerk", "{:.2f}"), ("join_slide", "join FSR", "{:.3f}"),
    ("longest", "longest s", "{:.1f}"), ("takes_a_minute", "takes / min", "{:.0f}"),
    ("novelty", "novelty m", "{:.3f}"),
)  # fmt: skip
_WITH_INTERVAL = ("feet_r", "body_r", "fsr")


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Markdown."""
    lines = [["", *(title for _, title, _ in COLUMNS)], ["---"] * (len(COLUMNS) + 1)]
    for name, row in rows.items():
        cells = []
        for key, _, form in COLUMNS:
            text = form.format(row[key]) if np.isfinite(row.get(key, np.nan)) else ""
            if text and key in _WITH_INTERVAL and f"{key}_interval" in row:
                low, high = row[f"{key}_interval"]
                text += f" [{form.format(low)}, {form.format(high)}]"
            cells.append(text)
        lines.append([name, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", type=Path, default=SHIPPED)
    parser.add_argument("--songs", type=Path, required=True)
    parser.add_argument("--held-out-songs", type=Path, required=True)
    parser.add_argument("--feature-cache", type=Path)
    parser.add_argument("--out", type=Path, default=Path("quality"))
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--styles", nargs="*", default=list(EIGHT))
    options = parser.parse_args()
    paths = {p.name: p for p in options.songs.rglob("*") if p.suffix.lower() in SONG_FORMATS}
    names = [n.strip() for n in options.held_out_songs.read_text().split("\n") if n.strip()]
    songs = [read_song(paths[name], options.feature_cache) for name in names]
    rows = study(load_library(options.library), songs, options.seconds, options.styles)
    write_json(options.out / "library.json", rows)
    write_text(options.out / "library.md", table(rows))
    print(table(rows))


def study(
    library: Library, songs: Sequence[Song], seconds: float, styles: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """All rows: no style asked, each style, and real dance held out."""
    frames = round(seconds * FPS)
    held_in, held = parted(library)
    dancer = LibraryDancer(held_in)
    every = measures.feature_set(real_clips(library, held, frames))
    unasked = [t for t in held if not t.couple]
    street = measures.feature_set(real_clips(library, unasked, frames))
    real = real_clips(library, [t for t in held_in.takes if not t.couple], frames)
    rows: dict[str, dict[str, Any]] = {}
    for style in (None, *styles):
        theirs = [t for t in held if t.genre == style] if style else unasked
        reference = street if style is None else every
        if style is not None and theirs:
            own = measures.feature_set(real_clips(library, theirs, frames))
            reference = own if len(own.genres) >= 12 else street
        danced = dances(dancer, songs, frames, style)
        row = measured(danced, reference, songs)
        same = [t for t in held_in.takes if (t.genre == style if style else not t.couple)]
        count = sum(len(windows(d.clip)) for d in danced)
        floor = floor_of(library, same, reference, count, frames)
        row |= {"floor_k": floor["fid_k"], "floor_g": floor["fid_g"], "windows": count}
        row["reference_windows"] = len(reference.genres)
        row["novelty"] = novelty([d.clip for d in danced], real)
        delays = [round(0.5 * FPS * float(np.median(np.diff(s.beats)))) for s in songs]
        later = dances(dancer, songs, frames, style, delays)
        response = locking.response([d.clip for d in danced], [d.clip for d in later], delays)
        row["half"], row["half_interval"] = response.answer, response.interval
        rows[style or "no style asked"] = row
        print(style, json.dumps({k: v for k, v in row.items() if not k.endswith("interval")}),
              flush=True)  # fmt: skip
    rows["real, held out"] = of_clips(real_clips(library, unasked, frames), street, songs)
    return rows


if __name__ == "__main__":
    main()
