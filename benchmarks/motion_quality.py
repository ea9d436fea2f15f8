"""How good are the dances of the Motion Experts, as `generate` makes them? Beside real dance.

python benchmarks/motion_quality.py --songs FOLDER --out quality

Dances to songs that took no part in training and holds the dances against takes by dancers, and of
choreographies, that took none. Rows: every expert of the table that ships whole, "mace:..." as the
network alone, as many windows of real dance as a row has (the floor of its FID), and real dance
held out. The library dances with what is not held out of it. Writes one JSON and a Markdown table
into --out and keeps the dances there: run it again to go on after a stop.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from quality import joins, locking, measures
from quality.clips import FPS, Clip, windows
from quality.copying import Originals
from quality.performing import START_SECONDS, Call, Performance, Performer
from quality.real_dance import parted, real_clips
from quality.table import markdown

from pipelines.datasets.listing import SONG_FORMATS
from pipelines.datasets.song_library import Song, read_song
from pipelines.metrics.genre.folder import SHIPPED as CLASSIFIER
from pipelines.metrics.genre.recogniser import Recogniser
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import Library, load_library, save_library
from pipelines.support.errors import MissingAsset
from pipelines.support.files import write_json, write_text

EXAMPLES = Path(__file__).parents[1] / "examples"
STYLES = (
    "house",
    "la hip-hop",
    "middle hip-hop",
    "lock",
    "waack",
    "break",
    "popping",
    "commercial",
    "party",
    "salsa",
)
NETWORK_ALONE = "mace:tempo_change=0"
FEWEST_WINDOWS = 12
"""Of a style's held-out dance, for which the style is held against that alone."""
FLOOR_DRAWS = 9


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    return study_parser().parse_args(arguments)


