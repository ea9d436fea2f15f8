"""Not speed: how well a stretch is danced anew between what stays.

python benchmarks/editing.py --songs FOLDER [--names FILE] [--count 6] [--experts library mace]

On held-out songs: a dance of each expert, of which 4.5 s are danced anew. Beside it the plain
cross-fade of another dance, and for mace EDGE's way, a mask that fades with the steps. Printed with
95 % intervals over songs and stretches; what is counted: docs/editing.md#how-good-it-is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from measure import table
from numpy.typing import NDArray

from pipelines.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from pipelines.metrics.beat_fit import score_candidate
from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.resampling import bootstrap_interval
from pipelines.motion.motion import Motion
from pipelines.motion_expert.editing.kept import Kept
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import Dancer, DanceRequest
from pipelines.motion_expert.mace import inpainting
from pipelines.motion_expert.mace.dancer import MaceDancer
from pipelines.motion_expert.mace.diffusion import Known
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.music.beats import beat_times
from pipelines.music.features import MusicFeatures, song_features
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.progress import SILENT

SECONDS, STRETCH = 20.0, 4.5
FADE = 12
COLUMNS = ("error on what was kept, cm", "jerk at the seams / elsewhere", "worst seam / 99th",
           "foot skating", "beat fit")  # fmt: skip
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A song's music, two dances of an expert to it, and the frames that are to be new."""

    music: MusicFeatures
    known: Motion
    other: Motion
    start: int
    stop: int

    @property
    def kept(self) -> Kept:
        """Everything but the stretch."""
        stays = np.ones(self.known.frames, bool)
        stays[self.start : self.stop] = False
        return Kept.of(self.known, stays)


class FadingMask(Known):
    """EDGE's way: what is known holds as much as there is noise left, and not at all at the end."""

    def held(self, x: torch.Tensor, alpha: float, noise: torch.Tensor) -> torch.Tensor:
        """See `Known.held`; the cosine schedule's time is read off alpha."""
        time = 2 / np.pi * float(np.arccos(np.sqrt(alpha)))
        return Known(self.values, self.share * time).held(x, alpha, noise)


def redone(dancer: Dancer, case: Case) -> Motion:
    """As `generate --edit --redo` does it."""
    (danced,) = dancer.dance(DanceRequest(case.music, seed=1, kept=case.kept), SILENT)
    return danced.motion


def cross_faded(_: Dancer, case: Case) -> Motion:
    """Another dance of the expert to the song, faded in and out where it happens to be."""
    frames = np.arange(case.known.frames)
    rise = np.minimum((frames - case.start + 1) / (FADE + 1), (case.stop - frames) / (FADE + 1))
    share = np.clip(rise, 0, 1)
    share = share * share * (3 - 2 * share)
    own = axis_angle_to_matrix(case.known.poses)
    way = matrix_to_axis_angle(np.swapaxes(own, -1, -2) @ axis_angle_to_matrix(case.other.poses))
    poses = matrix_to_axis_angle(own @ axis_angle_to_matrix(share[:, None, None] * way))
    trans = case.known.trans + share[:, None] * (case.other.trans - case.known.trans)
    new = share > 0
    return replace(
        case.known,
        poses=np.where(new[:, None, None], poses, case.known.poses).astype(np.float32),
        trans=np.where(new[:, None], trans, case.known.trans).astype(np.float32),
    )


