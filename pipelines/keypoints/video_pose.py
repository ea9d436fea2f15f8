"""The pose of the dancer in every frame of a video.

By MediaPipe's tracker, which comes with the package, or by a finder of people (ViTPose) whose
sightings are strung together here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.blazepose import quiet_stderr
from pipelines.keypoints.people import PeopleFinder, Person
from pipelines.keypoints.skeletons import BLAZEPOSE, BLAZEPOSE_COUNT, BLAZEPOSE_FEET, COCO_17
from pipelines.keypoints.tracks import PoseTrack
from pipelines.media.video import frame_times, probe_video, read_frames
from pipelines.support.errors import MissingAsset, UnsuitableInput

DETECTOR = "mediapipe-pose-2"
"""Part of what cached poses are named by; changes with the detector or its settings."""

_POINTS = BLAZEPOSE | BLAZEPOSE_FEET
_WORKING_SIDE = 512
_FINDING_SIDE = 1280


def track_video(path: Path) -> PoseTrack:
    """Follow the most prominent person through a video.

    Points that lie outside the picture, or in frames where nobody is found, have confidence 0.

    Raises:
        UnsuitableInput: not a video, or nobody is seen in any frame.
        MissingAsset: mediapipe is not installed.
    """
    info = probe_video(path)
    scale = min(1.0, _WORKING_SIDE / max(info.width, info.height))
    size = (max(2, round(info.width * scale)), max(2, round(info.height * scale)))
    marks = follow(read_frames(path, size=size))
    if len(marks) == 0:
        raise UnsuitableInput(f"{path}: the video has no frames")
    chosen = marks[:, list(_POINTS.values())]
    xy, confidence = chosen[..., :2], chosen[..., 2].copy()
    confidence[((xy < 0) | (xy > 1)).any(-1)] = 0.0
    if not confidence.any():
        raise UnsuitableInput(f"{path}: nobody is found in any frame")
    pixels = xy * [info.width, info.height]
    track = PoseTrack(tuple(_POINTS), pixels, confidence, float(info.fps), "mediapipe")
    return track.at_even_times(frame_times(path))


def track_people(path: Path, finder: PeopleFinder) -> PoseTrack:
    """The most prominent person of a video, as an open finder of people sees it: COCO's 17 points.

    The largest person of the first frame that shows any is followed by the overlap of boxes; where
    nothing overlaps, the largest takes over. Confidence is 0 in frames without anybody.

    Raises:
        UnsuitableInput: not a video, or nobody is seen in any frame.
    """
    info = probe_video(path)
    scale = min(1.0, _FINDING_SIDE / max(info.width, info.height))
    size = (max(2, round(info.width * scale)), max(2, round(info.height * scale)))
    found: list[NDArray[np.float64]] = []
    last: Person | None = None
    for frame in read_frames(path, size=size):
        people = finder.find(np.ascontiguousarray(frame), last)
        if not people:
            found.append(np.zeros((len(COCO_17), 3)))
            continue
        last = _same_person(people, last)
        found.append(last.points)
    if last is None:
        raise UnsuitableInput(f"{path}: nobody is found in any frame")
    points = np.array(found)
    pixels = points[..., :2] * [info.width / size[0], info.height / size[1]]
    track = PoseTrack(COCO_17, pixels, points[..., 2], float(info.fps), finder.name)
    return track.at_even_times(frame_times(path))


def _same_person(people: Sequence[Person], last: Person | None) -> Person:
    """Who overlaps most with where the person was, else the largest."""
    largest = max(people, key=lambda person: person.area)
    if last is None:
        return largest
    best = max(people, key=lambda person: _overlap(person, last))
    return best if _overlap(best, last) > 0 else largest


def _overlap(one: Person, other: Person) -> float:
    """Shared area over the area of both boxes."""
    low = np.maximum(one.box[:2], other.box[:2])
    shared = float(np.prod(np.maximum(0, np.minimum(one.box[2:], other.box[2:]) - low)))
    return shared / max(one.area + other.area - shared, 1e-9)


def follow(frames: Iterable[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """MediaPipe's 33 points in RGB frames of one video: (T, 33, 3) of x, y in 0 ... 1, visibility.

    Zeros in frames where nobody is found.
    """
    found = []
    with quiet_stderr(), _tracker() as tracker:
        for frame in frames:
            seen = tracker.process(np.ascontiguousarray(frame)).pose_landmarks
            if seen is None:
                found.append(np.zeros((BLAZEPOSE_COUNT, 3)))
            else:
                found.append(np.array([[m.x, m.y, m.visibility] for m in seen.landmark]))
    return np.array(found).reshape(-1, BLAZEPOSE_COUNT, 3)


def _tracker() -> Any:
    try:
        import mediapipe
    except ImportError as error:
        raise MissingAsset(
            f"the pose detector cannot be loaded ({error})",
            "install mediapipe==0.10.21, or give keypoint files instead of videos",
        ) from None
    return mediapipe.solutions.pose.Pose(
        static_image_mode=False, model_complexity=1, min_detection_confidence=0.5
    )