def study_parser(**given: Any) -> argparse.ArgumentParser:
    """The options of a study; other scripts have theirs beside them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], **given)
    parser.add_argument("--songs", type=Path, required=True, help="searched through and through")
    parser.add_argument("--held-out-songs", type=Path, default=EXAMPLES / "held_out_songs.txt")
    parser.add_argument("--held-out-takes", type=Path, default=EXAMPLES / "held_out_takes.txt")
    parser.add_argument("--library", type=Path, default=SHIPPED, help="real dance, and who danced")
    parser.add_argument("--experts", nargs="+", default=[*shipped_experts(), NETWORK_ALONE])
    parser.add_argument("--model", action="append", default=[], metavar="EXPERT=FOLDER")
    parser.add_argument("--styles", nargs="*", default=list(STYLES))
    parser.add_argument("--styles-per-song", type=int, default=2)
    parser.add_argument("--each-style", action="store_true", help="also a row per style")
    parser.add_argument("--feature-cache", type=Path, help="features of songs, by content")
    parser.add_argument("--out", type=Path, default=Path("quality"))
    parser.add_argument("--seconds", type=float, default=12.0)
    return parser


def shipped_experts() -> list[str]:
    """Those of the table that ship whole."""
    names = []
    for name, row in EXPERTS.items():
        try:
            if row.check is not None and row.check():
                names.append(name)
        except MissingAsset:
            continue
    return names


def held_out_songs(songs: Path, names: Path, feature_cache: Path | None) -> list[Song]:
    """The songs of a list, found under a folder."""
    paths = {p.name: p for p in songs.rglob("*") if p.suffix.lower() in SONG_FORMATS}
    lines = [line.strip() for line in names.read_text().splitlines()]
    if missing := [line for line in lines if line and line not in paths]:
        sys.exit(f"--songs {songs}: lacks {len(missing)} of {names}, such as {missing[0]}")
    return [read_song(paths[line], feature_cache) for line in lines if line]


@dataclass
class Study:
    """What all rows share.

    Attributes:
        songs: held out. frames: of a dance.
        learned: real dance that experts may know. held: real dance that none knows.
        originals, near: against which copies are found.
        couples_learned, couples_held: as `learned` and `held`, of couples, who dance only when
            their style is asked for.
        recogniser: the genre classifier that ships.
    """

    songs: list[Song]
    frames: int
    learned: list[Clip]
    held: list[Clip]
    originals: Originals
    near: float
    couples_learned: list[Clip]
    couples_held: list[Clip]
    recogniser: Recogniser

    @staticmethod
    def over(
        songs: list[Song], frames: int, learned: list[Clip], held: list[Clip],
        couples_learned: list[Clip], couples_held: list[Clip],
    ) -> Study:  # fmt: skip
        """With what follows from these."""
        originals = Originals([*learned, *couples_learned])
        near = originals.threshold(held)
        recogniser = Recogniser.load(CLASSIFIER, torch.device("cpu"))
        return Study(
            songs, frames, learned, held, originals, near, couples_learned, couples_held, recogniser
        )

    def reference(self, style: str) -> list[Clip]:
        """Held-out dance in that style where there is enough, else all."""
        own = [clip for clip in (*self.held, *self.couples_held) if clip.genre == style]
        return own if sum(len(windows(c)) for c in own) >= FEWEST_WINDOWS else self.held

    def of_style(self, style: str) -> list[Clip]:
        """Real dance in that style that experts may know."""
        return [clip for clip in (*self.learned, *self.couples_learned) if clip.genre == style]

    def recognised(self, clips: Sequence[Clip]) -> dict[str, Any]:
        """The share of windows that the classifier takes for what was asked, if it knows it all."""
        right, groups = [], []
        for clip in clips:
            number = self.recogniser.number_of(clip.genre)
            if number is None or clip.motion is None:
                return {}
            taken = self.recogniser.recognised(self.recogniser.logits(clip.motion))
            right += (taken == number).astype(float).tolist()
            groups += [clip.group] * len(taken)
        share, interval = measures.grouped_mean(np.array(right), groups)
        return {"recognised": share, "recognised_interval": interval}

    def calls(self, styles: Sequence[str], delayed: bool = False) -> list[Call]:
        """A dance to every song in each of these styles; with `delayed` half a beat later."""
        found = []
        for number, song in enumerate(self.songs):
            half = round(0.5 * FPS * float(np.median(np.diff(song.beats)))) if delayed else 0
            found += [Call(song, self.frames, style, half, number) for style in styles]
        return found

    def real_row(self, clips: Sequence[Clip], reference: Sequence[Clip]) -> dict[str, Any]:
        """What can be measured of any dance."""
        features, groups = measures.feature_set(clips), [clip.group for clip in clips]
        row: dict[str, Any] = {"dances": len(clips)}
        for name, measure in measures.PER_CLIP.items():
            values = np.array([measure(clip) for clip in clips])
            row[name], row[f"{name}_interval"] = measures.grouped_mean(values, groups)
        row |= measures.distances(features, measures.feature_set(reference))
        beats = {song.name: song.beats - START_SECONDS for song in self.songs}
        for speed in locking.SPEEDS:
            own = locking.own_locking(clips, speed)
            row[f"{speed}_r"], row[f"{speed}_r_interval"] = own.resultant, own.interval
            row[f"{speed}_foreign"] = locking.foreign_locking(clips, beats, speed)[0]
        return row | self.recognised(clips)

    def row(
        self, danced: Sequence[Performance], later: Sequence[Performance],
        reference: Sequence[Clip], floor_of: Sequence[Clip], delays: Sequence[int],
    ) -> dict[str, Any]:  # fmt: skip
        """Of dances made for this study.

        Args:
            danced: the dances. later: the same to the songs heard `delays` frames later, or none.
            reference: held-out dance. floor_of: real dance of which the floor is drawn.
        """
        clips = [d.clip for d in danced]
        row = self.real_row(clips, reference)
        row |= floor(floor_of, reference, sum(len(windows(c)) for c in clips))
        copying = self.originals.copying(clips, self.near)
        row |= {"novelty": copying.novelty, "longest_copy": copying.longest}
        if later:
            moved = locking.response(clips, [d.clip for d in later], delays)
            row["half"], row["half_interval"] = moved.answer, moved.interval
        return row | pieces([d for d in danced if "parts" in d.facts])


def pieces(danced: Sequence[Performance]) -> dict[str, Any]:
    """Of dances that are put together from takes: joins, the longest piece, takes a minute."""
    if not danced:
        return {}
    clips, cuts = [d.clip for d in danced], [d.facts["joins"] for d in danced]
    parts = [d.facts["parts"] for d in danced]
    minutes = sum(len(c.joints) for c in clips) / FPS / 60
    names = [p["genre"] for each in parts for p in each]
    return {
        "join_jerk": joins.join_jerk(clips, cuts), "join_slide": joins.join_slide(clips, cuts),
        "longest_piece": max(p["seconds"] for each in parts for p in each),
        "takes_a_minute": sum(len({p["take"] for p in each}) for each in parts) / minutes,
        "styles": {name: names.count(name) / len(names) for name in sorted(set(names))},
    }  # fmt: skip


def floor(real: Sequence[Clip], reference: Sequence[Clip], count: int) -> dict[str, float]:
    """FID of as many windows of real dance by others: what no dance falls below by merit.

    The median of nine draws.
    """
    features, theirs = measures.feature_set(real), measures.feature_set(reference)
    rows = []
    for seed in range(FLOOR_DRAWS):
        order = np.random.default_rng(seed).permutation(len(features.genres))[:count]
        rows.append(measures.distances(features.rows(sorted(order.tolist())), theirs))
    return {f"floor_{k}": float(np.median([r[f"fid_{k}"] for r in rows])) for k in "klg"}


def rows_of(study: Study, performer: Performer, options: argparse.Namespace) -> dict[str, Any]:
    """An expert's rows: no style asked, several styles, and if wanted each of them."""
    found: dict[str, Any] = {}

    def add(name: str, calls: list[Call], later: list[Call], style: str, real: list[Clip]) -> None:
        row = study.row(
            performer.perform(calls), performer.perform(later), study.reference(style), real,
            [call.delay for call in later],
        )  # fmt: skip
        found[f"{performer.name}, {name}"] = row
        told = {k: v for k, v in row.items() if not k.endswith("interval")}
        print(performer.name, name, json.dumps(told), flush=True)

    add("no style asked", study.calls([""]), study.calls([""], delayed=True), "", study.learned)
    known = [style for style in options.styles if performer.knows(style)]
    if known:
        each, per_song = study.calls(known), options.styles_per_song
        some = [
            each[n * len(known) + (n * per_song + k) % len(known)]
            for n in range(len(study.songs))
            for k in range(min(per_song, len(known)))
        ]
        real = [clip for clip in study.learned if clip.genre in known]
        add(f"{len(known)} styles asked", some, [], "", real)
    for style in known if options.each_style else ():
        real = study.of_style(style)
        later = study.calls([style], delayed=True)
        add(style, study.calls([style]), later, style, real)
    return found


