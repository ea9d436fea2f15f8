"""`evaluate --protocol user-study --compare`: the page that people judge by, and the key to it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pipelines.evaluation.items import content_of
from pipelines.evaluation.naming import run_name
from pipelines.evaluation.sets import Sets, find_sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.study.design import CATCH, Design, design
from pipelines.evaluation.study.page import CRITERIA, FORMAT, PAGE_FILE, write_study
from pipelines.evaluation.study.parts import DANCE, VIDEO, PartMaker, kind_of
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json, sha256_json, write_json
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

KEY_FILE, STAGE_RECORD = "study.json", "study-made.json"
MADE_BY = 1
"""Counts up with every change that makes another page of the same clips."""


def plan_study(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """What would be asked, without making it."""
    _, sets, study, made = _asked(config)
    folder = Workspace(config.workspace).evaluation(study)
    return _facts(sets, made) | {
        "run": study, "folder": str(folder),
        "finished": finished_stage(folder / STAGE_RECORD, progress) is not None,
    }  # fmt: skip


def make_study(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """Make the page and its key, or find them.

    Returns:
        What is compared, how many pairs, the page, and the run's name and folder.

    Raises UnsuitableInput: folders with nothing in common, or a clip that cannot be read.
    """
    kind, sets, study, made = _asked(config)
    for system, names in made.alone.items():
        progress.warn(f"{system}: left out, no other has their names: {', '.join(names)}")
    workspace = Workspace(config.workspace)
    folder = workspace.evaluation(study)
    records = [folder / "run.json", workspace.run_record(study)]
    with (
        alone_in(folder, progress),
        recorded_run(records, "evaluate", study, config, config.seed) as record,
    ):
        for item in sets.clips():
            record.read(item.path)
        facts = finished_stage(folder / STAGE_RECORD, progress)
        if facts is None:
            with record.timed("making the page"):
                facts = _made(config, kind, sets, made, study, folder, progress)
        else:
            progress.say("this study is there from an earlier run")
        record.wrote(folder / PAGE_FILE)
    _tell(facts, progress)
    return _facts(sets, made) | facts | {
        "protocol": config.protocol, "page": str(folder / PAGE_FILE), "run": study,
        "folder": str(folder),
    }  # fmt: skip


def _asked(config: EvaluateConfig) -> tuple[str, Sets, str, Design]:
    """Which kind of clips, the sets of it, the study's name, and what is compared."""
    found = {kind: _sets(config.validate(), kind) for kind in (VIDEO, DANCE)}
    kind = kind_of(found)
    sets = found[kind]
    assert isinstance(sets, Sets)
    settings = {
        "made_by": MADE_BY, "trials": config.trials, "catch_trials": config.catch_trials,
        "clip_seconds": config.clip_seconds,
    }  # fmt: skip
    contents = {
        name: {item.name: content_of(item) for item in items}
        for name, items in sets.everyone().items()
    }
    salt = sha256_json(["what pairs are called", contents, config.seed])
    made = design(sets, config.trials, config.catch_trials, config.seed, salt)
    return kind, sets, run_name(config, settings, sets), made


def _sets(config: EvaluateConfig, kind: str) -> Sets | UnsuitableInput:
    try:
        return find_sets(config, (kind,))
    except UnsuitableInput as error:
        return error


def _made(
    config: EvaluateConfig,
    kind: str,
    sets: Sets,
    made: Design,
    study: str,
    folder: Path,
    progress: Progress,
) -> dict[str, Any]:
    items = {name: {item.name: item for item in of} for name, of in sets.everyone().items()}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".clips-") as place:
        maker = PartMaker(kind, items, config.clip_seconds, config.seed, Path(place))
        silent = maker.silent(made)
        criteria = [key for key in CRITERIA if key != "synchrony" or not silent]
        clips = maker.make_all(made, progress)
        with progress.stage("writing the page"):
            files, size = write_study(folder, Path(place), study, made, clips, criteria)
    key = {
        "format": FORMAT, "study": study, "systems": made.systems, "criteria": criteria,
        "kind": kind, "seconds": {name: clip["seconds"] for name, clip in clips.items()},
        **made.key(),
    }  # fmt: skip
    write_json(folder / KEY_FILE, key)
    facts = {"silent": silent, "made": files, "bytes": size}
    finish_stage(folder / STAGE_RECORD, facts, [*files, KEY_FILE])
    return facts


def _facts(sets: Sets, made: Design) -> dict[str, Any]:
    groups = [pair.group for pair in made.pairs.values()]
    facts: dict[str, Any] = {"protocol": "user-study"}
    facts |= {f"clips of {name}": len(items) for name, items in sets.everyone().items()}
    facts |= {f"pairs of {name}": groups.count(name) for name in dict.fromkeys(groups)}
    return facts | {"trials": made.trials, "catch_trials": made.draws.get(CATCH, 0)}


def _tell(facts: dict[str, Any], progress: Progress) -> None:
    silent, files, size = facts["silent"], facts["made"], facts["bytes"] / 1e6
    if silent:
        progress.warn(
            f"no sound for {', '.join(silent[:5])}{', ...' if len(silent) > 5 else ''}: people are "
            "not asked about synchrony (--music gives songs)"
        )
    if len(files) == 1:
        progress.say(f"one file with all clips in it, {size:.0f} MB: hand it out as it is")
    else:
        progress.say(
            f"{size:.0f} MB of clips lie in {files[1].partition('/')[0]}/ beside the page: "
            "hand out both"
        )


def study_key(workspace: Path, study: str) -> dict[str, Any] | None:
    """The key to a study that this workspace has made, or None."""
    try:
        key = read_json(Workspace(workspace).evaluation(study) / KEY_FILE)
    except (OSError, ValueError, UnsuitableInput):
        return None
    return dict(key) if isinstance(key, dict) and key.get("format") == FORMAT else None
