"""What a user says of a dance beside song and style: what of another one stays, which poses it
meets. Written as flags; read here.

Times are seconds from the dance's start, which is --start of the song.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.support.clock import seconds_of
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import BadUsage, UnsuitableInput

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion
    from pipelines.motion_expert.editing.kept import Kept
    from pipelines.motion_expert.editing.poses import PoseAt

_SPAN_HINT = "write it as 8:12.5, in seconds, or as 1:05-1:20"
_POSE_HINT = "write it as --pose 6.0=pose.npz, or --pose 6.0=dance.npz@12.4 for a moment of a dance"
_TOLERANCE = 0.04
"""Seconds by which a span may go over the song's end."""
_AROUND_POSE = 1.0
"""Seconds before and after a pose."""


@dataclass(frozen=True)
class Span:
    """From one second to another; `text` is how it was written."""

    start: float
    stop: float
    text: str

    @property
    def frames(self) -> slice:
        """Its frames at 30 per second."""
        return slice(round(self.start * MOTION_FPS), round(self.stop * MOTION_FPS))


@dataclass(frozen=True)
class PoseFile:
    """A pose to be met at a second: that of a motion file at its second `at`."""

    second: float
    path: Path
    at: float
    text: str


def parse_span(flag: str, text: str) -> Span:
    """A stretch, from "8:12.5" or "1:05-1:20"; raises BadUsage for what is none, or empty."""
    first, sign, last = text.partition("-" if "-" in text else ":")
    try:
        if "-" not in text and ":" in last:
            raise ValueError
        start, stop = seconds_of(first), seconds_of(last)
    except ValueError:
        raise BadUsage(f"{flag} {text}: not a stretch of time", _SPAN_HINT) from None
    if not sign or stop - start < 1 / MOTION_FPS or start < 0 or stop == float("inf"):
        raise BadUsage(f"{flag} {text}: an empty stretch, it ends where it begins or before",
                       _SPAN_HINT)  # fmt: skip
    return Span(start, stop, f"{flag} {text}")


def parse_pose(text: str) -> PoseFile:
    """A pose, from "6.0=pose.npz" or "6.0=dance.npz@12.4"; raises BadUsage for what is none."""
    time, sign, name = text.partition("=")
    place, _, at = name.rpartition("@") if "@" in name else (name, "", "0")
    try:
        second, moment = seconds_of(time), seconds_of(at)
    except ValueError:
        raise BadUsage(f"--pose {text}: not a time and a file", _POSE_HINT) from None
    if not sign or not place or second < 0 or moment < 0:
        raise BadUsage(f"--pose {text}: not a time and a file", _POSE_HINT)
    return PoseFile(second, Path(place), moment, f"--pose {text}")


@dataclass(frozen=True)
class Direction:
    """What is given of a dance.

    Attributes:
        edit: the dance of which parts stay, or None.
        keep, redo: stretches that stay, and that are danced anew.
        joints: names of groups of joints that stay.
        poses: that are met.
        like: a dance in whose manner to dance, or None.
        holds: stretches in which the dancer holds still.
    """

    edit: Path | None = None
    keep: tuple[Span, ...] = ()
    redo: tuple[Span, ...] = ()
    joints: tuple[str, ...] = ()
    poses: tuple[PoseFile, ...] = ()
    like: Path | None = None
    holds: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return self.edit is not None or self.like is not None or bool(self.poses or self.holds)

    def checked(self) -> Direction:
        """Itself.

        Raises:
            BadUsage: what says nothing together, or contradicts itself.
            UnsuitableInput: a file that is not there.
        """
        if self.edit is None:
            for text in [span.text for span in (*self.redo, *self.keep)] + [
                f"--keep-joints {name}" for name in self.joints
            ]:
                raise BadUsage(f"{text}: of which dance?", "add --edit DANCE.npz")
        elif not (self.keep or self.redo or self.poses or self.joints):
            raise BadUsage(
                f"--edit {self.edit}: nothing is to be changed",
                "add --redo 8:12.5, --keep, --keep-joints or --pose; as it is, it is --motion",
            )
        if self.edit is not None and not self.edit.is_file():
            raise UnsuitableInput(f"--edit {self.edit}: no such file", "give a motion file")
        if self.like is not None and not self.like.is_file():
            raise UnsuitableInput(f"--like {self.like}: no such file", "give a motion file")
        for one in self.poses:
            if not one.path.is_file():
                raise UnsuitableInput(f"{one.text}: no such file", _POSE_HINT)
        _refuse_contradictions(self)
        return self

    def refuse_outside(self, seconds: float) -> None:
        """Raise BadUsage for what lies after the end of the dance, which is so long."""
        for span in (*self.keep, *self.redo, *self.holds):
            if span.stop > seconds + _TOLERANCE:
                raise BadUsage(f"{span.text}: the dance ends after {seconds:.2f} s",
                               "end it earlier; times count from --start")  # fmt: skip
        for one in self.poses:
            if one.second > seconds:
                raise BadUsage(f"{one.text}: the dance ends after {seconds:.2f} s",
                               "put it earlier; times count from --start")  # fmt: skip

    def inputs(self) -> dict[str, Path]:
        """The files that are read, by what they are for."""
        named = {"edit": self.edit, "like": self.like}
        given = {name: path for name, path in named.items() if path is not None}
        return given | {f"pose at {one.second:g}@{one.at:g}": one.path for one in self.poses}

    def kept(self, frames: int) -> Kept | None:
        """What stays of the dance that is edited; None where none is.

        Args:
            frames: of the dance that is asked for.

        Raises UnsuitableInput for a dance of another length or frame rate.
        """
        import numpy as np

        from pipelines.motion_expert.editing.kept import Kept

        if self.edit is None:
            return None
        motion = _as_long(self.edit, frames)
        redo = self.redo or (() if self.keep or self.joints else self._around_poses())
        stays = np.full(frames, bool(redo))
        for span in self.keep:
            stays[span.frames] = True
        for span in redo:
            stays[span.frames] = False
        stays[-1] = stays[-2] if frames > 1 else stays[-1]
        return Kept.of(motion, stays, self.joints)

    def _around_poses(self) -> tuple[Span, ...]:
        """Where nothing but poses is asked of a dance, what is danced anew to get there."""
        return tuple(
            Span(max(0.0, one.second - _AROUND_POSE), one.second + _AROUND_POSE, one.text)
            for one in self.poses
        )

    def liked(self) -> Motion | None:
        """The dance in whose manner to dance, at 30 frames a second."""
        from pipelines.motion.formats import load_motion

        return None if self.like is None else load_motion(self.like).resampled(MOTION_FPS)

    def poses_to_meet(self) -> tuple[PoseAt, ...]:
        """The poses, read; raises UnsuitableInput for one that no body takes on this floor."""
        return tuple(_read_pose(one) for one in self.poses)


