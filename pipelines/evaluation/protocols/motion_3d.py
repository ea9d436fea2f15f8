"""The protocol motion-3d: 3D dances by a published script's rules or ours (MACE-Dance, table 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.exhibits import Exhibit, exhibit_motion
from pipelines.evaluation.genres import METRICS_OF_GENRE, GenreMeasurer, SeenGenres
from pipelines.evaluation.items import Item
from pipelines.evaluation.judgement import Estimate
from pipelines.evaluation.matching import METRICS_OF_MATCHING, Matched, MatchMeasurer
from pipelines.evaluation.measuring import Listener, MeasuredSet, measure_each
from pipelines.evaluation.poses_3d import measure_motion
from pipelines.evaluation.profiles import motion_profile, settings_of
from pipelines.evaluation.sets import TRUTH, Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.speed import generation_speed, own_records
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace


class Motion3D:
    """See `interface.EvaluationProtocol`."""

    kinds = ("motion",)
    hears = True

    def __init__(self, config: EvaluateConfig) -> None:
        self._config = config
        workspace = Workspace(config.workspace)
        self._profile = motion_profile(config.profile)
        self._listener = Listener(self._profile.beats.music, workspace.cache("beats"))
        self.rule = self._profile.sets
        folder = config.classifier_folder()
        self._genres = (
            None if folder is None else GenreMeasurer(folder, self._profile, config.device)
        )
        self._matching = (
            None
            if config.contrastive_evaluator is None
            else MatchMeasurer(
                config.contrastive_evaluator, config.device, workspace.cache("features")
            )
        )

    def settings(self) -> dict[str, Any]:
        """See `interface.EvaluationProtocol`."""
        settings = settings_of(self._profile) | {"window": self._config.window}
        if self._genres is not None:
            settings["genre_classifier"] = self._genres.settings()
        if self._matching is not None:
            settings["contrastive_evaluator"] = self._matching.settings()
        return settings

    def measure(self, sets: Sets, progress: Progress) -> dict[str, MeasuredSet]:
        """See `interface.EvaluationProtocol`."""
        self._listener.listen(sets.clips(), progress)
        if self._genres is None:
            progress.say(f"{METRICS_OF_GENRE} are left out: they need --genre-classifier FOLDER")
        if self._matching is None:
            progress.say(
                f"{METRICS_OF_MATCHING} are left out: they need --contrastive-evaluator FOLDER"
            )
        found = {}
        for name, items in sets.everyone().items():
            seen, matched = SeenGenres(), Matched()
            measure = self._measure_of(name, seen, matched)
            found[name] = measure_each(f"measuring {name}", items, measure, progress)
            if self._genres is not None:
                header = self._genres.header
                found[name].notes += seen.notes(name, header.genres, header.window)
            if self._matching is not None:
                found[name].notes += matched.score(found[name].clips)
        return found

    def _measure_of(self, name: str, seen: SeenGenres, matched: Matched) -> Any:
        def measure(item: Item, measured: MeasuredSet) -> Clip:
            motion = danced(item)
            beats = self._listener.beats(item, measured)
            clip = measure_motion(
                motion, item.name, self._profile, beats, self._config.window, name == TRUTH
            )
            if self._genres is not None:
                clip.features.update(self._genres.features(motion, seen, name == TRUTH))
            if self._matching is not None:
                clip.features.update(self._matching.features(item, motion, matched))
            return clip

        return measure

    def of_system(self, items: Sequence[Item]) -> dict[str, Estimate]:
        """How fast the Motion Expert danced, where the records of `generate` are there."""
        given = [] if self._config.compare else list(self._config.run_records)
        speed = generation_speed([*given, *own_records(items)])
        return {} if speed is None else {"fps": speed}

    def exhibit(self, item: Item, system: str, why: str) -> Exhibit:
        """See `interface.EvaluationProtocol`: poses, and the speed beside the beats."""
        beats = self._listener.beats(item)
        return exhibit_motion(danced(item), system, item.name, why, self._profile, beats)


def danced(item: Item) -> Motion:
    """A clip's dance without what does not count of it, labelled as its file or list says."""
    motion = load_motion(item.path)
    if item.skip:
        motion = motion.sliced(round(item.skip * motion.fps), motion.frames)
    return motion if motion.genre else replace(motion, genre=item.genre)
