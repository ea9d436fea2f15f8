"""Where the 2D poses of clips come from: keypoint files, or videos that are looked at once."""

from __future__ import annotations

from pathlib import Path

from pipelines.evaluation.items import is_video
from pipelines.keypoints.people import PeopleFinder
from pipelines.keypoints.tracks import PoseTrack, read_track, save_track
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file, sha256_json


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
