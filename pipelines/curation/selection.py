"""From what was seen to clips: shots, windows, a score for each rule, and what is dropped and why.

Everything here is arithmetic on stored observations: another threshold costs seconds, not hours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipelines.curation.duplicates import Catalogue
from pipelines.curation.observations import Observations
from pipelines.curation.performers import filled, whole_body
from pipelines.curation.settings import CurateConfig
from pipelines.curation.shots import Shot, shots_of
from pipelines.curation.watching import Watched
from pipelines.support.files import sha256_json
from pipelines.workspace.clip_windows import Window, even_windows, random_windows
from pipelines.workspace.identity import content_id

REASONS = {
    "short": "the shot is too short",
    "still": "hardly any motion",
    "several": "several people",
    "nobody": "nobody",
    "cut_off": "the body is not whole",
    "small_picture": "the picture is too small",
    "small_person": "the person is too small",
    "black_bars": "black bars",
    "silent": "no sound",
    "duplicate": "repeats another clip",
    "capture": "the dance cannot be captured well enough",
}
"""In the order of the funnel: a clip is counted under the first that applies."""

_SILENT_DB = -70.0
TEST_SECONDS = 5.0
"""Clips of held-out videos are all of this length (paper, 5.1)."""


@dataclass
class Candidate:
    """One window of a shot, or a shot that is too short for one.

    Attributes:
        clip: its id; of a short shot too.
        shot: names the shot. start, stop: frames of the grid.
        scores: JSON-able, a number for each rule.
        named: rule -> seconds of the source at which its frames lie.
        reasons: keys of REASONS; none: it is kept.
        repeats: id of the clip that it repeats, if any.
        genre: its video's label, or that of a dropped clip which it repeats.
    """

    clip: str
    shot: str
    start: int
    stop: int
    scores: dict[str, float | None] = field(default_factory=dict)
    named: dict[str, list[float]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    repeats: str | None = None
    genre: str | None = None

    @property
    def kept(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


def held_out(sha256: str, config: CurateConfig) -> bool:
    """Whether a source video is for testing: by its content and the seed alone."""
    digest = sha256_json({"split": sha256, "seed": config.seed})
    return int(digest[:13], 16) / 16**13 < config.test_share


def candidates_of(
    config: CurateConfig, watched: Watched, seen: Observations
) -> tuple[list[Candidate], list[Shot]]:
    """Every window of every shot with scores and reasons, and all shots; duplicates come later."""
    found: list[Candidate] = []
    shots = shots_of(seen.cut, config.shot_threshold)
    test = held_out(watched.sha256, config)
    for shot in shots:
        name = f"{watched.sha256[:16]}:{shot.start}-{shot.stop}"
        if shot.frames < config.min_shot * watched.fps:
            found.append(_candidate(config, watched, name, Window(shot.start, shot.stop)))
            found[-1].reasons.append("short")
            continue
        windows = _windows(shot, watched, config, test)
        for window in windows:
            one = _candidate(config, watched, name, window)
            _score(one, watched, seen)
            one.reasons = reasons_against(one.scores, config)
            found.append(one)
    return found, shots


def reasons_against(scores: dict[str, float | None], config: CurateConfig) -> list[str]:
    """The rules that a clip's scores break, in the order of the funnel."""

    def score(name: str, otherwise: float) -> float:
        value = scores.get(name)
        return otherwise if value is None else value

    broken = {
        # Without anybody there is no motion of theirs; "nobody" says so.
        "still": score("motion", math.inf) < config.min_motion,
        "several": score("several", 0) > config.max_several,
        "nobody": score("nobody", 0) > config.max_nobody,
        "cut_off": score("whole_body", 0) < config.min_whole_body,
        "small_picture": score("side", 0) < config.min_side,
        "small_person": score("person_height", math.inf) < config.min_person,
        "black_bars": score("black_bars", 0) > config.max_black_bars,
        "silent": config.require_sound and score("sound_level", -math.inf) < _SILENT_DB,
    }
    return [name for name in REASONS if broken.get(name)]


def judge_capture(one: Candidate, grade: float, config: CurateConfig) -> None:
    """Add the grade of a clip's capture to its scores, and what follows to its reasons."""
    one.scores["capture"] = grade
    one.reasons = [reason for reason in one.reasons if reason != "capture"]
    if grade < config.min_capture:
        one.reasons.append("capture")