def held_out_row(study: Study) -> dict[str, Any]:
    """Of the dance that others are held against; its FID is between halves of its takes."""
    copying = study.originals.copying(study.held, study.near)
    return {
        **study.real_row(study.held, study.held),
        **measures.split_by_group(measures.feature_set(study.held)),
        "novelty": copying.novelty, "longest_copy": copying.longest,
    }  # fmt: skip


def prepared(options: argparse.Namespace) -> tuple[Study, Library]:
    """The study that the command line asks for, and the library without what is held out."""
    held_out = [n for n in options.held_out_takes.read_text().splitlines() if n]
    library = load_library(options.library)
    rest, held = parted(library, held_out)
    frames = round(options.seconds * FPS)
    # Couples hold a partner: the default leaves them out unless they are asked for.
    clips = [
        real_clips(source, [t for t in takes if t.couple == couple], frames)
        for couple in (False, True)
        for source, takes in ((rest, rest.takes), (library, held))
    ]
    songs = held_out_songs(options.songs, options.held_out_songs, options.feature_cache)
    return Study.over(songs, frames, *clips), rest


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, dance, measure, and write the table."""
    options = parse(arguments)
    study, rest = prepared(options)
    save_library(rest, options.out / "held_in")
    models = {"library": options.out / "held_in"}
    models |= {name: Path(path) for name, _, path in (m.partition("=") for m in options.model)}
    rows: dict[str, Any] = {}
    for name in options.experts:
        model = models.get(name.partition(":")[0])
        rows |= rows_of(study, Performer(name, model, options.out / "dances"), options)
    rows["real dance, held out"] = held_out_row(study)
    write_json(options.out / "rows.json", rows)
    write_text(options.out / "table.md", markdown(rows))
    print(markdown(rows))


if __name__ == "__main__":
    main()
