"""How good are the dances of a Motion Expert? Real, retrieved, untrained and generated dance.

python benchmarks/motion_quality.py --checkpoint FOLDER --pairs FOLDER --songs FOLDER \
    --held-out-songs examples/held_out_songs.txt --held-out-takes salsa__60_03 salsa__60_12 ...

Dances to songs that took no part in training, holds them against takes that took no part, and
writes report.md, one JSON per part and plots into --out. Drawn dances are kept there too: run it
again to go on after a stop. Parts may run side by side: --parts table, --parts delay beta.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from quality import genre as genres_of
from quality import hearing, locking, measures, report
from quality.clips import FPS, Clip, Pair, load_pairs, parted, real_clips
from quality.dancers import Ensemble, NearestWindow, Stretch, stretch_of, untrained

from pipelines.datasets.listing import SONG_FORMATS
from pipelines.datasets.song_library import read_song
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.header import checkpoint_digest
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.music import layout
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import write_json

PARTS = ("sheet", "table", "hearing", "bent", "delay", "beta")
BETAS = (0.5, 0.625, 0.75, 0.875, 1.0)
DELAYS = (0.25, 0.5, 0.75)
TEMPO_CHANGE = 0.2
"""How far `generate` bends a dance to bring it onto the beat, unless told otherwise."""
START_SECONDS = 5.0
SHEET_ROWS, SHEET_COLUMNS, SHEET_STEP = 10, 14, 5
VERSIONS = 3
"""Of each training take, every third of its pairings with songs enters the statistics."""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, help="folder; default: the one that ships")
    parser.add_argument("--pairs", type=Path, required=True, help="folder of paired files")
    parser.add_argument("--songs", type=Path, required=True, help="searched through and through")
    parser.add_argument("--held-out-songs", type=Path, required=True, help="one file name per line")
    parser.add_argument("--held-out-takes", nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path("quality"))
    parser.add_argument("--feature-cache", type=Path, help="features of songs, by content")
    parser.add_argument("--log", type=Path, help="log.jsonl of the training run, for its curves")
    parser.add_argument("--device", default="cpu", help="that the network dances on")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--candidates", type=int, default=2, help="dances per song and genre")
    parser.add_argument("--beta", type=float, default=0.75)
    parser.add_argument("--eta", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--sweep-genres", nargs="+", help="of delay and beta; default: all")
    return parser.parse_args(arguments)


@dataclass
class Study:
    """What all parts share."""

    options: argparse.Namespace
    choreographer: Choreographer
    stretches: list[Stretch]
    train: list[Pair]
    held: list[Pair]

    @cached_property
    def frames(self) -> int:
        """Length of a dance."""
        return round(self.options.seconds * FPS)

    @cached_property
    def genres(self) -> list[str]:
        """What the checkpoint can dance."""
        return list(self.choreographer.checkpoint.config.genres)

    @cached_property
    def sampling(self) -> SamplingConfig:
        """As `generate` samples, but for what the command line says."""
        o = self.options
        return SamplingConfig(o.beta, o.steps, o.candidates, o.eta)

    @cached_property
    def ensemble(self) -> Ensemble:
        """The checkpoint's dances."""
        name = checkpoint_digest(self.options.checkpoint)
        return Ensemble(self.choreographer, name, self.options.out / "dances")

    @cached_property
    def reference(self) -> measures.FeatureSet:
        """The held-out takes: ground truth."""
        return measures.feature_set(real_clips(self.held, self.frames))

    @cached_property
    def songs(self) -> dict[str, Any]:
        """Beats of the held-out songs, to which dances to other songs should not fit."""
        return {stretch.song: stretch.beats for stretch in self.stretches}

    @cached_property
    def sweep_genres(self) -> list[str]:
        """Genres that are danced again under other conditions."""
        return self.options.sweep_genres or self.genres

    def dances(
        self, genres: Sequence[str], sampling: SamplingConfig, ensemble: Ensemble | None = None,
        delays: Sequence[int] | None = None, tempo_change: float = 0.0,
    ) -> list[Clip]:  # fmt: skip
        """Dances to every held-out song; `delays` in frames, one per song."""
        stretches = self.stretches
        if delays is not None:
            stretches = [delayed(s, d) for s, d in zip(stretches, delays, strict=True)]
        clips = []
        for genre in genres:
            for number, stretch in enumerate(stretches):
                drawn = self.seeded(genre, number, sampling)
                clips += (ensemble or self.ensemble).clips(stretch, drawn, tempo_change)
        return clips

    def seeded(self, genre: str, song: int, sampling: SamplingConfig) -> SamplingConfig:
        """A seed per genre and song, so that a sweep over few genres finds their dances again."""
        seed = sampling.seed + 100 * self.genres.index(genre) + 1000 * song
        return replace(sampling, genre=genre, seed=seed)


