"""Pose-control folders: a dance as SCAIL-2, SteadyDancer and Wan-Animate take it, beside a picture.

The dance is staged in the person of the reference picture, as `generate` does, so that skeleton
and picture lie on each other; the picture is written at the size of the skeletons. What each tool
reads: docs/reference/pose-control.md. How each is called: docs/pose-control.md.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.cylinders import draw_rods, silhouette
from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.face_crop import cropped, face_box
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.pose_drawing import draw_pose
from pipelines.keypoints.staged import StagedDance
from pipelines.keypoints.staging import stage_dance
from pipelines.media.image import load_picture, picture_size, save_png
from pipelines.media.shape import frame_rate
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.motion import Motion
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import Progress

Picture = NDArray[np.uint8]

_PERSON = (0, 0, 255)
"""Of SCAIL-2's masks: any of its colours, the same in picture and video."""
_FACE = 512
_OPENPOSE_RADIUS = 4
_MUCH_OUTSIDE = 0.02
_ASTRAY = (0.93, 0.04)
"""SteadyDancer's negative condition: the skeleton this much smaller and this much to the side."""


@dataclass(frozen=True)
class ControlTool:
    """What one tool takes.

    Attributes:
        fps: frames per second it was trained with.
        pixels: of its pictures at most; multiple: of pixels that sides must be.
        fixed: whether sides are 704 and 1280, whatever the picture's shape.
        write: (staged dance, person, folder, progress) fills the folder.
    """

    fps: float
    pixels: int
    multiple: int
    fixed: bool
    write: Callable[[StagedDance, ReferencePerson, Path, Progress], None]

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height for a picture of this size."""
        if self.fixed:
            return (704, 1280) if height >= width else (1280, 704)
        scale = (self.pixels / (width * height)) ** 0.5
        sides = [max(1, int(side * scale / self.multiple)) for side in (width, height)]
        return sides[0] * self.multiple, sides[1] * self.multiple


def write_control(
    tool: ControlTool, dance: Motion, person: ReferencePerson, target: Path, progress: Progress
) -> dict[str, Any]:
    """Write the folder `target`, whole or not at all; returns its size, rate and frames."""
    height, width = person.image.shape[:2]
    timed = dance.resampled(tool.fps)
    size = tool.size(width, height)
    staged = stage_dance(timed.rotations(), timed.trans, timed.fps, person, *size, keep_size=True)
    _tell_of_edges(staged, progress)
    with _whole_folder(target) as folder:
        tool.write(staged, person, folder, progress)
    return {"size": f"{size[0]}x{size[1]}", "fps": tool.fps, "frames": len(staged.xy)}


def found_person(picture: Path) -> ReferencePerson:
    """The person of a picture; raises UnsuitableInput, naming it, where there is none."""
    try:
        return detect_person(load_picture(picture), original_size=picture_size(picture))
    except UnsuitableInput as error:
        if str(picture) in error.what:
            raise
        raise UnsuitableInput(f"{picture}: {error.what}", error.hint) from error


def _tell_of_edges(staged: StagedDance, progress: Progress) -> None:
    """Say in how many frames something that the picture shows leaves it."""
    out = (staged.xy < 0) | (staged.xy > [staged.width, staged.height])
    share = float((out.any(-1) & (staged.visibility > 0)).any(-1).mean())
    if share > _MUCH_OUTSIDE:
        progress.warn(
            f"in {share:.0%} of the frames a limb leaves the picture: a picture with more room "
            "around the person, or a wider one, keeps it inside"
        )


def _wan_animate(
    staged: StagedDance, person: ReferencePerson, folder: Path, progress: Progress
) -> None:
    """docs/reference/pose-control.md#wan-animate."""
    save_png(folder / "src_ref.png", _laid(person.image, staged))
    box = face_box(person)
    face = np.zeros((_FACE, _FACE, 3), dtype=np.uint8)
    if box is None:
        progress.warn("the picture shows no face: src_face.mp4 is black, which says nothing")
    else:
        face = cropped(person.image, box, _FACE)
    _video(folder / "src_pose.mp4", _skeletons(staged), staged, progress)
    still = replace(staged, width=_FACE, height=_FACE)
    _video(folder / "src_face.mp4", (face for _ in staged.xy), still, progress)


