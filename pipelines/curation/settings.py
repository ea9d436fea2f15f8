"""What `curate` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipelines.support.cores import default_workers
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.options import check, option
from pipelines.workspace import options as common

RULES, PEOPLE, CLIPS = "What is kept", "Who finds people", "The clips"
CAPTURE = "The dance in 3D"
_MUCH = 100_000
_WORKER_GB = 1.4
"""What a process and its decoder take at their peak: docs/installing.md, what many hours cost."""
_THRESHOLDS = (
    "shot_threshold", "max_several", "max_nobody", "min_whole_body", "max_black_bars", "test_share",
    "min_motion", "min_side", "min_person", "max_duplicate", "min_shot", "require_sound", "seed",
    "longest_side", "overlap",
)  # fmt: skip


def _share(default: float, help: str, panel: str = RULES, metavar: str = "SHARE") -> Any:
    return option(default, help, low=0, high=1, metavar=metavar, panel=panel)


@dataclass(frozen=True)
class CurateConfig:
    """What `curate` is asked to do; `option` says what each field is."""

    videos: tuple[Path, ...] = option(
        (), "Folders of videos, or videos.", metavar="VIDEOS", positional=True, named=False
    )
    src: tuple[Path, ...] = option((), "The same by a flag, once for each.", metavar="PATH")
    labels: Path | None = option(
        None, "CSV with columns file and genre; else folders name the genres."
    )
    shot_threshold: float = _share(0.5, "Probability of a cut.", metavar="P")
    # A window lasts 5 s at least, so a shorter shot gives none.
    min_shot: float = option(
        5.0,
        "A shot has to last so long; at least 5.",
        low=5,
        high=3600,
        metavar="SECONDS",
        panel=RULES,
    )
    min_motion: float = option(
        0.02, "Body heights per second; 0: off.", low=0, high=_MUCH, metavar="SPEED", panel=RULES
    )
    max_several: float = _share(0.05, "Share of frames with two people or more; 1: off.")
    max_nobody: float = _share(0.10, "Share of frames with nobody; 1: off.")
    min_whole_body: float = _share(0.5, "Share of frames with the whole body; 0: off.")
    min_side: int = option(
        256, "Pixels of the picture's shorter side; 0: off.", low=0, high=_MUCH, panel=RULES
    )
    min_person: int = option(
        128, "Pixels of the person's height; 0: off.", low=0, high=_MUCH, panel=RULES
    )
    max_black_bars: float = _share(0.10, "Share of the picture; 1: off.")
    max_duplicate: float = option(
        5.0, "Bits of 64 in which a repeat may differ; 0: off.", low=0, high=_MUCH,
        metavar="BITS", panel=RULES,
    )  # fmt: skip
    require_sound: bool = option(False, "Drop silent clips.", panel=RULES)
    capture: bool = option(
        False, "Also capture each clip's dance in 3D, as motion.npz.", panel=CAPTURE
    )
    capture_from: Path | None = option(
        None, "Motions that others' estimators made of the videos, by name.", metavar="FOLDER",
        panel=CAPTURE,
    )  # fmt: skip
    min_capture: float = _share(0.3, "Grade of a capture; 0: off.", CAPTURE, "GRADE")
    overlap: float = option(
        0.0, "Mean share of a clip that the next one of its shot shows again; 0: none.", low=0,
        high=0.9, metavar="SHARE", panel=CLIPS,
    )  # fmt: skip
    test_share: float = _share(0.05, "Share of the videos held out for testing.", CLIPS)
    longest_side: int = option(
        1280, "Larger clips are scaled down to it.", low=64, high=8192, panel=CLIPS
    )
    person_detector: str | None = common.person_detector(PEOPLE)
    pose_model: str | None = common.pose_model(PEOPLE)
    workers: int | None = common.workers()
    engine: Literal["local", "ray"] = option(
        "local", "ray: on a Ray cluster.", panel=common.RUNNING
    )
    shard: str | None = common.shard("videos")
    limit: int | None = option(
        None, "Only so many videos.", low=1, high=10**9, panel=common.RUNNING
    )
    device: str = common.device()
    seed: int = common.seed()
    workspace: Path = common.workspace()

    def validate(self) -> CurateConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        check(self)
        if not self.sources():
            raise BadUsage("no videos given", "macedance curate FOLDER")
        for folder in self.sources():
            if not folder.exists() and not folder.is_symlink():
                raise UnsuitableInput(
                    f"{folder}: no such file or folder", "give videos, or folders of them"
                )
        if self.capture_from is not None and not self.capture_from.is_dir():
            raise UnsuitableInput(
                f"{self.capture_from}: no such folder", "--capture-from names a folder of motions"
            )
        from pipelines.keypoints.finders import check_models

        check_models(self.person_detector, self.pose_model)
        return self

    def sources(self) -> tuple[Path, ...]:
        """The videos and folders that were given, in either way."""
        return (*self.videos, *self.src)

    def finder_name(self) -> str:
        """Who looks for people; scores of one do not serve for another."""
        from pipelines.keypoints.finders import finder_name

        return finder_name(self.person_detector, self.pose_model)

    def crew(self) -> int:
        """How many processes work at a time; models of others fill a graphics card each time."""
        if self.workers is not None:
            return self.workers
        fitting = default_workers(_WORKER_GB)
        return fitting if self.person_detector is None else min(2, fitting)

    def thresholds(self) -> dict[str, Any]:
        """What selection goes by, JSON-able."""
        names = _THRESHOLDS + (("capture", "min_capture") if self.captures() else ())
        return {name: getattr(self, name) for name in names}

    def captures(self) -> bool:
        """Whether clips get a motion."""
        return self.capture or self.capture_from is not None
