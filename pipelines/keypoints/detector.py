"""The one person of a reference picture: pose and matte, or a clear word why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import UnsuitableInput
from pipelines.keypoints.anatomy import Points
from pipelines.keypoints.blazepose import BlazePose, Sighting, points_of
from pipelines.keypoints.files import read_reference_points
from pipelines.keypoints.matte import matte_from_alpha, refine_matte
from pipelines.keypoints.person import POINT, Coverage, ReferencePerson

Image = NDArray[np.uint8]

_NOBODY_HINT = (
    "use a picture in which the person is whole and large, or give the pose yourself with "
    "--ref-keypoints file.json (and --ref-mask mask.png)"
)


def detect_person(
    picture: Image,
    keypoints_file: Path | None = None,
    mask_file: Path | None = None,
    original_size: tuple[int, int] | None = None,
) -> ReferencePerson:
    """Find pose and matte of the one person in a picture.

    Args:
        picture: (H, W, 4) uint8 RGBA, upright.
        keypoints_file: the pose instead of the detector's; see files.read_reference_points.
        mask_file: the matte instead of the detector's: a picture, white where the person is.
        original_size: (width, height) of the picture before it was scaled down, whose pixels
            `keypoints_file` counts in; by default the picture's own.

    Raises:
        UnsuitableInput: nobody or several people are seen, or a file does not fit the picture.
    """
    rgb = on_white(picture)
    height, width = rgb.shape[:2]
    with BlazePose() as detector:
        sighting = detector.look(rgb)
    if keypoints_file is not None:
        points = read_reference_points(keypoints_file, *(original_size or (width, height)))
    elif sighting is None:
        raise UnsuitableInput("no person is found in the picture", _NOBODY_HINT)
    else:
        points = points_of(sighting, width, height)
    return ReferencePerson(
        image=rgb,
        matte=_matte(picture, rgb, sighting),
        xy=points.xy,
        confidence=points.confidence,
        coverage=coverage_of(points),
        source="mediapipe" if keypoints_file is None else "file",
        depth=points.depth,
    )


def on_white(rgba: Image) -> Image:
    """(H, W, 3) RGB: what is transparent becomes white."""
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def coverage_of(points: Points) -> Coverage:
    """Full if both ankles are in the picture."""
    ankles = [POINT["left_ankle"], POINT["right_ankle"]]
    return "full" if (points.confidence[ankles] > 0).all() else "upper"


def _matte(picture: Image, rgb: Image, sighting: Sighting | None) -> NDArray[np.float32]:
    alpha = matte_from_alpha(picture)
    if alpha is not None:
        return alpha
    if sighting is None:
        raise UnsuitableInput("no person is found in the picture", _NOBODY_HINT)
    return refine_matte(rgb, sighting.mask)