def delayed(stretch: Stretch, frames: int) -> Stretch:
    """The same place of the song, heard so many frames later."""
    return stretch_of(stretch.whole, START_SECONDS, len(stretch.features), frames)


def study(options: argparse.Namespace) -> Study:
    """Read everything that is measured against."""
    import torch

    paths = {p.name: p for p in options.songs.rglob("*") if p.suffix.lower() in SONG_FORMATS}
    names = options.held_out_songs.read_text().split("\n")
    songs = [read_song(paths[n.strip()], options.feature_cache) for n in names if n.strip()]
    frames = round(options.seconds * FPS)
    train, held = parted(load_pairs(options.pairs), options.held_out_takes)
    heard = {pair.song for pair in train} & {song.name for song in songs}
    if heard:
        raise UnsuitableInput(f"songs of the training set are no test: {', '.join(sorted(heard))}")
    return Study(
        options,
        Choreographer.load(options.checkpoint, torch.device(options.device)),
        [stretch_of(song, START_SECONDS, frames) for song in songs],
        train,
        held,
    )


def measured(s: Study, clips: Sequence[Clip], all_real: measures.FeatureSet) -> dict[str, Any]:
    """One row of the table."""
    groups = [clip.group for clip in clips]
    features = measures.feature_set(clips)
    row: dict[str, Any] = {"dances": len(clips), "groups": len(set(groups))}
    per_clip = {n: np.array([f(c) for c in clips]) for n, f in measures.PER_CLIP.items()}
    for name, values in (per_clip | measures.beat_scores(clips)).items():
        row[name], row[f"{name}_interval"] = measures.grouped_mean(values, groups)
    like_held = measures.matched(features, measures.proportions_of(s.reference))
    row |= measures.distances(like_held, s.reference)
    wide = measures.distances(
        measures.matched(features, measures.proportions_of(all_real)), all_real
    )
    row |= {f"{name}_all": value for name, value in wide.items()}
    row["locking"] = {speed: locking_row(s, clips, speed) for speed in locking.SPEEDS}
    return row


def locking_row(s: Study, clips: Sequence[Clip], speed: str) -> dict[str, Any]:
    """Phase locking to the own song, to it half a beat later, and to foreign songs."""
    own = locking.own_locking(clips, speed)
    later = locking.own_locking(clips, speed, half_beat=True)
    foreign, foreign_single = locking.foreign_locking(clips, s.songs, speed)
    return {
        "resultant": own.resultant, "resultant_interval": own.interval, "cycles": own.cycles,
        "phase": own.phase, "phase_interval": own.phase_interval, "single": own.single,
        "half_phase": later.phase, "half_resultant": later.resultant,
        "foreign": foreign, "foreign_single": foreign_single,
    }  # fmt: skip


def table_part(s: Study) -> dict[str, Any]:
    """The metric table, and genre recognition."""
    real = real_clips(s.train[::VERSIONS], s.frames)
    held = real_clips(s.held, s.frames)
    all_real = measures.matched(
        measures.feature_set([*real, *held]), {g: 1 / len(s.genres) for g in s.genres}
    )
    rows: dict[str, Any] = {}

    def add(name: str, clips: Sequence[Clip]) -> None:
        rows[name] = measured(s, clips, all_real)
        print(name, json.dumps({k: v for k, v in rows[name].items() if k != "locking"}), flush=True)

    ours = s.dances(s.genres, s.sampling)
    add("generated", ours)
    add("real, held-out takes", held)
    add("real, held-out takes, cleaned alike", real_clips(s.held, s.frames, cleaned=True))
    add("real, training takes", real)
    rows["real, held-out takes"] |= {"fid_k": 0.0, "fid_g": 0.0}
    add("nearest window, all features", nearest(s))
    add("nearest window, beats only", nearest(s, layout.beats))
    fresh = untrained(s.choreographer)
    blank = Ensemble(fresh, f"untrained {s.ensemble.name}", s.ensemble.folder)
    scribbles = s.dances(s.genres, replace(s.sampling, candidates=1), blank)
    add("untrained network", scribbles)
    report.plot_speed_over_beat(
        {"held-out takes": held, "generated": ours, "untrained": scribbles},
        s.options.out / "speed_over_beat.png",
    )
    return {
        "rows": rows,
        "floor_windows": measures.split_half(s.reference),
        "floor_takes": measures.split_by_group(s.reference),
        "genre": genre_part(s, ours, scribbles),
    }


