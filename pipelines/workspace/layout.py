"""Where everything lies in a workspace: one folder that all commands share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.support.errors import BadUsage

DEFAULT_ROOT = Path("workspace")

_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True)
class Workspace:
    """The paths below one root; nothing is created until somebody writes there.

    Names of items are ids from `identity.content_id` or a run's name. A name that could leave
    the workspace (a separator, a leading dot) raises BadUsage.
    """

    root: Path

    def clip(self, clip_id: str) -> Path:
        """Folder of one curated clip: video.mp4, keypoints.npz, clip.json."""
        return self._item("clips", clip_id)

    @property
    def clip_table(self) -> Path:
        """JSON lines with one row per kept clip."""
        return self.root / "clips" / "metadata.jsonl"

    def curation(self, source_id: str) -> Path:
        """Folder of what curation knows of one source video: observations and decision."""
        return self._item("curation", source_id)

    def motion(self, motion_id: str) -> Path:
        """One motion as AMASS-style npz."""
        return self._item("motions", motion_id, ".npz")

    def music(self, music_id: str) -> Path:
        """One song as wav."""
        return self._item("music", music_id, ".wav")

    def features(self, features_id: str) -> Path:
        """The music features of one song."""
        return self._item("features", features_id, ".npz")

    def motion_model(self, run: str) -> Path:
        """Folder of one training run of the Motion Expert."""
        return self._item("models/motion", run)

    def appearance_model(self, run: str) -> Path:
        """Folder of one training run, or one set of weights, of the Appearance Expert."""
        return self._item("models/appearance", run)

    def dance(self, dance_id: str) -> Path:
        """Folder of one dance to one song, whoever's picture dances it: motion.npz, motion.bvh."""
        return self._item("dances", dance_id)

    def generation(self, run: str) -> Path:
        """Folder of one generated dance: out.mp4, motion.npz, keypoints.npz, pose.mp4, run.json."""
        return self._item("generations", run)

    def evaluation(self, run: str) -> Path:
        """Folder of one evaluation: metrics.json, report.html."""
        return self._item("evaluations", run)

    def cache(self, kind: str) -> Path:
        """Folder of what was extracted from files, named by their content."""
        return self._item("cache", kind)

    @property
    def runs(self) -> Path:
        """Folder of the records of all runs."""
        return self.root / "runs"

    def run_record(self, run: str) -> Path:
        """The JSON record of one run of a command."""
        return self._item("runs", run, ".json")

    def _item(self, room: str, name: str, suffix: str = "") -> Path:
        if not _NAME.fullmatch(name):
            raise BadUsage(
                f"{name!r} cannot name something in the workspace",
                "use letters, digits, '-', '_' and '.', and do not begin with '.' or '-'",
            )
        return self.root / room / (name + suffix)
