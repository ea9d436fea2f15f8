"""The files of a study's page: what is seen and heard of every clip, under names that say nothing.

`<clip>.mp4`, or `<clip>.glb` with one `body.glb` for all; songs as `<sound>.m4a`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.body.bodies import as_skin, open_body
from pipelines.body.mesh import BodyMesh
from pipelines.body.variety import Look
from pipelines.evaluation.items import Item
from pipelines.evaluation.study.design import Design, Seen
from pipelines.evaluation.study.distortion import distorted
from pipelines.media.portable import judged_video, small_sound
from pipelines.media.video import probe_video
from pipelines.motion.formats import load_motion
from pipelines.motion.front import front_of
from pipelines.motion.motion import Motion
from pipelines.page.writing import PAGE_FPS, moving_body
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file, sha256_json, write_bytes
from pipelines.support.progress import Progress

VIDEO, DANCE = "video", "motion"
Items = Mapping[str, Mapping[str, Item]]
"""By system, then by name."""


class PartMaker:
    """Makes the parts of clips of one kind.

    Args:
        kind: VIDEO or DANCE. items: where the clips come from.
        most: seconds of each clip at most. seed: of the distortion. folder: where parts go.
    """

    def __init__(self, kind: str, items: Items, most: float, seed: int, folder: Path) -> None:
        self.kind, self.seed, self.folder = kind, seed, folder
        self._items, self._most = items, most
        self._dances: dict[Path, Motion] = {}
        self._seconds: dict[str, float] = {}
        self._sounds: dict[tuple[Path, float, float], str] = {}
        self._body: BodyMesh | None = None

    def make_all(self, design: Design, progress: Progress) -> dict[str, dict[str, Any]]:
        """Write all parts; what the page has to know of each clip, by its id.

        Raises UnsuitableInput: a clip, or its song, cannot be read.
        """
        found = {}
        with progress.stage("making the clips", len(design.clips), "clips") as advance:
            for name in sorted(design.clips):
                found[name] = self._make(name, design.clips[name])
                advance(1)
        return found

    def silent(self, design: Design) -> list[str]:
        """Names of which no clip has sound."""
        names = {seen.name for seen in design.clips.values()}
        return sorted(name for name in names if self._sound_of(name) is None)

    def _make(self, clip: str, seen: Seen) -> dict[str, Any]:
        item, seconds = self._items[seen.system][seen.name], self._length(seen.name)
        heard = self._sound_of(seen.name)
        if self.kind == VIDEO:
            sound, start = heard or (None, 0.0)
            scrambled = self.seed if seen.distorted else None
            data = judged_video(item.path, seconds, sound, start, scrambled)
            write_bytes(self.folder / f"{clip}.mp4", data)
            return {"seconds": round(seconds, 4)}
        dance = self._dance(item)
        dance = dance.sliced(0, max(2, round(seconds * PAGE_FPS)))
        front = front_of(dance)
        if seen.distorted:
            dance = distorted(dance, self.seed)
        self._write_dance(clip, dance)
        sound_id = None if heard is None else self._sound(*heard, seconds)
        return {"seconds": round(dance.seconds, 4), "front": round(front, 4), "sound": sound_id}

    def _write_dance(self, clip: str, dance: Motion) -> None:
        if self._body is None:
            self._body = as_skin(open_body("anny", Look()))
            write_bytes(self.folder / "body.glb", moving_body(dance.sliced(0, 1), self._body))
        data = moving_body(dance, self._body, with_skin=False)
        write_bytes(self.folder / f"{clip}.glb", data)

    def _length(self, name: str) -> float:
        """Seconds that are shown of every clip of a name: people would tell them by their ends."""
        if name not in self._seconds:
            clips = [items[name] for items in self._items.values() if name in items]
            if self.kind == VIDEO:
                lengths = [probe_video(item.path).seconds for item in clips]
            else:
                lengths = [self._dance(item).seconds for item in clips]
            self._seconds[name] = min(self._most, *lengths)
        return self._seconds[name]

    def _dance(self, item: Item) -> Motion:
        if item.path not in self._dances:
            if len(self._dances) > 8:
                self._dances.clear()
            dance = load_motion(item.path)
            dance = dance.sliced(round(item.skip * dance.fps), dance.frames)
            self._dances[item.path] = dance.resampled(PAGE_FPS)
        return self._dances[item.path]

    def _sound_of(self, name: str) -> tuple[Path, float] | None:
        """What is heard with clips of a name; a clip without sound gets that of another."""
        for items in self._items.values():
            item = items.get(name)
            if item is None or item.music is None:
                continue
            if item.music == item.path and not probe_video(item.path).has_audio:
                continue
            return item.music, item.start
        return None

    def _sound(self, song: Path, start: float, seconds: float) -> str:
        key = (song, start, seconds)
        if key not in self._sounds:
            sound = sha256_json([sha256_file(song), start, seconds])[:12]
            write_bytes(self.folder / f"{sound}.m4a", small_sound(song, seconds, start))
            self._sounds[key] = sound
        return self._sounds[key]


def kind_of(sets_by_kind: Mapping[str, Any]) -> str:
    """Videos where every set has some, else dances: of two kinds people would tell which is whose.

    Args:
        sets_by_kind: for VIDEO and DANCE what was found of it, or the error that said what not.

    Raises UnsuitableInput where neither is in every set.
    """
    for kind in (VIDEO, DANCE):
        if not isinstance(sets_by_kind[kind], UnsuitableInput):
            return kind
    dances: UnsuitableInput = sets_by_kind[DANCE]
    videos: UnsuitableInput = sets_by_kind[VIDEO]
    raise UnsuitableInput(
        "the folders hold neither videos nor dances in all of them",
        f"no videos: {videos.what}; no dances: {dances.what}",
    )
