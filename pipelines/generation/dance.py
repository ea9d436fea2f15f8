"""The dance of a song: found from an earlier run, given as a file, or the best of an expert's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.generation.run_name import dance_name
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.styles import (
    Styles,
    before_the_end,
    parse_energies,
    parse_facings,
    parse_styles,
)
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import (
    CANDIDATES,
    EDITING,
    ENERGY_OVER_TIME,
    GENRES,
    LIKENESS,
    STAGING,
    STYLES_OVER_TIME,
    Danced,
    Dancer,
    DanceRequest,
)
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import BadUsage
from pipelines.support.files import link_atomically
from pipelines.support.loaded_once import load_once
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.motion.motion import Motion
    from pipelines.music.features import MusicFeatures
    from pipelines.music.recipes.recipe import Recipe

_LEAVE_OUT = "leave one of them out"
DANCE_RECORD = "motion.json"
_DANCE_FILES = ("motion.npz", "motion.bvh")


def refuse_unable(config: GenerateConfig) -> None:
    """Raise BadUsage for what the chosen Motion Expert cannot do or does not know."""
    if config.motion is not None:
        return
    name, expert = config.motion_expert()
    for option, given, ability in (
        ("--genre", config.genre is not None, GENRES),
        ("--candidates", config.candidates > 1, CANDIDATES),
        ("--edit", config.edit is not None, EDITING),
        ("--pose", bool(config.pose), EDITING),
        ("--energy-at", bool(parse_energies(config.energy_at)), ENERGY_OVER_TIME),
        ("--like", config.like is not None, LIKENESS),
        ("--facing", bool(parse_facings(config.facing)), STAGING),
        ("--hold", bool(config.hold), STAGING),
    ):
        if given and ability not in expert.abilities:
            able = [other for other, row in EXPERTS.items() if ability in row.abilities]
            hint = (
                f"choose --expert {' or '.join(able)}"
                if ability in (EDITING, ENERGY_OVER_TIME, LIKENESS, STAGING)
                else _LEAVE_OUT
            )
            raise BadUsage(f"{option} means nothing to --expert {name}", hint)
    styles = _styles(config)
    if (len(styles) > 1 or any(start > 0 for start, _ in styles)) and (
        STYLES_OVER_TIME not in expert.abilities
    ):
        raise BadUsage(
            f"--genre {config.genre}: the expert {name} dances a song in one style",
            "ask for one, or choose another --expert",
        )


def _styles(config: GenerateConfig) -> Styles:
    """The styles that were asked for, as they were written; raises BadUsage for unknown ones."""
    _, expert = config.motion_expert()
    # Asked in any case: where there is nothing to dance with, it says so before any work.
    names = expert.genres(config.motion_folder())

    def known(name: str) -> str:
        expert.find_genre(name, names)
        return name

    return parse_styles(config.genre, known)


def dance_estimate(config: GenerateConfig, seconds: float) -> dict[str, str]:
    """Which expert is to dance, and what that will take; {} where the dance is given."""
    if config.motion is not None:
        return {}
    name, expert = config.motion_expert()
    cost = expert.cost(config.motion_folder(), config.dance_options(), seconds, config.candidates)
    return {"expert": name, **cost.words()}


def finished_dance(
    config: GenerateConfig, folder: Path, record: RunRecord, progress: Progress
) -> Motion:
    """The dance, cut to the song, in `folder` as motion.npz and motion.bvh.

    It is kept in the workspace by itself, so that the next picture finds it.
    """
    from pipelines.motion.npz import load_npz

    facts = finished_stage(folder / DANCE_RECORD, progress)
    if facts is None:
        kept = Workspace(config.workspace).dance(dance_name(config))
        with alone_in(kept, progress):
            facts = finished_stage(kept / DANCE_RECORD, progress)
            if facts is None:
                facts = _make_dance(config, kept, record, progress)
            else:
                progress.say("the dance is there from an earlier run")
            for name in _files(config):
                link_atomically(kept / name, folder / name)
        finish_stage(folder / DANCE_RECORD, facts, _files(config))
    else:
        progress.say("the dance is there from an earlier run")
    record.facts["motion"] = facts
    if config.show:
        progress.say(f"the candidates: {', '.join(_shown(config))} in {folder}")
    return load_npz(folder / "motion.npz")


def found_dance(config: GenerateConfig, folder: Path, progress: Progress) -> Path | None:
    """The folder in which the finished dance lies: the run's, or the dance's own; None: nowhere."""
    kept = Workspace(config.workspace).dance(dance_name(config))
    for place in (folder, kept):
        if finished_stage(place / DANCE_RECORD, progress) is not None:
            return place
    return None


def _make_dance(
    config: GenerateConfig, folder: Path, record: RunRecord, progress: Progress
) -> dict[str, Any]:
    from pipelines.motion.bvh import save_bvh
    from pipelines.motion.npz import save_npz

    if config.motion is None:
        dance, facts, others = _new_dance(config, record, progress)
        for name, other in zip(_shown(config), others, strict=False):
            save_npz(other, folder / name)
    else:
        dance, facts = _given_dance(config, record, progress)
    save_npz(dance, folder / "motion.npz")
    save_bvh(dance, folder / "motion.bvh")
    finish_stage(folder / DANCE_RECORD, facts, _files(config))
    return facts


def _files(config: GenerateConfig) -> tuple[str, ...]:
    """The files of a finished dance."""
    return (*_DANCE_FILES, *_shown(config))


def _shown(config: GenerateConfig) -> tuple[str, ...]:
    """The files of the candidates that are kept to choose from."""
    if not config.show or config.motion is not None:
        return ()
    return tuple(f"candidate-{number + 1}.npz" for number in range(config.candidates))


def _given_dance(
    config: GenerateConfig, record: RunRecord, progress: Progress
) -> tuple[Motion, dict[str, Any]]:
    from pipelines.foot_restoration.treatment import NONE, treated
    from pipelines.motion.formats import load_motion

    assert config.motion is not None
    motion = treated(load_motion(config.motion).resampled(MOTION_FPS), config.feet or NONE)
    music = _heard(config, record, progress)
    missing = (_frames(music) - motion.frames) / MOTION_FPS
    if missing > 1:
        progress.warn(
            f"{config.motion} ends after {motion.seconds:.1f} s, and the video with it, "
            f"{missing:.1f} s before the song"
        )
    return motion.sliced(0, _frames(music)), {"given": str(config.motion)}


def _new_dance(
    config: GenerateConfig, record: RunRecord, progress: Progress
) -> tuple[Motion, dict[str, Any], list[Motion]]:
    """The best dance, its facts, and all that were made."""
    from pipelines.foot_restoration.treatment import LOCK

    name, expert = config.motion_expert()
    recipe_heard(config)  # what is missing of it is told before weights are read
    with record.timed("dance"):
        dancer = _dancer(config)
    music, heard = _heard(config, record, progress), _by_recipe(config, record, progress)
    asked, seconds = config.direction(), music.frames / MOTION_FPS
    request = DanceRequest(
        music, before_the_end("--genre", _styles(config), seconds, progress), config.seed,
        config.candidates, config.feet or LOCK, asked.kept(music.frames), asked.poses_to_meet(),
        before_the_end("--energy-at", parse_energies(config.energy_at), seconds, progress),
        asked.liked(),
        before_the_end("--facing", parse_facings(config.facing), seconds, progress),
        tuple((span.start, span.stop) for span in asked.holds),
        heard,
    )  # fmt: skip
    with record.timed("dance"):
        dances = dancer.dance(request, progress)
        kept, facts = best_dance(dances, music)
    if expert.draft:
        progress.warn(f"the dance is a draft made by the expert {name}")
    every = [one.motion.sliced(0, _frames(music)) for one in dances]
    return kept.sliced(0, _frames(music)), {"expert": name, **facts}, every


def _dancer(config: GenerateConfig) -> Dancer:
    """The chosen expert; where many dances are made it is loaded once."""
    name, expert = config.motion_expert()
    folder, options = config.motion_folder(), config.dance_options()
    key = (name, expert.identity(folder), str(folder), config.device, repr(options))
    return load_once("motion expert", key, lambda: expert.load(folder, config.device, options))


def best_dance(dances: Sequence[Danced], music: MusicFeatures) -> tuple[Motion, dict[str, Any]]:
    """The dance that fits the song's beats best, its facts, and the figures of all."""
    from pipelines.metrics.beat_fit import score_candidate
    from pipelines.music.beats import beat_times

    beats = beat_times(music)
    scores = [score_candidate(dance.motion.joints(), beats, dance.motion.fps) for dance in dances]
    best = int(np.argmax(scores))
    measured = {name: [dance.measured[name] for dance in dances] for name in dances[best].measured}
    fit = {"beat_fit": [round(score, 4) for score in scores], "kept": best}
    return dances[best].motion, {**dances[best].facts, **fit, **measured}