def hearing_part(s: Study) -> dict[str, Any]:
    """The denoiser's error with the right music and with wrong ones."""
    o = s.options
    found = hearing.errors(s.choreographer.checkpoint, o.pairs, o.held_out_takes)
    return {"steps": list(hearing.STEPS), "errors": found}


def nearest(s: Study, columns: slice = slice(0, layout.WIDTH)) -> list[Clip]:
    """The baseline's dances: as many as there are generated ones, to the same songs."""
    baseline = NearestWindow(s.train, s.frames, columns=columns)
    count = len(s.genres) * s.options.candidates
    return [clip for stretch in s.stretches for clip in baseline.dance(stretch, count)]


def genre_part(s: Study, ours: Sequence[Clip], scribbles: Sequence[Clip]) -> dict[str, Any]:
    """How well genres can be told apart in real dance, and are recognised in generated dance."""
    train = measures.feature_set(real_clips(s.train[::VERSIONS], s.frames, cleaned=True))
    classifier = genres_of.GenreClassifier.fit(train.both, train.genres)
    truth, predicted = genres_of.unseen_takes(train.both, train.genres, train.groups)
    found: dict[str, Any] = {
        "genres": list(classifier.genres),
        "chance": 1 / len(classifier.genres),
        "training takes, each left out": genres_of.accuracy(truth, predicted),
    }
    held = measures.feature_set(real_clips(s.held, s.frames, cleaned=True))
    for name, features in (
        ("held-out takes", held),
        ("generated", measures.feature_set(ours)),
        ("untrained network", measures.feature_set(scribbles)),
    ):
        predicted = classifier.predict(features.both)
        found[name] = genres_of.accuracy(features.genres, predicted)
        right = np.equal(features.genres, predicted).astype(float)
        found[f"{name}, interval"] = measures.grouped_mean(right, features.groups)[1]
        found[f"{name}, confusion"] = genres_of.confusion(
            classifier.genres, features.genres, predicted
        ).tolist()
    return found


def bent_part(s: Study) -> dict[str, Any]:
    """Dances bent in time onto the beat: as `generate` makes them, and two controls.

    Retrieved windows and the scribbles of an untrained network are bent alike. What they reach as
    well is the work of the bending and says nothing of the network.
    """
    real = real_clips([*s.train[::VERSIONS], *s.held], s.frames)
    all_real = measures.matched(
        measures.feature_set(real), {g: 1 / len(s.genres) for g in s.genres}
    )
    one = replace(s.sampling, candidates=1)
    baseline = NearestWindow(s.train, s.frames)
    blank = Ensemble(untrained(s.choreographer), f"untrained {s.ensemble.name}", s.ensemble.folder)
    sets = {
        "as generate makes it": s.dances(s.genres, one, tempo_change=TEMPO_CHANGE),
        "nearest window, bent": [
            clip
            for stretch in s.stretches
            for clip in baseline.dance(stretch, len(s.genres), TEMPO_CHANGE)
        ],
        "untrained network, bent": s.dances(s.genres[:1], one, blank, tempo_change=TEMPO_CHANGE),
    }
    rows = {name: measured(s, clips, all_real) for name, clips in sets.items()}
    report.plot_speed_over_beat(sets, s.options.out / "speed_over_beat_bent.png")
    return {"rows": rows}


def delay_part(s: Study) -> dict[str, Any]:
    """The same seeds, the same songs, heard a quarter, half and three quarters of a beat later."""
    found: dict[str, Any] = {"genres": s.sweep_genres}
    for name, tempo_change in (("network alone", 0.0), ("as generate makes it", TEMPO_CHANGE)):
        found[name] = rows = delay_rows(s, tempo_change)
        picture = s.options.out / f"delay_{name.replace(' ', '_')}.png"
        report.plot_responses(rows, picture)
    return found


