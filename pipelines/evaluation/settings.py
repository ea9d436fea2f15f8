"""What `evaluate` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.datasets.split_names import check_split, split_option
from pipelines.evaluation.protocols.table import PROTOCOLS, profile_names
from pipelines.support.errors import BadUsage
from pipelines.support.options import check, option
from pipelines.workspace import options as common
from pipelines.workspace.existing_output import refuse_existing

MOTION, APPEARANCE, ANIMATION = "Motion", "Appearance", "Animation"
STUDY, OUTPUT = "User study", "What is written"
_PAPER_SUFFIXES = {"latex": ".tex", "markdown": ".md", "csv": ".csv"}


TRUTH = "truth"
"""What recordings are called, beside systems."""


@dataclass(frozen=True)
class EvaluateConfig:
    """What `evaluate` is asked to do; `option` says what each field is."""

    protocol: str = option(
        "", "Which of the paper's three tables, or a study with people.", choices=tuple(PROTOCOLS)
    )
    pred: Path | None = option(
        None, "What to judge: a file, or a folder of one kind.", metavar="FOLDER"
    )
    truth: Path | None = option(
        None, "Recordings to judge by, named alike, or a data set.", metavar="FOLDER"
    )
    split: str | None = split_option(
        "Of data sets as downloaded: train, val+test, dancer-test ..., or all.",
        "test, where there is one", named=False,
    )  # fmt: skip
    compare: tuple[str, ...] = option(
        (), "Two systems instead of --pred; in a study several, and truth=FOLDER.",
        metavar="A=FOLDER B=FOLDER", listed=True,
    )  # fmt: skip
    profile: str = option(
        "strict", "Whose definitions (docs/evaluation.md).", choices=profile_names(),
        variable="MACEDANCE_METRIC_PROFILE",
    )  # fmt: skip
    music: Path | None = option(
        None, "The song, or songs named like the clips; videos bring their own.", metavar="PATH",
        panel=MOTION,
    )  # fmt: skip
    window: float | None = option(
        None, "Take features of 3D dances over pieces of this length.", low=1, high=600,
        shown="the whole", metavar="SECONDS", panel=MOTION,
        variable="MACEDANCE_FEATURE_WINDOW",
    )  # fmt: skip
    genre_classifier: Path | None = option(
        None, 'Folder of a trained genre classifier, or "shipped": FID_s, DIV_s, ACC and F1.',
        metavar="FOLDER", panel=MOTION,
    )  # fmt: skip
    contrastive_evaluator: Path | None = option(
        None, "Folder of a trained contrastive evaluator: R@5, MM-Dist, FID_c and DIV_c.",
        metavar="FOLDER", panel=MOTION,
    )  # fmt: skip
    keypoint_fps: float | None = option(
        None, "Frame rate of keypoint files that do not say.", low=1, high=1000, metavar="FPS",
        panel=MOTION,
    )  # fmt: skip
    person_detector: str | None = common.person_detector(
        MOTION, "Folder or hub id of a detector for transformers, for videos."
    )
    pose_model: str | None = common.pose_model(MOTION)
    run_records: tuple[Path, ...] = option(
        (), "run.json of generate, for the speed; may be repeated.", metavar="FILE", panel=MOTION
    )
    vbench_weights: Path | None = option(
        None, "Folder of VBench's weight files (docs/evaluation.md).", metavar="FOLDER",
        panel=APPEARANCE,
    )  # fmt: skip
    vbench_json: tuple[str, ...] = option(
        (), "Results of VBench itself, for --pred or for NAME; may be repeated.",
        metavar="[NAME=]FILE", panel=APPEARANCE,
    )  # fmt: skip
    i3d: Path | None = option(None, "TorchScript I3D for FVD.", panel=ANIMATION)
    fvd: Literal["styleganv", "disco"] = option(
        "styleganv", "Whose way to feed it.", panel=ANIMATION
    )
    lpips_weights: Path | None = option(
        None, "Folder of LPIPS's weight files (docs/evaluation.md).", metavar="FOLDER",
        panel=ANIMATION,
    )  # fmt: skip
    lpips_disco_compat: bool = option(
        False, "Feed LPIPS [0, 1] as DisCo and its heirs do.", panel=ANIMATION
    )
    video_frames: int = option(
        77, "First frames of each video.", low=2, high=100_000, panel=ANIMATION
    )
    video_fps: float = option(
        16.0, "Rate they are read at.", low=1, high=120, metavar="FPS", panel=ANIMATION
    )
    video_side: int | None = option(
        None, "Shorter side they are scaled to.", low=16, high=4096, shown="the truth's",
        metavar="PIXELS", panel=ANIMATION,
    )  # fmt: skip
    trials: int = option(40, "Pairs that each person compares.", low=1, high=1000, panel=STUDY)
    catch_trials: int = option(
        6, "Pairs more, with a distorted dance in each, that tell who pays attention.", low=0,
        high=100, panel=STUDY,
    )  # fmt: skip
    clip_seconds: float = option(
        30.0, "At most so much of each clip is shown.", low=0.2, high=600, metavar="SECONDS",
        panel=STUDY,
    )  # fmt: skip
    ratings: tuple[Path, ...] = option(
        (), "Answers that came back, instead of --compare.", metavar="FILE...", panel=STUDY,
        listed=True,
    )  # fmt: skip
    unfinished: bool = option(False, "Also count people who stopped before the end.", panel=STUDY)
    latex: Path | None = option(
        None, "The table for a paper.", metavar="FILE.tex", panel=OUTPUT, named=False
    )
    markdown: Path | None = option(
        None, "The tables in Markdown.", metavar="FILE.md", panel=OUTPUT, named=False
    )
    csv: Path | None = option(
        None, "All numbers, unrounded.", metavar="FILE.csv", panel=OUTPUT, named=False
    )
    force: bool = option(
        False, "Write over outputs that are already there.", panel=OUTPUT, named=False
    )
    seed: int = common.seed()
    device: str = common.device()
    workspace: Path = common.workspace()

    def validate(self) -> EvaluateConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        if self.protocol not in PROTOCOLS:
            raise BadUsage(
                f"--protocol {self.protocol or 'is missing'}", f"choose {', '.join(PROTOCOLS)}"
            )
        check(self)
        check_split(self.split)
        from pipelines.keypoints.finders import check_models

        self._validate_sets()
        check_models(self.person_detector, self.pose_model)
        self._validate_protocol()
        for flag, path in self.targets():
            if path.suffix != _PAPER_SUFFIXES[flag]:
                raise BadUsage(f"--{flag} {path}: must end in {_PAPER_SUFFIXES[flag]}")
            if not self.force:
                hint = f"add --force to replace it, or change --{flag}"
                refuse_existing(path, self.workspace, hint)
        return self

    def pose_models(self) -> tuple[str, str] | None:
        """Person detector and ViTPose, if they are named."""
        if self.person_detector is None or self.pose_model is None:
            return None
        return self.person_detector, self.pose_model

    def classifier_folder(self) -> Path | None:
        """Where the genre classifier lies, if one is named."""
        if self.genre_classifier != Path("shipped"):
            return self.genre_classifier
        from pipelines.metrics.genre.folder import SHIPPED

        return SHIPPED

    def systems(self) -> dict[str, Path]:
        """What is judged, by name."""
        if not self.compare:
            assert self.pred is not None
            return {"pred": self.pred}
        return {name: place for name, place in self._compared().items() if name != TRUTH}

    def recordings(self) -> Path | None:
        """The folder of recordings, by --truth or, in a study, as one of those compared."""
        return self.truth or self._compared().get(TRUTH)

    def _compared(self) -> dict[str, Path]:
        return {name: Path(place) for name, _, place in (c.partition("=") for c in self.compare)}

    def _validate_sets(self) -> None:
        if PROTOCOLS[self.protocol].asks_people:
            check_study(self)
            return
        if self.ratings:
            raise BadUsage("--ratings is for --protocol user-study")
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
        if names[0] == names[1] or TRUTH in names:
            raise BadUsage("--compare: the names must differ, and not be 'truth'")

    def _validate_protocol(self) -> None:
        row = PROTOCOLS[self.protocol]
        if self.window is not None and self.profile not in row.windowed:
            able = (
                f"--protocol {name} with --profile {' or '.join(other.windowed)}"
                for name, other in PROTOCOLS.items()
                if other.windowed
            )
            raise BadUsage(f"--window is for {', or for '.join(able)}")
        judges = {"genre-classifier": self.genre_classifier,
                  "contrastive-evaluator": self.contrastive_evaluator}  # fmt: skip
        for flag, folder in judges.items():
            if folder is not None and not row.networks:
                able = (f"--protocol {name}" for name, other in PROTOCOLS.items() if other.networks)
                raise BadUsage(f"--{flag} is for {', or for '.join(able)}")
        if self.profile not in row.profiles:
            if row.instead:
                what = f"--profile {self.profile}: the {self.protocol} protocol has none"
                raise BadUsage(what, row.instead)
            raise BadUsage(
                f"--profile {self.profile}: not for --protocol {self.protocol}",
                f"choose {', '.join(row.profiles)}",
            )
        if row.wants_truth and self.truth is None:
            raise BadUsage(f"--protocol {self.protocol} {row.wants_truth}", "add --truth FOLDER")

    def targets(self) -> list[tuple[str, Path]]:
        """The files that are written, by flag."""
        named = {"latex": self.latex, "markdown": self.markdown, "csv": self.csv}
        return [(flag, path) for flag, path in named.items() if path is not None]


def check_study(config: EvaluateConfig) -> None:
    """Raise BadUsage for a study that cannot be made, or judged, as it is asked for."""
    if config.pred is not None:
        raise BadUsage("--pred: a study compares", "--compare ours=a/ theirs=b/ truth=c/")
    if config.ratings:
        if config.compare or config.truth is not None:
            raise BadUsage(
                "--ratings goes without --compare and --truth",
                "the study that the answers are of knows its clips",
            )
        return
    parts = [text.partition("=") for text in config.compare]
    names = [name for name, _, _ in parts]
    if not all(name and place for name, _, place in parts):
        raise BadUsage(
            f"--compare {' '.join(config.compare)}: not named folders",
            "write it as --compare ours=generated/ theirs=baseline/ truth=recordings/",
        )
    if config.truth is not None:
        names.append(TRUTH)
    if len(names) < 2:
        raise BadUsage(
            "a study compares two or more",
            "--compare ours=a/ theirs=b/ to make one, --ratings answers/*.json to judge it",
        )
    if len(set(names)) < len(names):
        raise BadUsage("--compare: the names must differ")