def directed(
    edit: Path | None, keep: Sequence[str], redo: Sequence[str], joints: Sequence[str],
    poses: Sequence[str], like: Path | None = None, holds: Sequence[str] = (),
) -> Direction:  # fmt: skip
    """What flags say; raises BadUsage where one cannot be read."""
    return Direction(
        edit,
        tuple(parse_span("--keep", text) for text in keep),
        tuple(parse_span("--redo", text) for text in redo),
        tuple(joints),
        tuple(parse_pose(text) for text in poses),
        like,
        tuple(parse_span("--hold", text) for text in holds),
    )


def _refuse_held_where_kept(hold: Span, kept: Sequence[Span], redone: Sequence[Span]) -> None:
    for span in kept:
        if span.start < hold.stop and hold.start < span.stop:
            raise BadUsage(f"{hold.text}: lies in {span.text}, which stays as it is",
                           "move the hold, or keep less")  # fmt: skip
    if redone and not any(s.start <= hold.start and hold.stop <= s.stop for s in redone):
        raise BadUsage(f"{hold.text}: lies outside {redone[0].text}, and all else stays",
                       "move the hold, or redo more")  # fmt: skip


def _refuse_contradictions(asked: Direction) -> None:
    kept, redone, poses = asked.keep, asked.redo, asked.poses
    for hold in asked.holds:
        _refuse_held_where_kept(hold, kept, redone)
    if kept and redone:
        raise BadUsage(
            f"{redone[0].text} and {kept[0].text}: both say what stays",
            "give --redo and all else stays, or --keep and all else is new",
        )
    if {"upper", "lower"} <= set(asked.joints):
        raise BadUsage("--keep-joints upper and lower: nothing is left to be danced anew",
                       "keep one of them")  # fmt: skip
    for one in poses:
        for span in kept:
            if span.start <= one.second < span.stop:
                raise BadUsage(f"{one.text}: lies in {span.text}, which stays as it is",
                               "move the pose, or keep less")  # fmt: skip
        if redone and not any(span.start <= one.second < span.stop for span in redone):
            raise BadUsage(f"{one.text}: lies outside {redone[0].text}, and all else stays",
                           "move the pose, or redo more")  # fmt: skip
    seconds = sorted((one.second, one.text) for one in poses)
    for (first, text), (second, other) in pairwise(seconds):
        if round(first * MOTION_FPS) == round(second * MOTION_FPS):
            raise BadUsage(f"{text} and {other}: two poses at one moment", "leave one of them out")


def _as_long(path: Path, frames: int) -> Motion:
    from dataclasses import replace

    import numpy as np

    from pipelines.motion.formats import load_motion

    motion = load_motion(path)
    way_out = "fit it with `macedance generate SONG --motion-only --motion DANCE --motion-out NEW`"
    if motion.fps != MOTION_FPS:
        raise UnsuitableInput(
            f"--edit {path}: {motion.fps:g} frames a second, and dances are edited at "
            f"{MOTION_FPS:g}", way_out,
        )  # fmt: skip
    # The music has a frame more than the dance that was made to it.
    if abs(motion.frames + 1 - frames) > 1:
        raise UnsuitableInput(
            f"--edit {path}: {motion.seconds:.2f} s of dance to {(frames - 1) / MOTION_FPS:.2f} s "
            "of music", f"give --start and --duration as when it was made, or {way_out}",
        )  # fmt: skip
    rows = np.minimum(np.arange(frames), motion.frames - 1)
    return replace(motion, poses=motion.poses[rows], trans=motion.trans[rows])


def _read_pose(one: PoseFile) -> PoseAt:
    from pipelines.motion.formats import load_motion
    from pipelines.motion_expert.editing.poses import PoseAt

    motion = load_motion(one.path)
    frame = round(one.at * motion.fps)
    if frame >= motion.frames:
        raise UnsuitableInput(f"{one.text}: {one.path} ends after {motion.seconds:.2f} s",
                              "choose an earlier moment of it")  # fmt: skip
    pose = motion.sliced(frame, frame + 1)
    return PoseAt(round(one.second * MOTION_FPS), pose, one.text).checked()
