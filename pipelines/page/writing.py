"""Dances, their song and videos as one self-contained HTML file.

The viewer (`source/`, bundled as viewer.min.js with three.js, MIT) is written into the page, and so
is all that it shows; a policy in the page forbids every request. docs/page.md.
"""

from __future__ import annotations

import base64
import html
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.body.glb import save_glb
from pipelines.body.mesh import BodyMesh
from pipelines.media.portable import SOUND_TYPE, VIDEO_TYPE, small_sound, small_video
from pipelines.motion.contacts import contact_spans
from pipelines.motion.motion import Motion
from pipelines.support.files import write_text

FOLDER = Path(__file__).parent
CREDIT = "Drawn with three.js (MIT licence, three.js authors)."
PAGE_FPS = 30.0


@dataclass(frozen=True)
class Section:
    """A part of the song: seconds, and a letter or word that parts alike share."""

    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Check:
    """What a check found.

    Attributes:
        kind: such as "slide". start, end: seconds from the dance's start.
        score: how bad; more is worse, among those of a kind.
        note: the same in words, with its unit, and where on the body.
    """

    kind: str
    start: float
    end: float
    score: float
    note: str = ""


@dataclass(frozen=True)
class PageDance:
    """One dance of a page.

    Attributes:
        name: shown above it. motion, body: who dances what.
        front: heading, in radians, that is turned to the viewer.
        checks: shown below its feet.
    """

    name: str
    motion: Motion
    body: BodyMesh
    front: float = 0.0
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class PageVideo:
    """A video beside the dances, and the name below it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Attributes:
        dances: side by side, all from the same second of the song.
        song: a file, or None. song_start: second of it with which the dances begin.
        videos: beside the dances, beginning with them.
        beats: seconds from there.
        sections: of the song, coloured above the beats.
    """

    dances: Sequence[PageDance]
    song: Path | None = None
    song_start: float = 0.0
    videos: Sequence[PageVideo] = ()
    beats: Sequence[float] = ()
    sections: Sequence[Section] = ()

    @property
    def seconds(self) -> float:
        """Of the longest dance."""
        return max(dance.motion.seconds for dance in self.dances)


def write_page(page: Page, target: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        UnsuitableInput: the song or a video cannot be read, or `target` not be written.
    """
    title = " · ".join(dance.name for dance in page.dances)
    several = len(page.dances) > 1
    heading = title if not several else page.song.stem if page.song else "Dances"
    names = "".join(f"<li>{html.escape(dance.name)}</li>" for dance in page.dances)
    text = (FOLDER / "template.html").read_text(encoding="utf-8")
    for key, value in {
        "TITLE": html.escape(title), "HEADING": html.escape(heading),
        "NAMES": names if several else "",
        "CREDIT": CREDIT, "DATA": in_script(_contents(page)),
        "VIEWER": viewer(),
    }.items():  # fmt: skip
        text = text.replace(f"@{key}@", value)
    write_text(target, text)


def _contents(page: Page) -> dict[str, Any]:
    seconds = page.seconds
    sound = None if page.song is None else small_sound(page.song, seconds, page.song_start)
    videos = [
        {"name": one.name, "type": VIDEO_TYPE, "data": base64_of(small_video(one.path, seconds))}
        for one in page.videos
    ]
    return {
        "seconds": seconds, "fps": PAGE_FPS,
        "dances": [_dance(dance) for dance in page.dances],
        "beats": [round(float(beat), 4) for beat in page.beats if 0 <= beat <= seconds],
        "sections": [_section(one, seconds) for one in page.sections if one.start < seconds],
        "sound": None if sound is None else {"type": SOUND_TYPE, "data": base64_of(sound)},
        "videos": videos,
    }  # fmt: skip


def _dance(dance: PageDance) -> dict[str, Any]:
    motion = dance.motion.resampled(PAGE_FPS)
    glb = moving_body(motion, dance.body)
    ankles_and_toes = contact_spans(motion.joints(), motion.fps)
    left, right = (
        _together(ankles_and_toes[side], ankles_and_toes[side + 2], motion) for side in (0, 1)
    )
    return {
        "name": dance.name, "seconds": motion.seconds, "glb": base64_of(glb), "left": left,
        "right": right, "front": dance.front, "checks": [_check(one) for one in dance.checks],
    }  # fmt: skip


def _together(
    one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]], motion: Motion
) -> list[list[float]]:
    """Seconds in which either point of a foot stands."""
    stands = np.zeros(motion.frames + 2, dtype=bool)
    for start, stop in (*one, *other):
        stands[start + 1 : stop + 1] = True
    edges = np.flatnonzero(np.diff(stands.astype(int)))
    return [[round(float(t), 4) for t in span / motion.fps] for span in edges.reshape(-1, 2)]


def _section(one: Section, seconds: float) -> dict[str, Any]:
    end = min(one.end, seconds)
    return {"start": round(one.start, 4), "end": round(end, 4), "label": one.label}


def _check(one: Check) -> dict[str, Any]:
    return {
        "kind": one.kind, "from": round(one.start, 4), "to": round(one.end, 4),
        "score": float(f"{one.score:.4g}"), "note": one.note,
    }  # fmt: skip


def moving_body(motion: Motion, body: BodyMesh, with_skin: bool = True) -> bytes:
    """A dance as the viewer takes it, binary glTF; without its skin for a body that many share."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dance.glb"
        save_glb(path, body, motion.rotations(), motion.trans, motion.fps, with_skin=with_skin)
        return path.read_bytes()


def viewer() -> str:
    """The script that draws dances, to stand in a page."""
    return (FOLDER / "viewer.min.js").read_text(encoding="utf-8")


def in_script(value: Any) -> str:
    """A value as JSON that cannot end the script element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def base64_of(data: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(data).decode()