@dataclass
class Before:
    """What videos before this one showed.

    Attributes:
        kept: clips that were kept. labelled: clips that were dropped although somebody named their
            genre, which a better copy may inherit. genres: theirs, by clip.
    """

    kept: Catalogue = field(default_factory=Catalogue)
    labelled: Catalogue = field(default_factory=Catalogue)
    genres: dict[str, str] = field(default_factory=dict)


def drop_repeats(
    config: CurateConfig, candidates: Sequence[Candidate], seen: Observations, before: Before
) -> None:
    """Clips that pass every other rule must also differ from those kept before.

    Labelled videos come first; so an unlabelled clip that shows what a labelled one shows is
    dropped for it, or has its label where that one was dropped by another rule.
    """
    catalogue = before.kept
    for one in candidates:
        hashes = seen.hash[looks_in(seen, one)]
        if not one.kept:
            if one.genre is not None and "short" not in one.reasons:
                before.labelled.add(one.clip, one.shot, hashes)
                before.genres[one.clip] = one.genre
            continue
        near = catalogue.nearest(one.shot, hashes)
        if near is not None:
            one.scores["duplicate"] = round(near[1], 2)
        if near is not None and near[1] <= config.max_duplicate:
            one.reasons.append("duplicate")
            one.repeats = near[0]
        else:
            catalogue.add(one.clip, one.shot, hashes)
            told = before.labelled.nearest(one.shot, hashes) if one.genre is None else None
            if told is not None and told[1] <= config.max_duplicate:
                one.genre = before.genres[told[0]]


def distinct_frames(candidates: Sequence[Candidate]) -> int:
    """Frames of a video that some kept clip shows; the clips in order."""
    frames, shown = 0, 0
    for one in candidates:
        if one.kept:
            frames += max(0, one.stop - max(one.start, shown))
            shown = max(shown, one.stop)
    return frames


def looks_in(seen: Observations, window: Candidate) -> Any:
    """(L,) which looks fall into a window."""
    return (seen.look_frame >= window.start) & (seen.look_frame < window.stop)


def _windows(shot: Shot, watched: Watched, config: CurateConfig, test: bool) -> list[Window]:
    # A shot is drawn for by itself: what lies before it in the video changes nothing.
    content = f"{watched.sha256}:{shot.start}"
    fps = float(watched.fps)
    if test:
        inside = even_windows(shot.frames, fps, content, config.seed, TEST_SECONDS)
    else:
        inside = random_windows(shot.frames, fps, content, config.seed, config.overlap)
    return [Window(shot.start + w.start, shot.start + w.stop) for w in inside]


def _candidate(config: CurateConfig, watched: Watched, shot: str, window: Window) -> Candidate:
    clip = content_id(
        watched.sha256, maker="curate", start=window.start, stop=window.stop,
        fps=watched.facts["fps"], longest_side=config.longest_side,
    )  # fmt: skip
    return Candidate(clip, shot, window.start, window.stop, genre=watched.source.genre)


def _score(one: Candidate, watched: Watched, seen: Observations) -> None:
    fps = float(watched.fps)
    inside = looks_in(seen, one)
    people = filled(seen.people[inside])
    frames = seen.look_frame[inside]
    pairs = seen.motion[(seen.flow_frame > one.start) & (seen.flow_frame < one.stop)]
    pairs = pairs[~np.isnan(pairs)]
    box, somebody = seen.box[inside], people > 0
    height = watched.facts["height"]
    levels = watched.facts["sound_level"][int(one.start / fps) : math.ceil(one.stop / fps)]
    one.scores = {
        "motion": _rounded(pairs.mean()) if len(pairs) else None,
        "several": _rounded((people > 1).mean()) if len(people) else 0.0,
        "nobody": _rounded((people == 0).mean()) if len(people) else 1.0,
        "whole_body": _rounded(whole_body(seen.points[inside]).mean()) if len(people) else 0.0,
        "side": min(watched.facts["width"], height),
        "person_height": _rounded(np.median((box[:, 3] - box[:, 1])[somebody]) * height)
        if somebody.any()
        else None,
        "black_bars": _rounded(np.median(seen.bars[inside])) if len(people) else 0.0,
        "sound_level": max(levels, default=None),
        "cut": _rounded(seen.cut[one.start : one.stop - 1].max()),
        "duplicate": None,
    }
    for name, chosen in (("several", people > 1), ("nobody", people == 0)):
        if chosen.any():
            one.named[name] = [round(float(frame) / fps, 2) for frame in frames[chosen]]


def _rounded(value: Any) -> float:
    return round(float(value), 4)
