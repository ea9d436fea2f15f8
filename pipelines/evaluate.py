"""`macedance evaluate`: numbers that can be trusted, and compared with the papers'.

The whole story: folders -> clips by name -> each clip measured by the protocol (features and
scores, never kept frames) -> distances, intervals, floors and chance levels -> metrics.json,
report.html and tables. What a clip costs most (poses of a video, networks' scores) is kept by
content, and a finished evaluation is found again.

A user study goes another way: folders -> pairs -> the page that people judge by; and their answers
-> who counts -> the same three files (`evaluation.study`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.evaluation.profiles import VERSION, protocol_hash
from pipelines.evaluation.protocols.interface import EvaluationProtocol, load_protocol
from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import check_writable, read_json, write_json
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord, installed_versions, recorded_run
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.evaluation.exhibits import Exhibit
    from pipelines.evaluation.measuring import MeasuredSet
    from pipelines.evaluation.results import Judged
    from pipelines.evaluation.sets import Sets

STAGE_RECORD = "evaluation.json"
_SPEED = "fps"
METRICS_FILE, REPORT_FILE = "metrics.json", "report.html"


def plan(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """What `evaluate` would do, without doing it: clips counted, names matched, the run named."""
    if PROTOCOLS[config.validate().protocol].asks_people:
        from pipelines.evaluation.study import judging, making

        planned = judging.plan_judging if config.ratings else making.plan_study
        return planned(config, progress)
    protocol, sets, run = _asked(config)
    folder = Workspace(config.workspace).evaluation(run)
    everyone = sets.everyone().items()
    facts: dict[str, Any] = {"protocol": config.protocol, "profile": config.profile}
    facts |= {"data sets": list(sets.said)} if sets.said else {}
    facts |= {f"clips of {name}": len(items) for name, items in everyone}
    if protocol.hears:
        facts |= {
            f"with music in {name}": sum(item.music is not None for item in items)
            for name, items in everyone
        }
    return facts | {
        "unmatched": sets.unmatched(),
        "protocol_sha256": protocol_hash(config.protocol, protocol.settings()),
        "run": run,
        "folder": str(folder),
        "finished": finished_stage(folder / STAGE_RECORD, progress) is not None,
    }


def evaluate(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """Judge a set of dances or videos, or two against each other; or have people judge.

    Returns:
        The content of metrics.json, with the run's name and folder. Of a study that is only made:
        what it compares, and its page.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    if PROTOCOLS[config.validate().protocol].asks_people:
        from pipelines.evaluation.study import judging, making

        done = judging.judge_study if config.ratings else making.make_study
        return done(config, progress)
    protocol, sets, run = _asked(config)
    workspace = Workspace(config.workspace)
    folder = workspace.evaluation(run)
    records = [folder / "run.json", workspace.run_record(run)]
    from pipelines.evaluation.printed import hand_over

    with (
        alone_in(folder, progress),
        recorded_run(
            records, "evaluate", run, config, config.seed, [path for _, path in config.targets()]
        ) as record,
    ):
        for item in sets.clips():
            if item.path.is_file():
                record.read(item.path)
        if finished_stage(folder / STAGE_RECORD, progress) is None:
            _evaluated(config, protocol, sets, folder, record, progress)
        else:
            progress.say("this evaluation is there from an earlier run")
        result: dict[str, Any] = read_json(folder / METRICS_FILE)
        hand_over(config, result, record)
        record.facts["run"] = run
    return {**result, "run": run, "folder": str(folder)}


def _asked(config: EvaluateConfig) -> tuple[EvaluationProtocol, Sets, str]:
    """The protocol, the sets and the run's name."""
    from pipelines.evaluation.naming import run_name
    from pipelines.evaluation.sets import find_sets

    protocol = load_protocol(config.validate())
    sets = find_sets(config, protocol.kinds)
    check_writable([path for _, path in config.targets()])
    return protocol, sets, run_name(config, protocol.settings(), sets)