def _steadydancer(
    staged: StagedDance, person: ReferencePerson, folder: Path, progress: Progress
) -> None:
    """docs/reference/pose-control.md#steadydancer."""
    save_png(folder / "ref_image.png", _laid(person.image, staged))
    size, shift = _ASTRAY
    middle = np.array([staged.width / 2, staged.height / 2])
    astray = middle + (staged.xy - middle) * size + [staged.width * shift, 0]
    for name, xy in (("positive", staged.xy), ("negative", astray)):
        (folder / name).mkdir()
        pictures = _skeletons(replace(staged, xy=xy), _OPENPOSE_RADIUS, feet=False)
        with progress.stage(f"drawing {name}", len(xy), "frames") as advance:
            for number, drawn in enumerate(pictures):
                quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
                cv2.imwrite(str(folder / name / f"{number:04d}.jpg"), drawn[..., ::-1], quality)
                advance(1)


def _scail_2(
    staged: StagedDance, person: ReferencePerson, folder: Path, progress: Progress
) -> None:
    """docs/reference/pose-control.md#scail-2."""
    save_png(folder / "ref.png", _laid(person.image, staged))
    where = person.matte[..., None] > 0.5
    matte = np.where(where, np.array(_PERSON, dtype=np.uint8), np.uint8(0))
    matte = _laid(matte, staged, cv2.INTER_NEAREST)
    save_png(folder / "ref_mask.png", matte)
    rods = [
        draw_rods(points, xy, visibility, staged.width, staged.height)
        for points, xy, visibility in zip(staged.points, staged.xy, staged.visibility, strict=True)
    ]
    _video(folder / "rendered_v2.mp4", iter(rods), staged, progress)
    masks = (silhouette(picture, _PERSON) for picture in rods)
    _video(folder / "rendered_mask_v2.mp4", masks, staged, progress)


CONTROL_TOOLS: dict[str, ControlTool] = {
    "scail-2": ControlTool(16.0, 704 * 1280, 32, True, _scail_2),
    "steadydancer": ControlTool(16.0, 1024 * 576, 16, False, _steadydancer),
    "wan-animate": ControlTool(30.0, 1280 * 720, 16, False, _wan_animate),
}


def _skeletons(
    staged: StagedDance, radius: int | None = None, feet: bool = True
) -> Iterator[Picture]:
    for xy, visibility in zip(staged.xy, staged.visibility, strict=True):
        yield draw_pose(xy, visibility, staged.width, staged.height, radius=radius, feet=feet)


def _laid(picture: Picture, staged: StagedDance, how: int = cv2.INTER_AREA) -> Picture:
    """The reference picture where it lies under the dance, continued past its edges."""
    shrinks = staged.reference_to_canvas[0, 0] < 1
    way = how if shrinks or how == cv2.INTER_NEAREST else cv2.INTER_CUBIC
    edge = cv2.BORDER_CONSTANT if how == cv2.INTER_NEAREST else cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpAffine(
            picture, staged.reference_to_canvas, (staged.width, staged.height), flags=way,
            borderMode=edge,
        ),
        dtype=np.uint8,
    )  # fmt: skip


def _video(
    path: Path, pictures: Iterator[Picture], staged: StagedDance, progress: Progress
) -> None:
    video = VideoWriter(
        path, staged.width, staged.height, frame_rate(staged.fps), exact_colours=True
    )
    with progress.stage(f"drawing {path.name}", len(staged.xy), "frames") as advance, video:
        for picture in pictures:
            video.write(picture)
            advance(1)


@contextmanager
def _whole_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target, which takes its place when all is written."""
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield beside
        beside.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
