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
from typing import TYPE_CHECKING, Any, Literal

from pipelines.evaluation.profiles import (
    VERSION,
    keypoint_profile,
    motion_profile,
    protocol_hash,
    settings_of,
)
from pipelines.support.conventions import LARGEST_SEED
from pipelines.support.errors import BadUsage, UnsuitableInput
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

PROTOCOLS = ("motion-3d", "motion-appearance", "animation")
STAGE_RECORD = "evaluation.json"
METRICS_FILE, REPORT_FILE = "metrics.json", "report.html"
_NOT_SETTINGS = ("i3d", "lpips_weights", "device")
_PAPER_SUFFIXES = {"latex": ".tex", "markdown": ".md", "csv": ".csv"}


@dataclass(frozen=True)
class EvaluateConfig:
    """What `evaluate` is asked to do.

    Attributes:
        protocol: which of the paper's three tables.
        pred: file or folder to judge. truth: recordings of the same kind, or None.
        compare: two "name=folder" instead of pred.
        workspace: where results, and what was extracted from videos, go.
        profile: whose definitions; see evaluation.profiles.
        music: song, or folder of songs named like the clips; videos and dances that `generate`
            made bring their own.
        window: take motion features over pieces of so many seconds.
        keypoint_fps: frame rate of keypoint files that do not say.
        person_detector, pose_model: folders or ids for transformers, which find poses in videos
            instead of the embedded tracker.
        run_records: run.json files of `generate`, for the speed of generation.
        vbench_weights: folder of VBench's weight files. vbench_json: "FILE" or "NAME=FILE",
            results of VBench itself.
        i3d, lpips_weights: weight files of FVD and LPIPS. fvd, lpips_disco_compat: conventions.
        video_frames, video_fps, video_side: what of each video the animation metrics look at.
        latex, markdown, csv: also write the tables here.
        seed: of resampling. device: where networks run. force: write over outputs that exist.
    """

    protocol: str
    pred: Path | None
    truth: Path | None
    workspace: Path
    compare: tuple[str, ...] = ()
    profile: str = "strict"
    music: Path | None = None
    window: float | None = None
    keypoint_fps: float | None = None
    person_detector: str | None = None
    pose_model: str | None = None
    run_records: tuple[Path, ...] = ()
    vbench_weights: Path | None = None
    vbench_json: tuple[str, ...] = ()
    i3d: Path | None = None
    fvd: Literal["styleganv", "disco"] = "styleganv"
    lpips_weights: Path | None = None
    lpips_disco_compat: bool = False
    video_frames: int = 77
    video_fps: float = 16.0
    video_side: int | None = None
    latex: Path | None = None
    markdown: Path | None = None
    csv: Path | None = None
    seed: int = 0
    device: str = "auto"
    force: bool = False

    def validate(self) -> EvaluateConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        if self.protocol not in PROTOCOLS:
            raise BadUsage(
                f"--protocol {self.protocol or 'is missing'}", f"choose {', '.join(PROTOCOLS)}"
            )
        from pipelines.keypoints.finders import check_models

        self._validate_sets()
        self._validate_numbers()
        check_models(self.person_detector, self.pose_model)
        if self.protocol == "motion-3d":
            motion_profile(self.profile)
        elif self.protocol == "motion-appearance":
            keypoint_profile(self.profile)
        elif self.profile != "strict":
            raise BadUsage(
                f"--profile {self.profile}: the animation protocol has none",
                "its conventions are --video-frames, --video-fps, --video-side, --fvd and "
                "--lpips-disco-compat",
            )
        if self.protocol == "animation" and self.truth is None:
            raise BadUsage("--protocol animation compares frame by frame", "add --truth FOLDER")
        for flag, path in self._targets():
            if path.suffix != _PAPER_SUFFIXES[flag]:
                raise BadUsage(f"--{flag} {path}: must end in {_PAPER_SUFFIXES[flag]}")
            if path.exists() and not self.force:
                raise BadUsage(f"{path} exists", f"add --force to replace it, or change --{flag}")
        return self

    def pose_models(self) -> tuple[str, str] | None:
        """Person detector and ViTPose, if they are named."""
        if self.person_detector is None or self.pose_model is None:
            return None
        return self.person_detector, self.pose_model

    def systems(self) -> dict[str, Path]:
        """What is judged, by name."""
        if not self.compare:
            assert self.pred is not None
            return {"pred": self.pred}
        return {name: Path(place) for name, _, place in (c.partition("=") for c in self.compare)}

    def _validate_sets(self) -> None:
        if bool(self.compare) == (self.pred is not None):
            raise BadUsage("give either --pred FOLDER or --compare a=FOLDER b=FOLDER")
        if not self.compare:
            return
        parts = [text.partition("=") for text in self.compare]
        if len(parts) != 2 or not all(name and place for name, _, place in parts):
            raise BadUsage(
                f"--compare {' '.join(self.compare)}: not two named folders",
                "write it as --compare ours=generated/ theirs=baseline/",
            )
        names = [name for name, _, _ in parts]
        if names[0] == names[1] or "truth" in names:
            raise BadUsage("--compare: the names must differ, and not be 'truth'")

    def _validate_numbers(self) -> None:
        if self.window is not None and not 1 <= self.window <= 600:
            raise BadUsage(f"--window {self.window:g}: must lie in 1 ... 600 seconds")
        if self.window is not None and (self.protocol, self.profile) != ("motion-3d", "strict"):
            raise BadUsage("--window is for --protocol motion-3d with --profile strict")
        if self.keypoint_fps is not None and not 1 <= self.keypoint_fps <= 1000:
            raise BadUsage(f"--keypoint-fps {self.keypoint_fps:g}: must lie in 1 ... 1000")
        if not 2 <= self.video_frames <= 100_000:
            raise BadUsage(
                f"--video-frames {self.video_frames}: must lie in 2 ... 100000", "77 is the default"
            )
        if not 1 <= self.video_fps <= 120:
            raise BadUsage(
                f"--video-fps {self.video_fps:g}: must lie in 1 ... 120", "16 is the default"
            )
        if self.video_side is not None and not 16 <= self.video_side <= 4096:
            raise BadUsage(f"--video-side {self.video_side}: must lie in 16 ... 4096")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise BadUsage(f"--seed {self.seed}: must lie in 0 ... {LARGEST_SEED}")

    def _targets(self) -> list[tuple[str, Path]]:
        named = {"latex": self.latex, "markdown": self.markdown, "csv": self.csv}
        return [(flag, path) for flag, path in named.items() if path is not None]


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
    check_writable([path for _, path in config._targets()])
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
    for flag, path in config._targets():
        write_text(path, texts[flag]())
        record.wrote(path)
