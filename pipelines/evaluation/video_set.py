"""The protocol motion-appearance over a set of videos or keypoint files (MACE-Dance, table 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item, is_video
from pipelines.evaluation.measuring import Listener, MeasuredSet, measure_each
from pipelines.evaluation.poses_2d import measure_poses
from pipelines.evaluation.profiles import KeypointProfile
from pipelines.evaluation.vbench_scores import AppearanceScorer
from pipelines.keypoints.people import PeopleFinder
from pipelines.keypoints.tracks import PoseTrack, read_track, save_track
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file, sha256_json
from pipelines.support.progress import Progress


class PoseSource:
    """Poses of clips: read from keypoint files, or found in videos once and kept.

    Args:
        cache: folder for poses, named by the content of their video.
        keypoint_fps: frame rate of keypoint files that do not say.
        models: person detector and ViTPose for videos; None takes the embedded tracker.
        device: where the models run.
    """

    def __init__(
        self,
        cache: Path,
        keypoint_fps: float | None,
        models: tuple[str, str] | None = None,
        device: str = "auto",
    ) -> None:
        self._cache, self._fps, self._models, self._device = cache, keypoint_fps, models, device
        self._finder: PeopleFinder | None = None

    def track(self, path: Path) -> PoseTrack:
        """The pose in every frame. Raises UnsuitableInput where there is none."""
        if not is_video(path):
            return read_track(path, self._fps)
        from pipelines.keypoints.video_pose import DETECTOR

        detector = DETECTOR if self._models is None else " + ".join(self._models)
        identity = sha256_json([sha256_file(path), detector])[:16]
        kept = self._cache / f"poses-{identity}.npz"
        try:
            return read_track(kept)
        except UnsuitableInput:
            track = self._found(path)
        save_track(track, kept)
        return track

    def _found(self, path: Path) -> PoseTrack:
        from pipelines.keypoints.video_pose import track_people, track_video

        if self._models is None:
            return track_video(path)
        if self._finder is None:
            from pipelines.keypoints.finders import finder_for

            self._finder = finder_for(*self._models, self._device).__enter__()
        return track_people(path, self._finder)


def measure_videos(
    name: str,
    items: Sequence[Item],
    profile: KeypointProfile,
    poses: PoseSource,
    listener: Listener,
    scorer: AppearanceScorer,
    given: dict[str, Clip] | None,
    progress: Progress,
) -> MeasuredSet:
    """Measure a set: motion from poses, appearance from pixels where items are videos.

    Args:
        given: VBench's own results by name, which replace those from pixels.
    """
    layouts: Counter[str] = Counter()
    filled: list[float] = []

    def measure(item: Item, measured: MeasuredSet) -> Clip:
        looks = _appearance(item, scorer, given)
        try:
            track = poses.track(item.path)
            beats = listener.beats(item, measured)
            clip, share = measure_poses(track, item.name, profile, beats)
        except UnsuitableInput as error:
            if not looks.scores:
                raise
            measured.left_out[item.name] = f"its motion: {error.what}"
            return looks
        layouts[track.layout] += 1
        filled.append(share)
        return Clip(
            item.name, clip.features, clip.scores | looks.scores, clip.chance, looks.weights
        )

    measured = measure_each(f"measuring {name}", items, measure, progress)
    if len(layouts) > 1:
        measured.notes.append(
            "its keypoints come from different detectors "
            f"({', '.join(f'{count} {layout}' for layout, count in layouts.most_common())}), "
            "which moves distances for that reason alone"
        )
    if filled:
        share = sum(filled) / len(filled)
        gaps = sum(part > 0 for part in filled)
        how = "stay zeros, as published" if profile.official else "are interpolated"
        if gaps:
            text = f"{share:.1%} of the points are unseen, in {gaps} clips, and {how}"
            measured.notes.append(text)
    if given is not None:
        unknown = sorted({item.name for item in items} - set(given))
        if unknown:
            measured.notes.append(f"--vbench-json knows nothing of {', '.join(unknown[:5])}")
    return measured


def _appearance(item: Item, scorer: AppearanceScorer, given: dict[str, Clip] | None) -> Clip:
    if given is not None:
        return given.get(item.name, Clip(item.name))
    if not is_video(item.path):
        return Clip(item.name)
    found = scorer.scores(item.path)
    return Clip(
        item.name,
        scores={key: value for key, (value, _) in found.items()},
        weights={key: weight for key, (_, weight) in found.items() if key in ("sc", "bc")},
    )
