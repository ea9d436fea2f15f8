"""What `curate` is asked to do, and what can be refused before any file is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.support.conventions import LARGEST_SEED
from pipelines.support.errors import BadUsage, UnsuitableInput

_SHARES = (
    "shot_threshold", "max_several", "max_nobody", "min_whole_body", "max_black_bars", "test_share",
)  # fmt: skip
_AT_LEAST_ZERO = ("min_motion", "min_side", "min_person", "max_duplicate")


@dataclass(frozen=True)
class CurateConfig:
    """What `curate` is asked to do.

    Attributes:
        src: folders of videos, or videos.
        workspace: where clips and scores go.
        labels: CSV with columns file and genre, instead of the folders' names.
        shot_threshold: TransNetV2's probability above which a shot ends.
        min_shot: seconds; shorter shots are dropped.
        min_motion: body heights per second; 0 keeps stills.
        max_several, max_nobody: shares of a clip's looked-at frames; 1 turns the rule off.
        min_whole_body: share of frames in which the whole body is in view; 0 turns it off.
        min_side: pixels of the picture's shorter side. min_person: pixels of the person's height.
        max_black_bars: share of the picture; 1 turns it off.
        max_duplicate: differing bits (of 64) up to which a clip repeats another; 0 turns it off.
        require_sound: drop silent clips.
        test_share: of the source videos, held out for testing.
        longest_side: pixels; larger clips are scaled down.
        person_detector, pose_model: folders or ids for transformers, instead of the embedded ones.
        device: where those run.
        seed: of windows and of the split.
        workers: processes.
        engine: "local" or "ray".
        shard: "i/N"; None: what the SLURM array says, or everything.
        limit: only so many source videos.
    """

    src: tuple[Path, ...] = ()
    workspace: Path = Path("workspace")
    labels: Path | None = None
    shot_threshold: float = 0.5
    min_shot: float = 5.0
    min_motion: float = 0.02
    max_several: float = 0.05
    max_nobody: float = 0.10
    min_whole_body: float = 0.5
    min_side: int = 256
    min_person: int = 128
    max_black_bars: float = 0.10
    max_duplicate: float = 5.0
    require_sound: bool = False
    test_share: float = 0.05
    longest_side: int = 1280
    person_detector: str | None = None
    pose_model: str | None = None
    device: str = "auto"
    seed: int = 0
    workers: int = 2
    engine: str = "local"
    shard: str | None = None
    limit: int | None = None

    def validate(self) -> CurateConfig:
        """Return self, or raise BadUsage naming the flag and the way out."""
        if not self.src:
            raise BadUsage("no videos given", "macedance curate --src FOLDER")
        for folder in self.src:
            if not folder.exists() and not folder.is_symlink():
                raise UnsuitableInput(f"{folder}: no such file or folder", "--src names videos")
        for name in _SHARES:
            _within(name, getattr(self, name), 0, 1)
        for name in _AT_LEAST_ZERO:
            _within(name, getattr(self, name), 0, 100_000)
        # A window lasts 5 s at least, so a shorter shot gives none.
        _within("min_shot", self.min_shot, 5, 3600)
        _within("longest_side", self.longest_side, 64, 8192)
        _within("seed", self.seed, 0, LARGEST_SEED)
        _within("workers", self.workers, 1, 1024)
        if self.limit is not None:
            _within("limit", self.limit, 1, 10**9)
        if self.engine not in ("local", "ray"):
            raise BadUsage(f"--engine {self.engine}: unknown", "choose local or ray")
        if self.device not in ("auto", "cpu", "cuda"):
            raise BadUsage(f"--device {self.device}: unknown", "choose auto, cpu or cuda")
        from pipelines.keypoints.finders import check_models

        check_models(self.person_detector, self.pose_model)
        return self

    def finder_name(self) -> str:
        """Who looks for people; scores of one do not serve for another."""
        from pipelines.keypoints.finders import finder_name

        return finder_name(self.person_detector, self.pose_model)

    def thresholds(self) -> dict[str, Any]:
        """What selection goes by, JSON-able."""
        names = (*_SHARES, *_AT_LEAST_ZERO, "min_shot", "require_sound", "seed", "longest_side")
        return {name: getattr(self, name) for name in names}


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        flag = f"--{name.replace('_', '-')}"
        raise BadUsage(f"{flag} {value:g}: must lie in {low:g} ... {high:g}")
