"""Pairs the takes of a dance library with music: docs/lab/rebuild-checkpoint.md has the whole way.

Pairs go to WORKSPACE/pairs, ready for `train-motion --data`. The same library and songs, named in
the same order, give the same files.

python examples/prepare_dance.py --workspace workspace --songs songs/one --songs songs/two \\
    --leave-out examples/held_out_songs.txt --hold-out examples/held_out_takes.txt
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from macedance_cli.console import open_progress, print_data
from macedance_cli.failures import report
from pipelines.datasets.paired import save_pair
from pipelines.datasets.pairing import PairingConfig, pair_takes
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.song_library import Song, song_library
from pipelines.motion_expert.library.dancer import SHIPPED
from pipelines.motion_expert.library.storage import Library, load_library
from pipelines.support.progress import Progress


def read_songs(
    folders: Sequence[Path], left_out: set[str], cache: Path, progress: Progress
) -> list[Song]:
    """The songs of all folders, folder by folder, without those that evaluation needs unheard."""
    songs = [song for folder in folders for song in song_library(folder, cache, progress)]
    for name in sorted(left_out - {song.name for song in songs}):
        progress.warn(f"--leave-out names {name}, which is none of the songs")
    return [song for song in songs if song.name not in left_out]


def prepare_pairs(
    library: Library,
    held_out: set[str],
    songs: Sequence[Song],
    config: PairingConfig,
    workspace: Path,
    progress: Progress,
) -> int:
    """Write every pair of a take with a song, and return how many there are.

    Args:
        library: of the takes. held_out: dancers and groups of takes that are marked as the test.
        songs: to warp the takes onto. config: how many each gets.
        workspace: pairs lie in its folder `pairs`.
        progress: who listens.
    """
    entries = {take.name: take for take in library.takes}
    motions = [library.recorded(take) for take in library.takes]
    counts = {name: library.counts(take) for name, take in entries.items()}
    count: Counter[str] = Counter()
    for pair in pair_takes(motions, songs, config, progress, counts):
        motion = pair.warped.motion
        take = entries[motion.source or ""]
        count[take.name] += 1
        held = bool({take.dancer, take.group} & held_out)
        sequence = PairedSequence(
            motion, pair.features.values, take.name, take.group, "test" if held else "train",
            take.couple,
        )  # fmt: skip
        name = f"{take.name}__{pair.mode}{count[take.name]}.npz"
        save_pair(sequence, pair.song, pair.mode, workspace / "pairs" / name)
    return count.total()


def lines_of(path: Path | None) -> set[str]:
    """The lines of a file that say something; none of no file."""
    return set() if path is None else {line for line in path.read_text().splitlines() if line}


def main() -> None:
    """Read the command line and prepare what it names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", type=Path, default=SHIPPED, help="default: the one that ships")
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument(
        "--songs", type=Path, action="append", required=True, help="may be repeated"
    )
    parser.add_argument("--leave-out", type=Path, help="file with a song's file name per line")
    parser.add_argument("--hold-out", type=Path, help="file with a dancer or group per line")
    parser.add_argument("--warped", type=int, default=4, help="songs per take")
    parser.add_argument("--composed", type=int, default=2, help="compositions per take")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    progress = open_progress()
    songs = read_songs(
        given.songs, lines_of(given.leave_out), given.workspace / "features", progress
    )
    config = PairingConfig(given.warped, given.composed, seed=given.seed)
    held_out, library = lines_of(given.hold_out), load_library(given.library)
    pairs = prepare_pairs(library, held_out, songs, config, given.workspace, progress)
    print_data(
        f"{pairs} pairs of {len(library.takes)} takes with {len(songs)} songs: "
        f"{given.workspace / 'pairs'}"
    )


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(report(error))
