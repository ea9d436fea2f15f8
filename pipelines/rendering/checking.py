"""`render DANCE --check` and `--mend`: what is wrong with a dance, and what can be smoothed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipelines.rendering.settings import RenderConfig
from pipelines.support.progress import Progress

if TYPE_CHECKING:
    from pipelines.metrics.flaws import Flaw
    from pipelines.metrics.joints import Array
    from pipelines.motion.motion import Motion

_ROUNDS = 3
_MARGIN, _LONGEST = 2, 0.7
"""Frames that are bridged before and after a spike, and seconds of the longest that is."""
_BY_FEET = ("slide", "sinking")
Spans = list[tuple[float, float]]
DanceAnew = Callable[["Motion", Spans], "list[Motion]"]
"""From a dance and stretches of it, in seconds, to the same with those danced anew, some ways."""


def checked(
    config: RenderConfig, progress: Progress, dance_anew: DanceAnew | None = None
) -> dict[str, Any]:
    """The dance's flaws, JSON-able; with --mend what is left of them, and the file is written.

    Args:
        dance_anew: what --redo has of the stretches that cannot be smoothed; None without it.

    Raises UnsuitableInput for a dance or song that cannot be read, or one of too few frames.
    """
    from pipelines.metrics.flaws import flaws
    from pipelines.motion.npz import save_npz
    from pipelines.rendering.listing import single_source
    from pipelines.rendering.source import load_dance
    from pipelines.support.errors import UnsuitableInput

    assert config.dance is not None
    motion = load_dance(single_source(config), config, resample=False)
    if motion.frames < 8:
        raise UnsuitableInput(f"{config.dance}: {motion.frames} frames are too few to be checked")
    beats = _beats(config, progress)
    with progress.stage("checking the dance", 1, "dances") as advance:
        found = flaws(motion, beats)
        advance(1)
    facts: dict[str, Any] = {"dance": str(config.dance), "seconds": round(motion.seconds, 3),
                             "flaws": [asdict(flaw) for flaw in found]}  # fmt: skip
    if not config.mend:
        return facts | {"redo": redo_flags(found, motion.seconds)}
    assert config.output is not None
    better, left = mended(motion, found, beats)
    anew: Spans = []
    if dance_anew is not None:
        better, left, anew = redone(better, left, beats, dance_anew)
    save_npz(better, config.output)
    return facts | {
        "output": [str(config.output)], "left": [asdict(flaw) for flaw in left],
        "danced_anew": anew, "redo": redo_flags(left, motion.seconds),
    }  # fmt: skip


def mended(motion: Motion, found: Sequence[Flaw], beats: Array | None) -> tuple[Motion, list[Flaw]]:
    """The dance with spikes bridged and feet held where they slide, and the flaws that are left.

    What is no better afterwards is left as it was.
    """
    from pipelines.metrics.flaws import GROUPS, flaws
    from pipelines.motion.mending import bridged, feet_held

    left = list(found)
    for _ in range(_ROUNDS):
        better = motion
        for flaw in left:
            if flaw.kind == "spike" and flaw.stop - flaw.start <= _LONGEST:
                start = max(0, round(flaw.start * motion.fps) - _MARGIN)
                stop = min(motion.frames, round(flaw.stop * motion.fps) + _MARGIN)
                better = bridged(better, start, stop, GROUPS[flaw.where])
        spans = [(round(flaw.start * motion.fps), round(flaw.stop * motion.fps))
                 for flaw in left if flaw.kind in _BY_FEET]  # fmt: skip
        better = feet_held(better, spans)
        now = flaws(better, beats)
        if _badness(now) >= _badness(left):
            break
        motion, left = better, now
    return motion, left


def redone(
    motion: Motion, found: Sequence[Flaw], beats: Array | None, dance_anew: DanceAnew
) -> tuple[Motion, list[Flaw], Spans]:
    """The dance with stretches of flaws danced anew where that has fewer of them, the flaws that
    are left, and those stretches."""
    from pipelines.metrics.flaws import flaws

    left, anew = list(found), []
    for span in _spans(found, motion.seconds):
        for better in dance_anew(motion, [span]):
            now = flaws(better, beats)
            if _seconds_of(now) < _seconds_of(left):
                motion, left = better, now
                anew.append(span)
                break
    return motion, left, anew


def _seconds_of(found: Sequence[Flaw]) -> float:
    """Seconds of all flaws, and how many there are."""
    return len(found) + sum(flaw.stop - flaw.start for flaw in found)


def _badness(found: Sequence[Flaw]) -> float:
    """Seconds of what can be mended, and how many stretches there are of it."""
    those = [flaw for flaw in found if flaw.kind in ("spike", *_BY_FEET)]
    return len(those) + sum(flaw.stop - flaw.start for flaw in those)


def redo_flags(found: Sequence[Flaw], seconds: float) -> str:
    """What to give `generate --edit` so that the flaws' stretches are danced anew; "" for none."""
    return " ".join(f"--redo {start:.2f}:{stop:.2f}" for start, stop in _spans(found, seconds))


def _spans(found: Sequence[Flaw], seconds: float) -> Spans:
    """Stretches that hold the flaws and half a second around each."""
    spans: list[list[float]] = []
    for flaw in found:
        start, stop = max(0.0, flaw.start - 0.5), min(seconds, flaw.stop + 0.5)
        if spans and start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], stop)
        else:
            spans.append([start, stop])
    return [(start, stop) for start, stop in spans]


def _beats(config: RenderConfig, progress: Progress) -> Array | None:
    if config.music is None:
        return None
    from pipelines.music.song_cache import cached_beats
    from pipelines.workspace.layout import Workspace

    with progress.stage("listening to the song", 1, "songs") as advance:
        beats = cached_beats(
            config.music, "strict", 0.0, Workspace(config.workspace).cache("beats")
        )
        advance(1)
    return beats
