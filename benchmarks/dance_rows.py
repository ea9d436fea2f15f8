r"""Trained models one after another on held-out songs, each beside the row above it.

    python benchmarks/dance_rows.py --songs FOLDER --out rows \
        --row indices infinitedance runs/row0/latest --row embeddings infinitedance runs/row1/latest

Each row dances twice to every song, in styles that all rows know (--styles with no name: none asked
for), and is
held against the library's held-out takes, or those of one collection of it. Intervals, 95 %, are
by leaving out one song at a time (a bootstrap repeats dances, and a Frechet distance of repeated
dances is larger); differences are between the same songs, styles and seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from motion_quality import EXAMPLES, STYLES, held_out_songs
from numpy.typing import NDArray
from quality import locking, measures
from quality.clips import FPS, Clip
from quality.performing import Call, Performer
from quality.real_dance import only, parted, real_clips

from pipelines.datasets.song_library import Song
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import Library, load_library, save_library
from pipelines.support.files import write_text

Floats = NDArray[np.float64]
FIGURES = ("FID_k", "FID_l", "FID_g", "DIV_k", "DIV_g", "BAS", "R feet", "FSR")
SURE = 1.96


def figures(clips: Sequence[Clip], reference: measures.FeatureSet) -> Floats:
    """One number for each of `FIGURES`."""
    found = measures.distances(measures.feature_set(clips), reference)
    bas = measures.beat_scores(clips)["bas_music"]
    feet = locking.own_locking(clips, "feet")
    sliding = [foot_skating_ratio(clip.joints, FPS).ratio for clip in clips]
    names = ("fid_k", "fid_l", "fid_g", "div_k", "div_g")
    values = [found[name] for name in names]
    return np.array([*values, np.nanmean(bas), feet.resultant, np.nanmean(sliding)])


def with_spread(
    clips: Sequence[Clip], figures_of: Callable[[Sequence[Clip]], Floats]
) -> tuple[Floats, Floats]:
    """The figures (M,) of all clips, and without each of the songs in turn (S, M)."""
    songs = sorted({clip.group for clip in clips})
    without = [figures_of([c for c in clips if c.group != song]) for song in songs]
    return figures_of(clips), np.array(without)


def half_width(without_SM: Floats) -> Floats:
    """Of the interval, by the jackknife."""
    count = len(without_SM)
    spread = ((without_SM - without_SM.mean(0)) ** 2).sum(0)
    return np.asarray(SURE * np.sqrt((count - 1) / count * spread))


def table(rows: dict[str, tuple[Floats, Floats]], truth: Floats | None = None) -> str:
    """Markdown: figures with half their intervals' widths, and differences to the row above."""
    lines = [f"| | {' | '.join(FIGURES)} |", f"|--|{'--|' * len(FIGURES)}"]
    before: tuple[Floats, Floats] | None = None
    for name, (all_songs, without) in rows.items():
        lines.append(_line(name, all_songs, half_width(without)))
        if before is not None:
            differs = half_width(without - before[1])
            lines.append(_line("... to the row above", all_songs - before[0], differs, "+"))
        before = all_songs, without
    if truth is not None:
        lines.append(
            f"| real dance, held out | {' | '.join(f'{round(v, 6):.3g}' for v in truth)} |"
        )
    return "\n".join(lines) + "\n"


def _line(name: str, values: Floats, widths: Floats, sign: str = "") -> str:
    cells = [f"{v:{sign}.3g} ± {w:.2g}" for v, w in zip(values, widths, strict=True)]
    return f"| {name} | {' | '.join(cells)} |"


def calls(songs: Sequence[Song], styles: Sequence[str], frames: int) -> list[Call]:
    """Two dances to each song, in styles one after another; in none where there are none."""
    return [
        Call(song, frames, styles[(2 * n + k) % len(styles)] if styles else "", 0, 2 * n + k)
        for n, song in enumerate(songs)
        for k in (0, 1)
    ]


def model_folder(said: str, rest: Library, out: Path) -> Path | None:
    """The folder that a row names: "shipped", a trained one, "library": what is not held out of the
    library that ships, or "library-without:COLLECTION"."""
    if said == "shipped":
        return None
    name, _, left_out = said.partition(":")
    if name not in ("library", "library-without"):
        return Path(said)
    place = out / f"library without {left_out or 'what is held out'}"
    save_library(only(rest, [t for t in rest.takes if t.collection != left_out]), place)
    return place


def main(arguments: Sequence[str] | None = None) -> None:
    """Dance, judge, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--songs", type=Path, required=True, help="searched through and through")
    parser.add_argument("--held-out-songs", type=Path, default=EXAMPLES / "held_out_songs.txt")
    parser.add_argument("--held-out-takes", type=Path, default=EXAMPLES / "held_out_takes.txt")
    parser.add_argument("--row", nargs=3, action="append", required=True,
                        metavar=("LABEL", "EXPERT", "FOLDER"))  # fmt: skip
    parser.add_argument(
        "--styles", nargs="*", default=list(STYLES), help="without any: none is asked for"
    )
    parser.add_argument("--truth", default="", help="collection of the library to judge by")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--feature-cache", type=Path, help="features of songs, by content")
    parser.add_argument("--out", type=Path, default=Path("rows"))
    asked = parser.parse_args(arguments)
    library, frames = load_library(SHIPPED), round(asked.seconds * FPS)
    rest, held = parted(library, [n for n in asked.held_out_takes.read_text().splitlines() if n])
    judges = [t for t in held if not t.couple and asked.truth in ("", t.collection)]
    truth = real_clips(library, judges, frames)
    reference = measures.feature_set(truth)
    songs = held_out_songs(asked.songs, asked.held_out_songs, asked.feature_cache)
    performers = {
        label: Performer(expert, model_folder(folder, rest, asked.out), asked.out / "dances")
        for label, expert, folder in asked.row
    }
    styles = [s for s in asked.styles if all(p.knows(s) for p in performers.values())]
    rows = {}
    for label, performer in performers.items():
        danced = [d.clip for d in performer.perform(calls(songs, styles, frames))]
        rows[label] = with_spread(danced, lambda clips: figures(clips, reference))
        print(table({label: rows[label]}).splitlines()[-1], flush=True)
    shown = table(rows, figures(truth, reference))
    write_text(asked.out / "rows.md", shown)
    print(shown)


if __name__ == "__main__":
    main()
