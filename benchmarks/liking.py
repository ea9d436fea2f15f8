"""Not speed: is a dance with --like nearer to the dance that is liked, and what does that cost?

python benchmarks/liking.py --songs FOLDER [--names FILE] [--liked TAKE ...]

Recorded dances that the library is without (`examples/held_out_takes.txt`), two of each style, are
liked, each to two held-out songs. Printed with 95 % intervals over them: how far windows of 5 s are
from the nearest one of the liked dance (features of the body's speeds and of its poses, in the
deviations of real dance, per feature), how many of them the genre classifier takes for the liked
dance's style, feet and beat. Beside it other recorded dance of the liked one's style.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from measure import EXAMPLES, table
from motion_quality import CLASSIFIER, SHIPPED, held_out_songs
from quality import locking, measures
from quality.clips import FPS, Clip, Float, clip_of
from quality.performing import START_SECONDS
from quality.real_dance import parted, real_clips

from pipelines.datasets.song_library import Song
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.genre.recogniser import Recogniser
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.expert import LibraryExpert
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.storage import Library, TakeEntry, load_library
from pipelines.music.features import MusicFeatures
from pipelines.support.progress import SILENT

SECONDS, SHORTEST, PER_STYLE, PER_LIKED = 12.0, 7.0, 2, 2
COLUMNS = ("speeds, distance", "poses, distance", "style recognised", "foot skating", "R feet")


@dataclass(frozen=True)
class Ruler:
    """What distances are measured in: the spread of real dance."""

    real: measures.FeatureSet

    def apart(self, clip: Clip, liked: Clip) -> tuple[float, float]:
        """How far a clip's windows are from the nearest one of the liked dance, twice."""
        ours, theirs = measures.feature_set([clip]), measures.feature_set([liked])
        return tuple(  # type: ignore[return-value]
            _nearest(getattr(ours, name), getattr(theirs, name), getattr(self.real, name))
            for name in ("logarithmic", "geometric")
        )


def _nearest(ours: Float, theirs: Float, real: Float) -> float:
    spread = real.std(0)
    varies = spread > 1e-6
    ways = (ours[:, None] - theirs)[..., varies] / spread[varies]
    return float(np.sqrt((ways**2).mean(-1)).min(1).mean())


def liked_takes(held: Sequence[TakeEntry], names: Sequence[str]) -> list[TakeEntry]:
    """The longest takes of each style, by different dances."""
    chosen: list[TakeEntry] = []
    for take in sorted(held, key=lambda take: -take.frames):
        same = [one for one in chosen if one.genre == take.genre]
        fits = take.frames >= SHORTEST * FPS and len(same) < PER_STYLE
        if fits and all(one.choreography != take.choreography for one in same):
            chosen.append(take)
    return [take for take in held if take.name in names] if names else chosen


def danced(
    expert: LibraryExpert, song: Song, take: TakeEntry, library: Library, like: bool
) -> Clip:
    """The expert's dance to a song, perhaps in the manner of a take."""
    start = round(START_SECONDS * FPS)
    heard = MusicFeatures(song.features.values[start : start + round(SECONDS * FPS)], FPS)
    request = DanceRequest(heard, like=library.recorded(take) if like else None)
    (found,) = expert.dance(request, SILENT)
    return clip_of(found.motion, song.beats - START_SECONDS, take.genre, song.name, take.name)


def pairs(takes: Sequence[TakeEntry], songs: Sequence[Song]) -> Iterator[tuple[TakeEntry, Song]]:
    """Each liked dance with some of the songs, in turns."""
    for number, take in enumerate(takes):
        for k in range(PER_LIKED):
            yield take, songs[(number * PER_LIKED + k) % len(songs)]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--songs", type=Path, required=True)
    parser.add_argument("--names", type=Path, default=EXAMPLES / "held_out_songs.txt")
    parser.add_argument("--held-out-takes", type=Path, default=EXAMPLES / "held_out_takes.txt")
    parser.add_argument("--liked", nargs="*", default=[], help="dancers or groups instead of those")
    parser.add_argument("--feature-cache", type=Path)
    asked = parser.parse_args()
    library = load_library(SHIPPED)
    held_out = [n for n in asked.held_out_takes.read_text().splitlines() if n]
    rest, held = parted(library, [*held_out, *asked.liked])
    if asked.liked:
        held = [take for take in held if {take.dancer, take.group} & set(asked.liked)]
    takes = liked_takes(held, [])
    songs = held_out_songs(asked.songs, asked.names, asked.feature_cache)
    expert = LibraryExpert(LibraryDancer(rest), LibraryOptions())
    recogniser = Recogniser.load(CLASSIFIER, torch.device("cpu"))
    ruler = Ruler(measures.feature_set(real_clips(rest, rest.takes, round(SECONDS * FPS))))
    rows = []
    for way in ("as it is", "--like"):
        clips = [(danced(expert, song, take, library, way == "--like"), take)
                 for take, song in pairs(takes, songs)]  # fmt: skip
        rows.append((way, *_row(clips, library, ruler, recogniser)))
    others = [
        (clip, take) for take in takes for clip in
        real_clips(rest, [t for t in rest.takes if t.genre == take.genre], round(SECONDS * FPS))[:4]
    ]  # fmt: skip
    rows.append(("recorded dance of that style", *_row(others, library, ruler, recogniser)))
    print(", ".join(f"{take.name} ({take.genre})" for take in takes))
    table(("dance", *COLUMNS), rows)


def _row(
    clips: Sequence[tuple[Clip, TakeEntry]], library: Library, ruler: Ruler, recogniser: Recogniser
) -> list[str]:
    values = []
    for clip, take in clips:
        liked = clip_of(library.recorded(take), np.zeros(0), take.genre, "", take.name)
        number = recogniser.number_of(take.genre)
        assert clip.motion is not None
        taken = recogniser.recognised(recogniser.logits(clip.motion))
        known = np.nan if number is None else float((taken == number).mean())
        skating = foot_skating_ratio(clip.joints, FPS).ratio
        values.append([*ruler.apart(clip, liked), known, skating])
    groups = [take.name for _, take in clips]
    shown = [measures.grouped_mean(column, groups) for column in np.array(values).T]
    held = locking.own_locking([clip for clip, _ in clips], "feet")
    return [f"{mean:.2f} ({low:.2f} to {high:.2f})"
            for mean, (low, high) in (*shown, (held.resultant, held.interval))]  # fmt: skip


if __name__ == "__main__":
    main()
