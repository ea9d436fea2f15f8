"""`evaluate --protocol user-study --ratings`: from the files that came back to the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.evaluation.printed import hand_over
from pipelines.evaluation.profiles import VERSION, protocol_hash
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.study.answers import (
    ATTENTIVE,
    Panel,
    read_answers,
    sorted_out,
    study_of,
)
from pipelines.evaluation.study.design import CATCH, Design
from pipelines.evaluation.study.making import study_key
from pipelines.evaluation.study.report import write_study_report
from pipelines.evaluation.study.statistics import agreement, mean_ratings, win_rates
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import check_writable, readable_sha256, write_json
from pipelines.support.progress import Progress
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import installed_versions, recorded_run
from pipelines.workspace.stages import alone_in

_FEW = 10
"""People under whom intervals over people say little."""


def plan_judging(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """Whose answers would count, without judging."""
    panel, key = _sorted(config)
    return {
        "protocol": config.protocol, "study": key["study"], "files": len(config.ratings),
        "people": len(panel.raters), "excluded": panel.excluded, "unusable": panel.unusable,
    }  # fmt: skip


def judge_study(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """Judge a study by the answers that came back.

    Returns:
        The content of metrics.json, with the run's name and folder; "unusable" lists the files
        that could not be used, "excluded" the people who do not count, each with the reason.

    Raises:
        UnsuitableInput: nobody's answers count.
        MissingAsset: the workspace does not have the study that they are of.
    """
    check_writable([path for _, path in config.validate().targets()])
    panel, key = _sorted(config)
    digests = sorted(readable_sha256(path) for path in config.ratings if path.is_file())
    run = "user-study-ratings-" + content_id(
        protocol_hash(config.protocol, {"study": key["study"], "answers": digests}),
        unfinished=config.unfinished, seed=config.seed,
    )  # fmt: skip
    workspace = Workspace(config.workspace)
    folder = workspace.evaluation(run)
    records = [folder / "run.json", workspace.run_record(run)]
    outputs = [path for _, path in config.targets()]
    with (
        alone_in(folder, progress),
        recorded_run(records, "evaluate", run, config, config.seed, outputs) as record,
    ):
        for file in config.ratings:
            if file.is_file():
                record.read(file)
        with record.timed("judging"), progress.stage("judging"):
            result = _judged(config, panel, key)
        for warning in result["warnings"]:
            progress.warn(warning)
        write_json(folder / "metrics.json", result)
        write_study_report(folder / "report.html", result)
        hand_over(config, result, record)
        record.exit_code = 5 if panel.unusable else 0
        record.facts["run"] = run
    return {**result, "run": run, "folder": str(folder)}


def _sorted(config: EvaluateConfig) -> tuple[Panel, dict[str, Any]]:
    """Who counts, and the key to the study."""
    read = read_answers(list(dict.fromkeys(config.ratings)))
    study = study_of(read)
    key = study_key(config.workspace, study)
    if key is None:
        raise MissingAsset(
            f"--ratings: answers of {study}, which {config.workspace} does not have",
            "its key lies in the workspace in which its page was made: --workspace",
        )
    panel = sorted_out(read, study, Design.of_key(key), config.unfinished)
    if not panel.raters:
        file, why = next(iter({**panel.excluded, **panel.unusable}.items()))
        raise UnsuitableInput(
            f"--ratings: nobody counts of {len(config.ratings)} files ({Path(file).name}: {why})"
        )
    return panel, key


def _judged(config: EvaluateConfig, panel: Panel, key: dict[str, Any]) -> dict[str, Any]:
    made = Design.of_key(key)
    criteria, people = key["criteria"], panel.raters
    return {
        "protocol": config.protocol, "profile": config.profile, "version": VERSION,
        "study": key["study"], "criteria": criteria,
        "settings": {"attentive": ATTENTIVE, "unfinished": config.unfinished},
        "means": mean_ratings(people, made, criteria, config.seed),
        "wins": win_rates(people, made, config.seed),
        "agreement": agreement(people, made, criteria),
        "raters": [
            {"who": one.who, "file": str(one.file), "answers": len(one.answers),
             "caught": one.caught, "catches": one.catches}
            for one in people
        ],
        "excluded": panel.excluded, "unusable": panel.unusable,
        "warnings": _warnings(panel, made), "versions": installed_versions(),
    }  # fmt: skip


def _warnings(panel: Panel, made: Design) -> list[str]:
    found = []
    if len(panel.raters) < _FEW:
        found.append(
            f"{len(panel.raters)} people: intervals over so few say little "
            "(published studies had 30 to 50)"
        )
    if not any(pair.group == CATCH for pair in made.pairs.values()):
        found.append("no catch pairs: nobody knows who paid attention")
    return found