def delay_rows(s: Study, tempo_change: float) -> dict[str, Any]:
    """Per speed curve the response to each delay."""
    one = replace(s.sampling, candidates=1)
    before = s.dances(s.sweep_genres, one, tempo_change=tempo_change)
    rows: dict[str, Any] = {speed: [] for speed in locking.SPEEDS}
    for delay in DELAYS:
        per_song = [round(delay * stretch.period * FPS) for stretch in s.stretches]
        after = s.dances(s.sweep_genres, one, delays=per_song, tempo_change=tempo_change)
        per_clip = [frames for _ in s.sweep_genres for frames in per_song]
        for speed in locking.SPEEDS:
            found = locking.response(before, after, per_clip, speed)
            rows[speed].append({"dances": len(before), **found.__dict__})
            print(tempo_change, speed, found, flush=True)
    return rows


def beta_part(s: Study) -> dict[str, Any]:
    """Diversity and fidelity over beta."""
    real = measures.feature_set(real_clips([*s.train[::VERSIONS], *s.held], s.frames))
    reference = measures.matched(real, {g: 1 / len(s.sweep_genres) for g in s.sweep_genres})
    rows = []
    for beta in BETAS:
        clips = s.dances(s.sweep_genres, replace(s.sampling, beta=beta))
        groups = [clip.group for clip in clips]
        row: dict[str, Any] = {"beta": beta, "dances": len(clips)}
        row |= measures.distances(measures.feature_set(clips), reference)
        own = locking.own_locking(clips, "feet")
        row |= {"resultant": own.resultant, "resultant_interval": own.interval}
        row |= {"body": locking.own_locking(clips, "body").resultant}
        apart = measures.seed_distances(clips, s.options.candidates)
        row["same_song"], row["same_song_interval"] = measures.grouped_mean(
            apart, groups[:: s.options.candidates]
        )
        for name in ("speed", "jitter", "fsr"):
            values = np.array([measures.PER_CLIP[name](clip) for clip in clips])
            row[name], row[f"{name}_interval"] = measures.grouped_mean(values, groups)
        rows.append(row)
        print(json.dumps(row), flush=True)
    report.plot_beta(rows, s.options.out / "beta.png")
    return {"genres": s.sweep_genres, "rows": rows}


def sheet_part(s: Study) -> dict[str, Any]:
    """A contact sheet of ten dances to ten songs, a row each, for people to look at."""
    from pipelines.body.preview import contact_sheet, stick_frames

    frames, shown = [], []
    for number, stretch in enumerate(s.stretches[:SHEET_ROWS]):
        genre = s.genres[number % len(s.genres)]
        motion = s.ensemble.dance(stretch, s.seeded(genre, number, s.sampling))[0]
        # A run of close pictures shows steps; pictures a second apart would only show poses.
        picked = slice(60, 60 + SHEET_COLUMNS * SHEET_STEP, SHEET_STEP)
        rotations = motion.rotations()[picked]
        frames += list(stick_frames(rotations, motion.trans[picked], 150, 210))
        shown.append([stretch.song, genre])
    report.save_picture(contact_sheet(frames, SHEET_COLUMNS), s.options.out / "sheet.png")
    return {"rows": shown, "seconds_between_pictures": SHEET_STEP / FPS}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the report of all parts measured so far."""
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    s = study(options)
    work = {
        "sheet": sheet_part,
        "table": table_part,
        "hearing": hearing_part,
        "bent": bent_part,
        "delay": delay_part,
        "beta": beta_part,
    }
    about = {
        "checkpoint": s.ensemble.name, "step": s.choreographer.checkpoint.metadata.get("step"),
        "songs": [stretch.song for stretch in s.stretches], "sampling": s.sampling.__dict__,
        "held_out": sorted({pair.take for pair in s.held}), "seconds": options.seconds,
    }  # fmt: skip
    for part in options.parts:
        write_json(options.out / f"{part}.json", {"about": about, **work[part](s)})
    if options.log is not None:
        report.plot_losses(options.log, options.out / "losses.png")
    text = report.document(options.out, PARTS)
    (options.out / "report.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