def _evaluated(
    config: EvaluateConfig,
    protocol: EvaluationProtocol,
    sets: Sets,
    folder: Path,
    record: RunRecord,
    progress: Progress,
) -> None:
    from pipelines.evaluation.report import write_report

    for line in sets.said:
        progress.say(line)
    with record.timed("measuring"):
        measured = protocol.measure(sets, progress)
    _refuse_empty(measured)
    with record.timed("judging"):
        judged = _judged(config, protocol, sets, measured, progress)
        result = _result(config, protocol, sets, measured, judged)
    with record.timed("report"), progress.stage("writing the report"):
        write_json(folder / METRICS_FILE, result)
        write_report(folder / REPORT_FILE, result, _exhibits(protocol, sets, result))
    finish_stage(folder / STAGE_RECORD, {}, [METRICS_FILE, REPORT_FILE])


def _refuse_empty(measured: dict[str, MeasuredSet]) -> None:
    for name, found in measured.items():
        if not found.clips:
            first = next(iter(found.left_out.items()))
            raise UnsuitableInput(
                f"{name}: none of its {len(found.left_out)} clips can be measured "
                f"({first[0]}: {first[1]})"
            )


def _judged(
    config: EvaluateConfig,
    protocol: EvaluationProtocol,
    sets: Sets,
    measured: dict[str, MeasuredSet],
    progress: Progress,
) -> Judged:
    """Every number with what it takes to judge it; what a reader has to know is said aloud."""
    from pipelines.evaluation.catalogue import columns
    from pipelines.evaluation.measuring import without_beats
    from pipelines.evaluation.results import judge
    from pipelines.evaluation.sets import TRUTH

    systems = {name: measured[name].clips for name in sets.systems}
    truth = measured[TRUTH].clips if sets.truth else None
    total = len(columns(config.protocol)) * len(measured)
    with progress.stage("judging", total, "columns") as advance:
        judged = judge(config.protocol, systems, truth, protocol.rule, config.seed, advance)
    for name, items in sets.systems.items():
        judged.rows[name] |= protocol.of_system(items)
    timed = any(_SPEED in judged.rows[name] for name in sets.systems)
    if _SPEED in columns(config.protocol) and not timed:
        progress.say("FPS is left out: it needs --run-records, the run.json of generate")
    for name, found in measured.items():
        judged.warnings += [f"{name}: {note}" for note in found.notes]
        silent = without_beats(name, found) if protocol.hears else None
        judged.warnings += [silent] if silent else []
    for warning in judged.warnings:
        progress.warn(warning)
    return judged


def _result(
    config: EvaluateConfig,
    protocol: EvaluationProtocol,
    sets: Sets,
    measured: dict[str, MeasuredSet],
    judged: Judged,
) -> dict[str, Any]:
    """The content of metrics.json."""
    settings = protocol.settings()
    return {
        "protocol": config.protocol,
        "profile": config.profile,
        "version": VERSION,
        "protocol_sha256": protocol_hash(config.protocol, settings),
        "settings": settings,
        **judged.json(),
        "warnings": judged.warnings,
        "unmatched": sets.unmatched(),
        "left_out": {name: found.left_out for name, found in measured.items() if found.left_out},
        "without_music": {name: found.silent for name, found in measured.items() if found.silent},
        "clips": {
            name: {clip.name: _finite(clip.scores) for clip in found.clips}
            for name, found in measured.items()
        },
        "versions": installed_versions(),
    }


def _finite(scores: dict[str, float]) -> dict[str, float | None]:
    return {metric: value if math.isfinite(value) else None for metric, value in scores.items()}


def _exhibits(protocol: EvaluationProtocol, sets: Sets, result: dict[str, Any]) -> list[Exhibit]:
    """The clips that the report shows: the worst of each system."""
    from pipelines.evaluation.exhibits import worst_clips

    shown = []
    for name, items in sets.systems.items():
        by_name = {item.name: item for item in items}
        for clip, why in worst_clips(result, name):
            try:
                shown.append(protocol.exhibit(by_name[clip], name, why))
            except UnsuitableInput:
                # It could be measured, so only its picture is missing.
                continue
    return shown
