"""Poses over time of one person in a video, read from every 2D keypoint format that is in use.

Inside, points have our names and lie at (x, y) pixels, y down; unseen ones have confidence 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.skeletons import (
    COCO_17,
    COCO_25_EASY_VITPOSE,
    COCO_FEET,
    OPENPOSE_18,
    OPENPOSE_25,
)
from pipelines.support.archives import read_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path, natural_order

Floats = NDArray[np.float64]

_BY_COUNT: dict[int, tuple[str, ...]] = {
    17: COCO_17,
    18: OPENPOSE_18,
    25: OPENPOSE_25,
    133: COCO_17 + COCO_FEET + ("",) * 110,
}
_OTHER_NAMES = {
    "hip": "pelvis", "mid_hip": "pelvis", "midhip": "pelvis", "left_big_toe": "left_foot",
    "right_big_toe": "right_foot", "left_toe": "left_foot", "right_toe": "right_foot",
}  # fmt: skip
_UNEVEN = 0.25
"""Frames by which one may lie off where a constant rate puts it."""
_MOST_FRAMES = 500_000
"""More than an hour at 120 frames a second: what numbers its images like that is no video."""
_HINT = "docs/evaluation.md lists the keypoint formats that are read"


@dataclass(frozen=True)
class PoseTrack:
    """One person's pose in every frame of a video. T frames, K points.

    Attributes:
        names: K names; "" for points that nothing here uses.
        xy: (T, K, 2) pixels, y down. confidence: (T, K), 0 where unseen.
        fps: frames per second.
        layout: where the points come from; sets of different layouts differ for that reason alone.
    """

    names: tuple[str, ...]
    xy: Floats
    confidence: Floats
    fps: float
    layout: str

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.xy)

    def at_even_times(self, times_T: Floats) -> PoseTrack:
        """The track at a constant rate, where its frames were not evenly spaced.

        Between two frames a point lies on the line between them, and is seen where it is seen in
        both. The rate is that of the most closely spaced frames. A track whose frames lie within a
        quarter of a frame of where its rate puts them comes back as it is.

        Args:
            times_T: (T,) seconds at which the frames were seen, from the first one.
        """
        even = np.arange(self.frames) / self.fps
        if len(times_T) != self.frames or self.frames < 3:
            return self
        if np.abs(times_T - even).max() <= _UNEVEN / self.fps:
            return self
        rate = 1.0 / float(np.percentile(np.diff(times_T), 10))
        wanted = np.arange(int(times_T[-1] * rate + 1e-6) + 1) / rate
        after = np.clip(np.searchsorted(times_T, wanted, side="right"), 1, self.frames - 1)
        share = ((wanted - times_T[after - 1]) / (times_T[after] - times_T[after - 1]))[:, None]
        share = np.clip(share, 0.0, 1.0)
        share = np.where(np.abs(share - share.round()) < 1e-6, share.round(), share)
        before = after - 1
        xy = self.xy[before] + share[..., None] * (self.xy[after] - self.xy[before])
        seen = np.minimum(
            np.where(share < 1, self.confidence[before], 1.0),
            np.where(share > 0, self.confidence[after], 1.0),
        )
        return replace(self, xy=xy, confidence=seen, fps=rate)

    def easy_vitpose(self) -> Floats:
        """The track as easy_ViTPose stores it: (T, 25, 3) of y, x, score; zeros where unseen."""
        place = {name: number for number, name in enumerate(self.names) if name}
        stored = np.zeros((self.frames, len(COCO_25_EASY_VITPOSE), 3))
        for number, name in enumerate(COCO_25_EASY_VITPOSE):
            if name in place:
                seen = self.confidence[:, place[name]] > 0
                stored[seen, number, :2] = self.xy[seen, place[name], ::-1]
                stored[:, number, 2] = self.confidence[:, place[name]]
        return stored

    def validate_for(self, path: Path) -> PoseTrack:
        """Return self, or raise UnsuitableInput naming the file."""
        if self.xy.shape[:1] == (0,):
            raise UnsuitableInput(f"{path}: holds no frames")
        if self.xy.shape[1:] != (len(self.names), 2):
            raise UnsuitableInput(f"{path}: {len(self.names)} names for points {self.xy.shape}")
        if not 0 < self.fps <= 1000:
            raise UnsuitableInput(f"{path}: frame rate {self.fps} is not plausible")
        return self


def read_track(path: Path, fps: float | None = None) -> PoseTrack:
    """Read one clip's keypoints.

    Known: our keypoints.npz; easy_ViTPose's JSON, by its own skeleton list and in its (y, x)
    order; COCO-17 and COCO-wholebody-133 (arrays per frame, COCO annotations, MMPose's
    instance_info); OpenPose-18 and -25 (a folder of one JSON per frame, or a list of them).

    Args:
        path: a file, or OpenPose's folder.
        fps: frame rate where the file does not say.

    Raises:
        UnsuitableInput: unreadable, unknown, without frames, or no frame rate is known.
    """
    if path.is_dir():
        files = sorted(path.glob("*_keypoints.json"), key=natural_order)
        return _open_pose(path, [_json(file) for file in files], fps)
    if path.suffix.lower() == ".npz":
        return _npz(path)
    data = _json(path)
    try:
        return _from_json(path, data, fps).validate_for(path)
    except (
        KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError
    ) as error:  # fmt: skip
        raise UnsuitableInput(
            f"{path}: no keypoints that are known here ({str(error)[:160]})", _HINT
        ) from None


def save_track(track: PoseTrack, target: Path) -> None:
    """Write a track as npz, atomically; `read_track` reads it."""
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream, skeleton=np.array(track.names), xy=track.xy.astype(np.float32),
            visibility=track.confidence.astype(np.float32), fps=np.float64(track.fps),
            layout=np.str_(track.layout),
        )  # fmt: skip


def _from_json(path: Path, data: Any, fps: float | None) -> PoseTrack:
    if isinstance(data, dict) and "skeleton" in data:
        return _easy_vitpose(path, data, fps)
    if isinstance(data, dict) and "instance_info" in data:
        frames = [_first_instance(entry["instances"]) for entry in data["instance_info"]]
        return _by_count(path, _padded(frames), _rate(path, data, fps))
    if isinstance(data, dict) and "annotations" in data:
        return _annotations(path, data["annotations"], _rate(path, data, fps))
    if isinstance(data, list) and data and isinstance(data[0], dict):
        if "people" in data[0]:
            return _open_pose(path, data, fps)
        return _annotations(path, data, _rate(path, {}, fps))
    listed = data["keypoints"] if isinstance(data, dict) else data
    info = data if isinstance(data, dict) else {}
    return _by_count(path, np.asarray(listed, dtype=np.float64), _rate(path, info, fps))


def _easy_vitpose(path: Path, data: dict[str, Any], fps: float | None) -> PoseTrack:
    listed = data["skeleton"]
    if isinstance(listed, dict):
        listed = [name for _, name in sorted(listed.items(), key=lambda entry: int(entry[0]))]
    names = tuple(_our_name(str(name)) for name in listed)
    frames = [_person(frame) for frame in data["keypoints"]]
    stored = _padded(frames, len(names))
    if stored.shape[1:] != (len(names), 3):
        raise ValueError(f"{stored.shape[1]} points under a skeleton of {len(names)} names")
    xy = stored[..., [1, 0]]
    return PoseTrack(names, xy, _seen(xy, stored[..., 2]), _rate(path, data, fps), "easy_ViTPose")


def _person(frame: Any) -> Any:
    """One person of a frame: the array itself, or the one with the lowest id."""
    if not isinstance(frame, dict):
        return frame or None
    return frame[min(frame, key=int)] if frame else None


def _first_instance(instances: list[dict[str, Any]]) -> Any:
    if not instances:
        return None
    best = max(instances, key=lambda one: float(np.mean(one["keypoint_scores"])))
    return [[x, y, score] for (x, y), score in
            zip(best["keypoints"], best["keypoint_scores"], strict=True)]  # fmt: skip


def _annotations(path: Path, rows: list[dict[str, Any]], fps: float) -> PoseTrack:
    """COCO's annotations: one row per person, the surest of each image counts."""
    best: dict[Any, Floats] = {}
    for number, row in enumerate(rows):
        points = np.asarray(row["keypoints"], dtype=np.float64).reshape(-1, 3)
        image = row.get("image_id", number)
        if image not in best or points[:, 2].sum() > best[image][:, 2].sum():
            best[image] = points
    order = sorted(best)
    whole = all(isinstance(image, int) for image in order)
    if not whole:
        return _by_count(path, np.stack([best[image] for image in order]), fps)
    span = range(order[0], order[-1] + 1)
    if order[-1] - order[0] >= _MOST_FRAMES:
        raise UnsuitableInput(f"{path}: images {order[0]} to {order[-1]} are no one video")
    return _by_count(path, _padded([best.get(image) for image in span]), fps)


