"""What a page knows of its song: beats and sections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipelines.media.audio import probe_audio
from pipelines.page.writing import Page, Section
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace


def with_song(page: Page, song: Path, start: float, workspace: Path, progress: Progress) -> Page:
    """The page with a song from second `start` on, its beats and its sections.

    A song that is too short or too long for features has no sections. What is heard is kept in the
    workspace.

    Raises UnsuitableInput: no sound that can be decoded.
    """
    from pipelines.music.sections import sections_from, song_sections
    from pipelines.music.song_cache import cached_beats, cached_features

    info = probe_audio(song)
    if info.exact and info.seconds - start < page.seconds - 1:
        progress.warn(
            f"{song}: ends after {info.seconds - start:.1f} s, the dance after {page.seconds:.1f} s"
        )
    room = Workspace(workspace)
    with progress.stage("listening to the song", 2, "times") as advance:
        beats = cached_beats(song, "strict", start, room.cache("beats"))
        advance(1)
        try:
            parts = song_sections(cached_features(song, room.cache("features")))
        except UnsuitableInput:
            parts = []
        advance(1)
    sections = [Section(part.start, part.end, part.label) for part in sections_from(parts, start)]
    beats_seen = [float(beat) for beat in beats]
    return replace(page, song=song, song_start=start, beats=beats_seen, sections=sections)
