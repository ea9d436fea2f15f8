"""`render DANCE --check` and `--mend`: what is wrong with a dance, and what can be smoothed."""

from __future__ import annotations

from collections.abc import Sequence
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


def checked(config: RenderConfig, progress: Progress) -> dict[str, Any]:
    """The dance's flaws, JSON-able; with --mend what is left of them, and the file is written.

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
    save_npz(better, config.output)
    return facts | {
        "output": [str(config.output)], "left": [asdict(flaw) for flaw in left],
        "redo": redo_flags(left, motion.seconds),
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


def _badness(found: Sequence[Flaw]) -> float:
    """Seconds of what can be mended, and how many stretches there are of it."""
    those = [flaw for flaw in found if flaw.kind in ("spike", *_BY_FEET)]
    return len(those) + sum(flaw.stop - flaw.start for flaw in those)


def redo_flags(found: Sequence[Flaw], seconds: float) -> str:
    """What to give `generate --edit` so that the flaws' stretches are danced anew; "" for none."""
    spans: list[list[float]] = []
    for flaw in found:
        start, stop = max(0.0, flaw.start - 0.5), min(seconds, flaw.stop + 0.5)
        if spans and start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], stop)
        else:
            spans.append([start, stop])
    return " ".join(f"--redo {start:.2f}:{stop:.2f}" for start, stop in spans)


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