def _open_pose(path: Path, frames: list[Any], fps: float | None) -> PoseTrack:
    people = [frame["people"] for frame in frames]
    found = [
        max((np.asarray(one["pose_keypoints_2d"], dtype=np.float64).reshape(-1, 3) for one in seen),
            key=lambda points: float(points[:, 2].sum()), default=None)
        for seen in people
    ]  # fmt: skip
    return _by_count(path, _padded(found), _rate(path, {}, fps)).validate_for(path)


def _by_count(path: Path, points: Floats, fps: float) -> PoseTrack:
    if points.ndim == 2 and points.shape[1] % 3 == 0:
        points = points.reshape(len(points), -1, 3)
    if points.ndim != 3 or points.shape[2] != 3 or points.shape[1] not in _BY_COUNT:
        raise UnsuitableInput(
            f"{path}: an array of {points.shape}, expected frames x 17, 18, 25 or 133 x 3", _HINT
        )
    names = _BY_COUNT[points.shape[1]]
    layout = "OpenPose" if points.shape[1] in (18, 25) else "COCO"
    xy = points[..., :2]
    return PoseTrack(names, xy, _seen(xy, points[..., 2]), fps, layout)


def _npz(path: Path) -> PoseTrack:
    try:
        data = read_npz(path)
        names = tuple(_our_name(str(name)) for name in data["skeleton"])
        xy = data["xy"].astype(np.float64)
        seen = _seen(xy, data["visibility"].astype(np.float64))
        layout = str(data["layout"]) if "layout" in data else "macedance"
        track = PoseTrack(names, xy, seen, float(data["fps"]), layout)
    except (UnsuitableInput, ValueError, KeyError, TypeError, IndexError) as error:
        raise UnsuitableInput(f"{path}: not a keypoints file of macedance ({error})") from None
    return track.validate_for(path)


def _our_name(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_")
    return _OTHER_NAMES.get(plain, plain)


def _seen(xy: Floats, confidence: Floats) -> Floats:
    """Confidence, 0 where a detector wrote the origin or NaN for "not found"."""
    with np.errstate(invalid="ignore"):
        lost = ~np.isfinite(xy).all(-1) | ~np.isfinite(confidence) | (xy == 0).all(-1)
    return np.where(lost, 0.0, confidence)


def _padded(frames: Iterable[Any], points: int | None = None) -> Floats:
    """Frames (T, K, 3), zeros where nobody was found."""
    listed = [None if f is None else np.asarray(f, dtype=np.float64) for f in frames]
    known = next((frame for frame in listed if frame is not None), None)
    shape = known.shape if known is not None else (points or 17, 3)
    return np.stack([np.zeros(shape) if f is None else f for f in listed])


def _rate(path: Path, data: dict[str, Any], fps: float | None) -> float:
    stated = data.get("fps") or data.get("video_fps") or fps
    if not stated:
        raise UnsuitableInput(
            f"{path}: does not say its frame rate", "say it with --keypoint-fps, such as 30"
        )
    return float(stated)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnsuitableInput(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UnsuitableInput(f"{path}: is not JSON ({error})", _HINT) from None
