"""The protocol motion-appearance: videos, or the 2D poses of some (MACE-Dance, table 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.exhibits import Exhibit, exhibit_poses, exhibit_video
from pipelines.evaluation.items import Item, is_video
from pipelines.evaluation.judgement import Estimate
from pipelines.evaluation.measuring import Listener, MeasuredSet, measure_each
from pipelines.evaluation.pose_source import PoseSource
from pipelines.evaluation.poses_2d import measure_poses
from pipelines.evaluation.profiles import KeypointProfile, keypoint_profile, settings_of
from pipelines.evaluation.sets import TRUTH, Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.vbench_scores import AppearanceScorer, vbench_results
from pipelines.keypoints.tracks import PoseTrack
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace


class MotionAppearance:
    """See `interface.EvaluationProtocol`."""

    kinds = ("video", "keypoints")
    hears = True

    def __init__(self, config: EvaluateConfig) -> None:
        self._config = config
        self._profile = keypoint_profile(config.profile)
        self._cache = Workspace(config.workspace).cache
        self._poses = PoseSource(
            self._cache("poses"), config.keypoint_fps, config.pose_models(), config.device
        )
        self.rule = self._profile.sets

    def settings(self) -> dict[str, Any]:
        """See `interface.EvaluationProtocol`."""
        return settings_of(self._profile)

    def measure(self, sets: Sets, progress: Progress) -> dict[str, MeasuredSet]:
        """Motion from poses, looks from pixels where clips are videos, or from VBench's result."""
        config = self._config
        listener = self._listener(self._profile)
        listener.listen(sets.clips(), progress)
        given = vbench_results(config.vbench_json, [*config.systems(), TRUTH])
        scorer = AppearanceScorer(config.vbench_weights, config.device, self._cache("appearance"))
        for line in scorer.missing(set(given)):
            progress.say(line)
        found = {}
        for name, items in sets.everyone().items():
            one = _OneSet(self._profile, self._poses, listener, scorer, given.get(name))
            found[name] = measure_each(f"measuring {name}", items, one.measure, progress)
            found[name].notes += one.notes(items)
        return found

    def of_system(self, items: Sequence[Item]) -> dict[str, Estimate]:
        """See `interface.EvaluationProtocol`: nothing."""
        return {}

    def exhibit(self, item: Item, system: str, why: str) -> Exhibit:
        """See `interface.EvaluationProtocol`: some frames, and the speed beside the beats."""
        video = exhibit_video(item.path, system, item.name, why) if is_video(item.path) else None
        # Whatever the profile, pictures are drawn of a body in metres.
        strict = keypoint_profile("strict")
        beats = self._listener(strict).beats(item)
        try:
            track = self._poses.track(item.path)
            drawn = exhibit_poses(track, system, item.name, why, strict, beats)
        except UnsuitableInput:
            if video is None:
                raise
            return video
        return drawn if video is None else replace(drawn, pictures=video.pictures)

    def _listener(self, profile: KeypointProfile) -> Listener:
        return Listener(profile.beats.music, self._cache("beats"))


@dataclass
class _OneSet:
    """A set while it is measured.

    Attributes:
        given: VBench's own results by clip, which replace those from pixels.
        layouts: how many tracks came from which detector. filled: share of unseen points, by clip.
    """

    profile: KeypointProfile
    poses: PoseSource
    listener: Listener
    scorer: AppearanceScorer
    given: dict[str, Clip] | None
    layouts: Counter[str] = field(default_factory=Counter)
    filled: list[float] = field(default_factory=list)

    def measure(self, item: Item, measured: MeasuredSet) -> Clip:
        """One clip; its looks alone where its motion cannot be measured."""
        looks = self._appearance(item)
        try:
            track = self.poses.track(item.path)
            beats = self.listener.beats(item, measured)
            clip, share = measure_poses(track, item.name, self.profile, beats)
        except UnsuitableInput as error:
            if not looks.scores:
                raise
            measured.left_out[item.name] = f"its motion: {error.what}"
            return looks
        self._note(track, share)
        return Clip(
            item.name, clip.features, clip.scores | looks.scores, clip.chance, looks.weights
        )

    def notes(self, items: Sequence[Item]) -> list[str]:
        """What a reader has to know of the whole set."""
        found = []
        if len(self.layouts) > 1:
            counts = (f"{count} {layout}" for layout, count in self.layouts.most_common())
            found.append(
                f"its keypoints come from different detectors ({', '.join(counts)}), "
                "which moves distances for that reason alone"
            )
        if gaps := sum(part > 0 for part in self.filled):
            share = sum(self.filled) / len(self.filled)
            how = "stay zeros, as published" if self.profile.official else "are interpolated"
            found.append(f"{share:.1%} of the points are unseen, in {gaps} clips, and {how}")
        if self.given is not None:
            unknown = sorted({item.name for item in items} - set(self.given))
            if unknown:
                found.append(f"--vbench-json knows nothing of {', '.join(unknown[:5])}")
        return found

    def _note(self, track: PoseTrack, share: float) -> None:
        self.layouts[track.layout] += 1
        self.filled.append(share)

    def _appearance(self, item: Item) -> Clip:
        if self.given is not None:
            return self.given.get(item.name, Clip(item.name))
        if not is_video(item.path):
            return Clip(item.name)
        found = self.scorer.scores(item.path)
        return Clip(
            item.name,
            scores={key: value for key, (value, _) in found.items()},
            weights={key: weight for key, (_, weight) in found.items() if key in ("sc", "bc")},
        )
