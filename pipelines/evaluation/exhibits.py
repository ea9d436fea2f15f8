"""The clips that a report shows: how they move with their music, and what they look like."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.body.skeleton import JOINT, PARENTS
from pipelines.evaluation.beat_scores import dance_beats
from pipelines.evaluation.catalogue import METRICS, shown
from pipelines.evaluation.poses_2d import BODY_POINTS, planar_body
from pipelines.evaluation.poses_3d import posed_joints
from pipelines.evaluation.profiles import KeypointProfile, MotionProfile
from pipelines.keypoints.tracks import PoseTrack
from pipelines.metrics.beat_alignment import step_lengths
from pipelines.metrics.joints import Array, Float
from pipelines.motion.motion import Motion

_PICTURES = 6
_THUMBNAIL_HEIGHT = 180
_SHOWN_SECONDS = 12.0

_BONES_2D = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"), ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
)  # fmt: skip


@dataclass(frozen=True)
class Exhibit:
    """One clip in the report.

    Attributes:
        system, clip, why: whose, which, and what makes it worth a look.
        speed: (T,) metres per second over the first seconds, at `fps`; empty for videos.
        music_beats, rests: seconds of the music's beats and of the dancer's rests.
        pictures: pieces of HTML: drawings or small photographs.
    """

    system: str
    clip: str
    why: str
    pictures: list[str]
    speed: Float = field(default_factory=lambda: np.zeros(0))
    fps: float = 30.0
    music_beats: Float = field(default_factory=lambda: np.zeros(0))
    rests: Float = field(default_factory=lambda: np.zeros(0))


def worst_clips(result: dict[str, Any], system: str, count: int = 3) -> list[tuple[str, str]]:
    """Clips that lie farthest from the truth, or score worst where nothing is far: (name, why)."""
    clips = result["clips"][system]

    def by(metric: str, sign: float) -> list[str]:
        known = [name for name, scores in clips.items() if scores.get(metric) is not None]
        return sorted(known, key=lambda name: sign * clips[name][metric])[:count]

    far = by("far_k", -1)
    if far:
        return [
            (name, f"{clips[name]['far_k']:.1f} deviations from the truth's kinetic features")
            for name in far
        ]
    for metric, sign in (("psnr", 1), ("bas", 1), ("sc", 1), ("tf", 1), ("jitter", -1)):
        if found := by(metric, sign):
            label = METRICS[metric].label
            return [(name, f"{label} {shown(metric, clips[name][metric])}") for name in found]
    return []


def exhibit_motion(
    motion: Motion, system: str, clip: str, why: str, profile: MotionProfile, beats: Array | None
) -> Exhibit:
    """A dance as stick figures, and its speed beside the beats."""
    joints = posed_joints(motion, profile)
    kept = joints[: round(_SHOWN_SECONDS * profile.fps)]
    music = np.zeros(0) if beats is None else np.asarray(beats, dtype=np.float64)
    music = music[music < len(kept) / profile.fps]
    rests = dance_beats(kept, profile.fps, profile.beats)
    frames = np.linspace(0, len(kept) - 1, _PICTURES).round().astype(int)
    return Exhibit(
        system, clip, why, [_stick_figure(kept[frame], frame / profile.fps) for frame in frames],
        step_lengths(kept) * profile.fps, profile.fps, music, rests,
    )  # fmt: skip


def exhibit_poses(
    track: PoseTrack,
    system: str,
    clip: str,
    why: str,
    profile: KeypointProfile,
    beats: Array | None,
) -> Exhibit:
    """A dance seen in 2D, as stick figures, and its speed beside the beats."""
    body = planar_body(track, profile)
    points = body.points[: round(_SHOWN_SECONDS * profile.fps)]
    moving = np.insert(points[:, body.known], 1, 0.0, axis=-1)
    music = np.zeros(0) if beats is None else np.asarray(beats, dtype=np.float64)
    frames = np.linspace(0, len(points) - 1, _PICTURES).round().astype(int)
    bones = [
        (BODY_POINTS.index(a), BODY_POINTS.index(b))
        for a, b in _BONES_2D
        if body.known[BODY_POINTS.index(a)] and body.known[BODY_POINTS.index(b)]
    ]
    hips = points[:, [BODY_POINTS.index(f"{side}_hip") for side in ("left", "right")]].mean(1)
    pictures = []
    for frame in frames:
        x, y = points[frame, :, 0] - hips[frame, 0], points[frame, :, 1]
        lowest = float(y[body.known].min())
        pictures.append(_figure(x, y - lowest, bones, 0, frame / profile.fps))
    return Exhibit(
        system, clip, why, pictures, step_lengths(moving) * profile.fps, profile.fps,
        music[music < len(points) / profile.fps], dance_beats(moving, profile.fps, profile.beats),
    )  # fmt: skip


def exhibit_video(path: Path, system: str, clip: str, why: str) -> Exhibit:
    """A video as a few small frames."""
    import cv2

    from pipelines.media.video import probe_video, read_frames

    info = probe_video(path)
    width = max(2, round(info.width * _THUMBNAIL_HEIGHT / info.height))
    pictures = []
    for number in range(_PICTURES):
        seconds = info.seconds * (number + 0.5) / _PICTURES
        frame = next(read_frames(path, size=(width, _THUMBNAIL_HEIGHT), start=seconds), None)
        if frame is None:
            continue
        _, data = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
        encoded = base64.b64encode(data.tobytes()).decode()
        pictures.append(
            f'<img alt="at {seconds:.1f} s" src="data:image/jpeg;base64,{encoded}" '
            f'width="{width}" height="{_THUMBNAIL_HEIGHT}">'
        )
    return Exhibit(system, clip, why, pictures)


def _stick_figure(joints_J3: Float, seconds: float) -> str:
    """A front view: the viewer looks along +y."""
    across, up = joints_J3[:, 0] - joints_J3[0, 0], joints_J3[:, 2] - joints_J3[:, 2].min()
    bones = [(joint, parent) for joint, parent in enumerate(PARENTS) if parent >= 0]
    return _figure(across, up, bones, JOINT["head"], seconds)


def _figure(
    across: Float, up: Float, bones: list[tuple[int, int]], head: int, seconds: float
) -> str:
    """A drawing of points in metres above the floor, 58 pixels to the metre."""
    x, y = 55 + 58 * across, 122 - 58 * up
    lines = "".join(
        f'<line x1="{x[a]:.1f}" y1="{y[a]:.1f}" x2="{x[b]:.1f}" y2="{y[b]:.1f}"/>' for a, b in bones
    )
    return (
        f'<svg class="figure" viewBox="0 0 110 140" width="110" height="140" role="img" '
        f'aria-label="pose at {seconds:.1f} s">'
        f'<line class="floor" x1="8" y1="124" x2="102" y2="124"/>{lines}'
        f'<circle cx="{x[head]:.1f}" cy="{y[head]:.1f}" r="6"/>'
        f'<text x="55" y="137">{seconds:.1f} s</text></svg>'
    )
