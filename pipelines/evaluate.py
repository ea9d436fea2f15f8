"""`macedance evaluate`: numbers that can be trusted, and compared with the papers'.

The whole story: folders -> clips by name -> each clip measured (features and scores, never kept
frames) -> distances, intervals, floors and chance levels -> metrics.json, report.html and tables.
What a clip costs most (poses of a video, networks' scores) is kept by content, and a finished
evaluation is found again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.evaluation.profiles import (
    VERSION,
    keypoint_profile,
    motion_profile,
    protocol_hash,
    settings_of,
)
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import check_writable, read_json, sha256_file, write_json, write_text
from pipelines.support.progress import Progress
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import RunRecord, installed_versions, recorded_run
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.evaluation.animation_set import AnimationSettings
    from pipelines.evaluation.items import Item
    from pipelines.evaluation.measuring import MeasuredSet
    from pipelines.evaluation.video_set import PoseSource

STAGE_RECORD = "evaluation.json"
METRICS_FILE, REPORT_FILE = "metrics.json", "report.html"
_NOT_SETTINGS = ("i3d", "lpips_weights", "device")


@dataclass(frozen=True)
class _Sets:
    """The clips of an evaluation, by system, and of the truth."""

    systems: dict[str, list[Item]]
    truth: list[Item]

    def everyone(self) -> dict[str, list[Item]]:
        return {**self.systems, **({"truth": self.truth} if self.truth else {})}


def plan(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """What `evaluate` would do, without doing it: clips counted, names matched, the run named."""
    sets = _sets(config.validate())
    run = _run_name(config, sets)
    folder = Workspace(config.workspace).evaluation(run)
    facts: dict[str, Any] = {"protocol": config.protocol, "profile": config.profile}
    facts |= {f"clips of {name}": len(items) for name, items in sets.everyone().items()}
    facts |= {
        f"with music in {name}": sum(item.music is not None for item in items)
        for name, items in sets.everyone().items()
        if config.protocol != "animation"
    }
    return facts | {
        "unmatched": _unmatched(sets),
        "protocol_sha256": protocol_hash(config.protocol, _settings(config)),
        "run": run,
        "folder": str(folder),
        "finished": finished_stage(folder / STAGE_RECORD, progress) is not None,
    }


def evaluate(config: EvaluateConfig, progress: Progress) -> dict[str, Any]:
    """Judge a set of dances or videos, or two against each other.

    Returns:
        The content of metrics.json, with the run's name and folder.

    Raises:
        BadUsage, UnsuitableInput, MissingAsset, OutOfResources: with what to do about it.
    """
    sets = _sets(config.validate())
    check_writable([path for _, path in config.targets()])
    run = _run_name(config, sets)
    workspace = Workspace(config.workspace)
    folder = workspace.evaluation(run)
    records = [folder / "run.json", workspace.run_record(run)]
    with (
        alone_in(folder, progress),
        recorded_run(records, "evaluate", run, config, config.seed) as record,
    ):
        for items in sets.everyone().values():
            for item in items:
                if item.path.is_file():
                    record.read(item.path)
        if finished_stage(folder / STAGE_RECORD, progress) is None:
            _evaluated(config, sets, folder, record, progress)
        else:
            progress.say("this evaluation is there from an earlier run")
        result: dict[str, Any] = read_json(folder / METRICS_FILE)
        _hand_over(config, result, record)
        record.facts["run"] = run
    return {**result, "run": run, "folder": str(folder)}


# The sets --------------------------------------------------------------------------------------


def _sets(config: EvaluateConfig) -> _Sets:
    from pipelines.evaluation.items import list_items, with_music

    kinds = {
        "motion-3d": ("motion",),
        "motion-appearance": ("video", "keypoints"),
        "animation": ("video",),
    }[config.protocol]
    systems = {
        name: with_music(list_items(place, kinds), config.music)
        for name, place in config.systems().items()
    }
    truth = [] if config.truth is None else with_music(
        list_items(config.truth, kinds), config.music
    )  # fmt: skip
    if len(systems) == 1 and len(truth) == 1:
        (items,) = systems.values()
        if len(items) == 1 and config.pred is not None and config.pred.is_file():
            # Two single files belong together whatever they are called.
            systems = {name: [_renamed(items[0], truth[0].name)] for name in systems}
    return _Sets(systems, truth)


def _renamed(item: Item, name: str) -> Item:
    from dataclasses import replace

    return replace(item, name=name)


def _unmatched(sets: _Sets) -> dict[str, list[str]]:
    from pipelines.evaluation.items import unmatched

    found: dict[str, list[str]] = {}
    if not sets.truth:
        return found
    for name, items in sets.systems.items():
        ours, theirs = unmatched(items, sets.truth)
        if ours:
            found[f"{name} without truth"] = ours
        if theirs:
            found[f"truth without {name}"] = theirs
    return found


# Measuring -------------------------------------------------------------------------------------


def _evaluated(
    config: EvaluateConfig, sets: _Sets, folder: Path, record: RunRecord, progress: Progress
) -> None:
    with record.timed("measuring"):
        measured = _measured(config, sets, progress)
    for name, found in measured.items():
        if not found.clips:
            first = next(iter(found.left_out.items()))
            raise UnsuitableInput(
                f"{name}: none of its {len(found.left_out)} clips can be measured "
                f"({first[0]}: {first[1]})"
            )
    with record.timed("judging"):
        result = _judged(config, sets, measured, progress)
    with record.timed("report"), progress.stage("writing the report"):
        from pipelines.evaluation.report import write_report

        write_json(folder / METRICS_FILE, result)
        write_report(folder / REPORT_FILE, result, _exhibits(config, sets, result))
    finish_stage(folder / STAGE_RECORD, {}, [METRICS_FILE, REPORT_FILE])


def _measured(config: EvaluateConfig, sets: _Sets, progress: Progress) -> dict[str, MeasuredSet]:
    measure: Callable[[str, list[Item]], MeasuredSet] = {
        "motion-3d": _motions_of,
        "motion-appearance": _videos_of,
        "animation": _pairs_of,
    }[config.protocol](config, sets, progress)
    return {name: measure(name, items) for name, items in sets.everyone().items()}


def _motions_of(
    config: EvaluateConfig, sets: _Sets, progress: Progress
) -> Callable[[str, list[Item]], MeasuredSet]:
    from pipelines.evaluation.measuring import Listener, measure_motions

    profile = motion_profile(config.profile)
    listener = Listener(profile.beats.music, _cache(config, "beats"))
    listener.listen([item for items in sets.everyone().values() for item in items], progress)

    def measure(name: str, items: list[Item]) -> MeasuredSet:
        return measure_motions(
            f"measuring {name}", items, profile, listener, progress, config.window,
            truth=name == "truth",
        )  # fmt: skip

    return measure


def _videos_of(
    config: EvaluateConfig, sets: _Sets, progress: Progress
) -> Callable[[str, list[Item]], MeasuredSet]:
    from pipelines.evaluation.measuring import Listener
    from pipelines.evaluation.vbench_scores import AppearanceScorer, vbench_results
    from pipelines.evaluation.video_set import measure_videos

    profile = keypoint_profile(config.profile)
    listener = Listener(profile.beats.music, _cache(config, "beats"))
    listener.listen([item for items in sets.everyone().values() for item in items], progress)
    poses = _pose_source(config)
    given = vbench_results(config.vbench_json, [*config.systems(), "truth"])
    scorer = AppearanceScorer(config.vbench_weights, config.device, _cache(config, "appearance"))
    for line in scorer.missing(set(given)):
        progress.say(line)

    def measure(name: str, items: list[Item]) -> MeasuredSet:
        return measure_videos(
            name, items, profile, poses, listener, scorer, given.get(name), progress
        )

    return measure


def _pairs_of(
    config: EvaluateConfig, sets: _Sets, progress: Progress
) -> Callable[[str, list[Item]], MeasuredSet]:
    from pipelines.evaluation.animation_set import AnimationJudge, measure_pairs

    judge = AnimationJudge(_animation(config), progress)
    truth = {item.name: item for item in sets.truth}
    driven = {item.name for items in sets.systems.values() for item in items}

    def measure(name: str, items: list[Item]) -> MeasuredSet:
        if name == "truth":
            items = [item for item in items if item.name in driven]
        return measure_pairs(name, items, truth, judge, progress)

    return measure


# Judging ---------------------------------------------------------------------------------------


def _judged(
    config: EvaluateConfig, sets: _Sets, measured: dict[str, MeasuredSet], progress: Progress
) -> dict[str, Any]:
    from pipelines.evaluation.catalogue import COLUMNS
    from pipelines.evaluation.results import judge

    systems = {name: measured[name].clips for name in sets.systems}
    truth = measured["truth"].clips if sets.truth else None
    rule = None
    if config.protocol == "motion-3d":
        rule = motion_profile(config.profile).sets
    elif config.protocol == "motion-appearance":
        rule = keypoint_profile(config.profile).sets
    total = len(COLUMNS[config.protocol]) * len(measured)
    with progress.stage("judging", total, "columns") as advance:
        judged = judge(config.protocol, systems, truth, rule, config.seed, advance)
    warnings = judged.warnings + [
        f"{name}: {note}" for name, found in measured.items() for note in found.notes
    ]
    for warning in warnings:
        progress.warn(warning)
    settings = _settings(config)
    result: dict[str, Any] = {
        "protocol": config.protocol,
        "profile": config.profile,
        "version": VERSION,
        "protocol_sha256": protocol_hash(config.protocol, settings),
        "settings": settings,
        **judged.json(),
        "warnings": warnings,
        "unmatched": _unmatched(sets),
        "left_out": {name: found.left_out for name, found in measured.items() if found.left_out},
        "without_music": {name: found.silent for name, found in measured.items() if found.silent},
        "clips": {
            name: {clip.name: _finite(clip.scores) for clip in found.clips}
            for name, found in measured.items()
        },
        "versions": installed_versions(),
    }
    _add_speed(config, sets, result)
    return result


def _finite(scores: dict[str, float]) -> dict[str, float | None]:
    return {metric: value if math.isfinite(value) else None for metric, value in scores.items()}


def _add_speed(config: EvaluateConfig, sets: _Sets, result: dict[str, Any]) -> None:
    from pipelines.evaluation.speed import generation_speed, own_records

    if config.protocol != "motion-3d":
        return
    for name, items in sets.systems.items():
        given = list(config.run_records) if not config.compare else []
        speed = generation_speed([*given, *own_records(items)])
        if speed is not None:
            result["rows"][name]["fps"] = asdict(speed) | {"low": None, "high": None}


def _exhibits(config: EvaluateConfig, sets: _Sets, result: dict[str, Any]) -> list[Any]:
    """The clips that the report shows: the worst of each system."""
    from pipelines.evaluation.exhibits import worst_clips

    shown = []
    for name, items in sets.systems.items():
        by_name = {item.name: item for item in items}
        for clip, why in worst_clips(result, name):
            try:
                shown.append(_exhibit(config, by_name[clip], name, why))
            except UnsuitableInput:
                # It could be measured, so only its picture is missing.
                continue
    return shown


def _exhibit(config: EvaluateConfig, item: Item, system: str, why: str) -> Any:
    from dataclasses import replace

    from pipelines.evaluation.exhibits import exhibit_motion, exhibit_poses, exhibit_video
    from pipelines.evaluation.items import is_video
    from pipelines.evaluation.measuring import Listener

    video = exhibit_video(item.path, system, item.name, why) if is_video(item.path) else None
    if config.protocol == "animation":
        return video
    if config.protocol == "motion-3d":
        motion = motion_profile(config.profile)
        beats = Listener(motion.beats.music, _cache(config, "beats")).beats(item)
        return exhibit_motion(item.path, system, item.name, why, motion, beats)
    profile = keypoint_profile("strict")
    beats = Listener(profile.beats.music, _cache(config, "beats")).beats(item)
    try:
        track = _pose_source(config).track(item.path)
        drawn = exhibit_poses(track, system, item.name, why, profile, beats)
    except UnsuitableInput:
        if video is None:
            raise
        return video
    return drawn if video is None else replace(drawn, pictures=video.pictures)


# Small matters ---------------------------------------------------------------------------------


def _pose_source(config: EvaluateConfig) -> PoseSource:
    from pipelines.evaluation.video_set import PoseSource

    models = config.pose_models()
    return PoseSource(_cache(config, "poses"), config.keypoint_fps, models, config.device)


def _settings(config: EvaluateConfig) -> dict[str, Any]:
    """All that decides how a number is computed, as JSON."""
    if config.protocol == "motion-3d":
        return settings_of(motion_profile(config.profile)) | {"window": config.window}
    if config.protocol == "motion-appearance":
        return settings_of(keypoint_profile(config.profile))
    settings = asdict(_animation(config))
    return {name: settings[name] for name in settings if name not in _NOT_SETTINGS}


def _animation(config: EvaluateConfig) -> AnimationSettings:
    from pipelines.evaluation.animation_set import AnimationSettings

    return AnimationSettings(
        frames=config.video_frames, fps=config.video_fps, size=config.video_side,
        fvd=config.fvd, lpips_disco_compat=config.lpips_disco_compat, i3d=config.i3d,
        lpips_weights=config.lpips_weights, device=config.device,
    )  # fmt: skip


def _cache(config: EvaluateConfig, kind: str) -> Path:
    return Workspace(config.workspace).cache(kind)


def _run_name(config: EvaluateConfig, sets: _Sets) -> str:
    """The run's name follows from what is judged, by content, and how."""
    from pipelines.evaluation.items import content_of

    content = {
        name: {item.name: content_of(item) for item in items}
        for name, items in sets.everyone().items()
    }
    options: dict[str, Any] = {"settings": _settings(config), "seed": config.seed}
    options["keypoint_fps"] = config.keypoint_fps
    options["pose_models"] = config.pose_models()
    options["vbench_json"] = [_digest(Path(text.partition("=")[2] or text))
                              for text in config.vbench_json]  # fmt: skip
    options["records"] = [_digest(path) for path in config.run_records]
    weights = (config.i3d, config.vbench_weights, config.lpips_weights)
    options["weights"] = [_weights_digest(path) for path in weights]
    options["macedance"] = installed_versions().get("macedance", "")
    source = protocol_hash(config.protocol, {"content": content})
    return f"{config.protocol}-{config.profile}-{content_id(source, **options)}"


def _digest(path: Path) -> str:
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file")
    return sha256_file(path)


def _weights_digest(path: Path | None) -> list[Any]:
    """Names and sizes: hashing gigabytes would take longer than many an evaluation."""
    if path is None:
        return []
    if not path.exists():
        raise UnsuitableInput(f"{path}: no such file or folder")
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [[str(file.relative_to(path)), file.stat().st_size] for file in files if file.is_file()]


def _hand_over(config: EvaluateConfig, result: dict[str, Any], record: RunRecord) -> None:
    from pipelines.evaluation.tables import (
        comparison_table,
        main_table,
        to_csv,
        to_latex,
        to_markdown,
    )

    tables = [main_table(result), *filter(None, [comparison_table(result)])]
    texts = {
        "latex": lambda: to_latex(tables[0]),
        "markdown": lambda: "\n".join(to_markdown(table) for table in tables),
        "csv": lambda: to_csv(result),
    }
    for flag, path in config.targets():
        write_text(path, texts[flag]())
        record.wrote(path)
