"""Prepares the free motion captures for training: docs/rebuild-checkpoint.md has the whole way.

Takes of the table in pipelines/datasets/cmu_takes.py go to WORKSPACE/motions, and
with --songs their pairs with music to WORKSPACE/pairs. The same archives and songs, named in the
same order, give the same files.

python examples/prepare_dance.py archives/ --workspace workspace \\
    --songs songs/one --songs songs/two --leave-out examples/held_out_songs.txt
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from macedance_cli.console import open_progress, print_data
from macedance_cli.failures import report
from pipelines.datasets.cmu import read_takes
from pipelines.datasets.paired import group_of, save_pair
from pipelines.datasets.pairing import PairingConfig, pair_takes
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.song_library import Song, song_library
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.progress import Progress


def prepare_takes(archives: Sequence[Path], workspace: Path, progress: Progress) -> list[Motion]:
    """Write every known take as npz and return them in the table's order."""
    found = read_takes(archives, progress)
    for line in found.repaired:
        progress.say(f"repaired {line}")
    for line in found.skipped:
        progress.warn(f"skipped {line}")
    for take in found.takes:
        save_npz(take.motion, workspace / "motions" / f"{take.name}.npz")
    return [take.motion for take in found.takes]


def read_songs(
    folders: Sequence[Path], left_out: set[str], cache: Path, progress: Progress
) -> list[Song]:
    """The songs of all folders, folder by folder, without those that evaluation needs unheard."""
    songs = [song for folder in folders for song in song_library(folder, cache, progress)]
    for name in sorted(left_out - {song.name for song in songs}):
        progress.warn(f"--leave-out names {name}, which is none of the songs")
    return [song for song in songs if song.name not in left_out]


def prepare_pairs(
    takes: Sequence[Motion],
    songs: Sequence[Song],
    config: PairingConfig,
    workspace: Path,
    progress: Progress,
) -> int:
    """Write every pair of a take with a song, and return how many there are."""
    count: Counter[str] = Counter()
    for pair in pair_takes(takes, songs, config, progress):
        motion = pair.warped.motion
        count[motion.source] += 1
        sequence = PairedSequence(
            motion, pair.features.values, motion.source, group_of(motion.source)
        )
        name = f"{motion.source}__{pair.mode}{count[motion.source]}.npz"
        save_pair(sequence, pair.song, pair.mode, workspace / "pairs" / name)
    return count.total()


def main() -> None:
    """Read the command line and prepare what it names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("archives", type=Path, nargs="+", help="folders of unpacked archives")
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--songs", type=Path, action="append", default=[], help="may be repeated")
    parser.add_argument("--leave-out", type=Path, help="file with a song's file name per line")
    parser.add_argument("--warped", type=int, default=4, help="songs per take")
    parser.add_argument("--composed", type=int, default=2, help="compositions per take")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    progress = open_progress()
    takes = prepare_takes(given.archives, given.workspace, progress)
    minutes = sum(take.seconds for take in takes) / 60
    print_data(f"{len(takes)} takes, {minutes:.1f} minutes: {given.workspace / 'motions'}")
    if given.songs:
        left_out = set(given.leave_out.read_text().splitlines()) if given.leave_out else set()
        cache = given.workspace / "features"
        songs = read_songs(given.songs, left_out, cache, progress)
        config = PairingConfig(given.warped, given.composed, seed=given.seed)
        pairs = prepare_pairs(takes, songs, config, given.workspace, progress)
        print_data(f"{pairs} pairs with {len(songs)} songs: {given.workspace / 'pairs'}")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(report(error))