def _heard(config: GenerateConfig, record: RunRecord, progress: Progress) -> MusicFeatures:
    from pipelines.music.features import song_features

    assert config.song is not None
    with record.timed("music"), progress.stage("listening to the song"):
        return song_features(config.song, config.start, config.duration, progress)


def _by_recipe(
    config: GenerateConfig, record: RunRecord, progress: Progress
) -> MusicFeatures | None:
    """What the expert's network hears, where that is not the 35 features."""
    recipe = recipe_heard(config)
    if recipe is None:
        return None
    assert config.song is not None
    with record.timed("music"), progress.stage(f"listening to the song by {recipe.name}"):
        return recipe.of_song(config.song, config.start, config.duration)


def recipe_heard(config: GenerateConfig) -> Recipe | None:
    """The recipe by which the chosen expert hears; None: the 35 features.

    Raises MissingAsset where what it needs is not there, UnsuitableInput for an unknown one.
    """
    from pipelines.music.recipes.table import recipe_of

    _, expert = config.motion_expert()
    recipe = None if expert.hears is None else recipe_of(expert.hears(config.motion_folder()))
    if recipe is not None and recipe.check is not None:
        recipe.check()
    return recipe


def _frames(music: MusicFeatures) -> int:
    """Frames of a dance that ends with the song; the last features lie at the song's very end."""
    return max(1, music.frames - 1)