def softly_masked(dancer: Dancer, case: Case) -> Motion:
    """EDGE's mask: the window as it is drawn, in the dance's place."""
    assert isinstance(dancer, MaceDancer)
    choreographer = dancer.choreographer
    hard = choreographer.known

    def soft(given: tuple[inpainting.Array, inpainting.Array] | None) -> Known | None:
        found = hard(given)
        return None if found is None else FadingMask(found.values, found.share)

    choreographer.known = soft  # type: ignore[method-assign]
    config = SamplingConfig(sampling_steps=50, seed=1)
    gap = (case.start, case.stop)
    request = DanceRequest(case.music, kept=case.kept)
    try:
        ((part, low),) = inpainting.drawn(
            choreographer, request, case.kept, gap, config, lambda: None
        )
    finally:
        choreographer.known = hard  # type: ignore[method-assign]
    poses, trans = case.known.poses.copy(), case.known.trans.copy()
    poses[low : low + part.frames], trans[low : low + part.frames] = part.poses, part.trans
    return replace(case.known, poses=poses, trans=trans)


def measured(case: Case, motion: Motion) -> list[float]:
    """The numbers of `COLUMNS`."""
    joints, known = motion.joints(), case.known.joints()
    outside = np.r_[0 : case.start, case.stop : motion.frames]
    error = 100 * float(np.linalg.norm(joints - known, axis=-1)[outside].mean())
    jerk, before = _jerk(joints), _jerk(known)
    seams = np.r_[case.start - 3 : case.start + FADE, case.stop - FADE - 3 : case.stop + 1]
    around = motion.sliced(case.start - 5, case.stop + 5).joints()
    beats = beat_times(case.music)
    first, last = case.start / MOTION_FPS, case.stop / MOTION_FPS
    inside = beats[(beats >= first) & (beats < last)] - first
    return [
        error, float(jerk[seams].mean() / before.mean()),
        float(jerk[seams].max() / np.percentile(before, 99)),
        foot_skating_ratio(around, MOTION_FPS).ratio,
        score_candidate(joints[case.start : case.stop], inside, MOTION_FPS),
    ]  # fmt: skip


def _jerk(joints_TJ3: Floats) -> Floats:
    third = np.diff(joints_TJ3, n=3, axis=0) * MOTION_FPS**3
    return np.asarray(np.linalg.norm(third, axis=-1).mean(1))


def cases_of(dancer: Dancer, song: Path) -> list[Case]:
    """Two stretches of the expert's dance to the song's beginning; none in a shorter song."""
    heard = song_features(song, 0.0, SECONDS, SILENT)
    if heard.frames < round((SECONDS - 1) * MOTION_FPS):
        return []
    one, other = (dancer.dance(DanceRequest(heard, seed=s), SILENT)[0].motion for s in (0, 1))
    length = round(STRETCH * MOTION_FPS)
    return [Case(heard, one, other, start, start + length) for start in (135, 300)]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--songs", type=Path, required=True)
    examples = Path(__file__).parents[1] / "examples"
    parser.add_argument("--names", type=Path, default=examples / "held_out_songs.txt")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--experts", nargs="+", default=["library", "mace"])
    asked = parser.parse_args()
    names = asked.names.read_text().split()
    songs = sorted(path for path in asked.songs.rglob("*") if path.name in names)
    rows = []
    for expert in asked.experts:
        row = EXPERTS[expert]
        dancer = row.load(None, "cpu", row.options())
        ways: dict[str, Callable[[Dancer, Case], Motion]] = {
            "the dance itself": lambda _, case: case.known,
            "--edit --redo": redone, "plain cross-fade": cross_faded,
        }  # fmt: skip
        if expert == "mace":
            ways["EDGE's fading mask"] = softly_masked
        found: dict[str, list[list[float]]] = {way: [] for way in ways}
        done = 0
        for song in songs:
            cases = cases_of(dancer, song) if done < asked.count else []
            done += bool(cases)
            for case in cases:
                for way, edit in ways.items():
                    found[way].append(measured(case, edit(dancer, case)))
        for way, values in found.items():
            rows.append((expert, way, *map(_with_interval, np.array(values).T)))
    table(("expert", "way", *COLUMNS), rows)


def _with_interval(values: Floats) -> str:
    known = values[~np.isnan(values)]
    low, high = bootstrap_interval(lambda drawn: float(drawn.mean()), known)
    return f"{known.mean():.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
