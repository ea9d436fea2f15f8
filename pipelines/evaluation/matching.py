"""How well 3D dances fit their music, by a contrastive evaluator: points, and what they say.

docs/reference/infinitedance.md#contrastive-evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.metrics.contrastive.folder import read_header
from pipelines.metrics.contrastive.scores import by_chance, found_its_music
from pipelines.metrics.joints import Float
from pipelines.support.errors import UnsuitableInput

if TYPE_CHECKING:
    from pipelines.metrics.contrastive.matcher import Matcher
    from pipelines.motion.motion import Motion

POINTS = "c"
"""The feature space of the points of dances."""
METRICS_OF_MATCHING = "R@5, MM-Dist, FID_c and DIV_c"


@dataclass
class Matched:
    """The points of a set.

    Attributes:
        music, dance: (W, M) by clip. without: names of clips without any, and why.
    """

    music: dict[str, Float] = field(default_factory=dict)
    dance: dict[str, Float] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)

    def score(self, clips: Sequence[Clip]) -> list[str]:
        """Give each clip its R@5 and MM-Dist, a clip counting as often as it has windows.

        Returns a line for the report: among how many windows was sought, and what chance gives.
        """
        placed = [clip for clip in clips if clip.name in self.music]
        lines = []
        if self.without:
            first, why = next(iter(self.without.items()))
            lines.append(f"{len(self.without)} clips have no R@5 and MM-Dist ({first}: {why})")
        if not placed:
            return lines
        counts = [len(self.music[clip.name]) for clip in placed]
        owner = np.repeat(np.arange(len(placed)), counts)
        music, dance = (
            np.concatenate([points[clip.name] for clip in placed])
            for points in (self.music, self.dance)
        )
        found = found_its_music(music, dance, owner)
        away = np.linalg.norm(music - dance, axis=1)
        for number, clip in enumerate(placed):
            mine = owner == number
            clip.scores.update(r5=float(found[mine].mean()), mm_dist=float(away[mine].mean()))
            clip.weights.update(dict.fromkeys(("r5", "mm_dist"), float(mine.sum())))
        lines.append(
            f"R@5 among {len(owner)} windows of {len(placed)} clips; by chance "
            f"{by_chance(owner):.3f}"
        )
        return lines


class MatchMeasurer:
    """Shows dances and their music to the evaluator of a folder.

    Args:
        folder: of an evaluator (`metrics.contrastive.folder`). device: where the network runs.
        kept: folder in which features of songs are kept.

    Raises:
        MissingAsset: no evaluator there. UnsuitableInput: damaged, or of another kind.
    """

    def __init__(self, folder: Path, device: str, kept: Path) -> None:
        self.header = read_header(folder)
        self._folder, self._device, self._kept = folder, device, kept
        self._loaded: Matcher | None = None

    def settings(self) -> dict[str, Any]:
        """What decides its numbers, as JSON."""
        return {"weights": self.header.sha256, "window": self.header.window}

    def features(self, item: Item, motion: Motion, matched: Matched) -> dict[str, Float]:
        """The points of a dance as features; `matched` keeps them beside the music's.

        {} for a clip without music, or with music that cannot be used.
        """
        from pipelines.music.song_cache import cached_features

        if item.music is None:
            matched.without[item.name] = "no music of its name"
            return {}
        try:
            music = cached_features(item.music, self._kept)
            points = self._matcher().points(motion, music, item.start)
        except UnsuitableInput as error:
            matched.without[item.name] = error.what
            return {}
        matched.music[item.name], matched.dance[item.name] = points
        return {POINTS: points[1]}

    def _matcher(self) -> Matcher:
        if self._loaded is None:
            from pipelines.metrics.contrastive.matcher import Matcher
            from pipelines.support.devices import torch_device

            self._loaded = Matcher.load(self._folder, torch_device(self._device))
        return self._loaded
