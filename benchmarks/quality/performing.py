"""Every Motion Expert of the table, dancing to songs as `generate` lets it.

Each dance is kept on disk under a name that says all that it depends on, the code included, so that
an interrupted run goes on where it stopped and never shows dances of other code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from quality.clips import FPS, Clip, clip_of

import pipelines
from pipelines.datasets.song_library import Song
from pipelines.motion.motion import Motion
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import Danced, Dancer, DanceRequest, Expert
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.files import atomic_path
from pipelines.support.progress import SILENT

START_SECONDS = 5.0


@dataclass(frozen=True)
class Performance:
    """A dance to a song, and what the expert said of it."""

    clip: Clip
    facts: dict[str, Any]


@dataclass(frozen=True)
class Call:
    """What is danced: so many frames of a song in a style ("": none asked), heard so much later."""

    song: Song
    frames: int
    style: str = ""
    delay: int = 0
    seed: int = 0

    def start(self) -> int:
        """The song's frame at which the dance starts.

        Raises:
            UnsuitableInput: the song is too short.
        """
        last = self.song.features.frames - self.frames
        start = min(round(START_SECONDS * FPS), last) - self.delay
        if start < 0:
            raise UnsuitableInput(f"{self.song.name}: too short for {self.frames / FPS:.0f} s")
        return start


class Performer:
    """A Motion Expert with some options.

    Args:
        name: as `--experts` names it: the expert, and perhaps options, "mace:tempo_change=0".
        model: its folder, or None for the one that ships.
        kept: folder in which dances are kept.
    """

    def __init__(self, name: str, model: Path | None, kept: Path) -> None:
        self.name, self._model, self._kept = name, model, kept
        expert, _, said = name.partition(":")
        if expert not in EXPERTS:
            raise BadUsage(f"no expert {expert}", f"choose {', '.join(EXPERTS)}")
        self.row: Expert = EXPERTS[expert]
        pairs = (text.split("=", 1) for text in said.split(",") if text)
        self._options = self.row.options(**{key: json.loads(value) for key, value in pairs})
        self._dancer: Dancer | None = None

    def knows(self, style: str) -> bool:
        """Whether it can be asked for this style."""
        try:
            self.row.find_genre(style, self.row.genres(self._model))
        except BadUsage:
            return False
        return True

    def perform(self, calls: Sequence[Call]) -> list[Performance]:
        """A dance for each call."""
        found = []
        for call in calls:
            danced, start = self._danced(call), call.start()
            motion, name = danced.motion, call.song.name
            genre = call.style or motion.genre or ""
            clip = clip_of(motion, call.song.beats - start / FPS, genre, name, name)
            found.append(Performance(clip, dict(danced.facts)))
        return found

    def _danced(self, call: Call) -> Danced:
        start = call.start()
        music = call.song.features
        heard = music.values[start : start + call.frames]
        said = [code_digest(), self.row.identity(self._model), asdict(self._options), music.schema,
                call.style, call.seed]  # fmt: skip
        key = hashlib.sha256(json.dumps(said, default=str).encode() + heard.tobytes()).hexdigest()
        stored = self._kept / f"{key[:24]}.npz"
        if not stored.exists():
            styles = ((0.0, call.style),) if call.style else ()
            request = DanceRequest(MusicFeatures(heard, music.fps), styles, call.seed)
            save_danced(self._loaded().dance(request, SILENT)[0], stored)
        return load_danced(stored)

    def _loaded(self) -> Dancer:
        if self._dancer is None:
            self._dancer = self.row.load(self._model, "cpu", self._options)
        return self._dancer


def save_danced(danced: Danced, path: Path) -> None:
    """Keep a dance, atomically."""
    motion = danced.motion
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream, poses=motion.poses, trans=motion.trans, genre=np.str_(motion.genre or ""),
            facts=np.str_(json.dumps(dict(danced.facts))),
        )  # fmt: skip


def load_danced(path: Path) -> Danced:
    """What `save_danced` kept."""
    with np.load(path, allow_pickle=False) as kept:
        motion = Motion(kept["poses"], kept["trans"], FPS, str(kept["genre"]) or None)
        return Danced(motion, json.loads(str(kept["facts"])))


@cache
def code_digest() -> str:
    """SHA-256 of every module of the pipelines."""
    digest = hashlib.sha256()
    for path in sorted(Path(pipelines.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
