"""The one person of a reference picture: pose and matte, or a clear word why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.anatomy import Points
from pipelines.keypoints.backdrop import plain_backdrop, standing_out
from pipelines.keypoints.blazepose import Sighting, points_of
from pipelines.keypoints.files import read_mask, read_reference_points
from pipelines.keypoints.loose_hair import with_loose_hair
from pipelines.keypoints.matte import guess_matte, matte_from_alpha, matte_of_figure, refine_matte
from pipelines.keypoints.person import POINT, Coverage, ReferencePerson
from pipelines.keypoints.posture import corrected_legs, without_folded_legs
from pipelines.keypoints.search import count_others, find_main
from pipelines.keypoints.silhouette import points_of_silhouette
from pipelines.support.errors import UnsuitableInput

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Matte = NDArray[np.float32]

_NOBODY_HINT = (
    "use a picture in which one person is whole and large, or give the pose yourself with "
    "--ref-keypoints file.json (and --ref-mask mask.png)"
)

_AGREEMENT = 0.5
"""Least share of a plain picture's figure that a sighting must account for."""


@dataclass(frozen=True)
class _Scene:
    """What is known of the picture before anybody is searched.

    Attributes:
        rgb: (H, W, 3) the picture on white.
        matte: given by a mask file or by the picture's alpha, else None.
        figure: (H, W) what stands out of a plain or transparent background, else None.
        alone: the matte was given by hand, so other people in the picture do not matter.
    """

    rgb: Image
    matte: Matte | None
    figure: Mask | None
    alone: bool


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
        mask_file: the matte instead of the detector's; see files.read_mask.
        original_size: (width, height) of the picture before it was scaled down, whose pixels
            `keypoints_file` counts in; by default the picture's own.

    Raises:
        UnsuitableInput: nobody or several people are seen, or a file does not fit the picture.
    """
    scene = _scene(picture, mask_file)
    height, width = scene.rgb.shape[:2]
    if keypoints_file is not None:
        points = read_reference_points(keypoints_file, *(original_size or (width, height)))
        points.xy *= width / (original_size or (width, height))[0]
        points = without_folded_legs(points)
        return _person(scene, points, _matte_for(scene, points), "file")
    sighting = find_main(_without_surroundings(scene))
    if sighting is None or _at_odds(sighting, scene):
        drawn = None if scene.figure is None else points_of_silhouette(scene.figure)
        if scene.figure is not None and drawn is not None:
            matte = scene.matte if scene.matte is not None else matte_of_figure(scene.figure)
            return _person(scene, drawn, matte, "silhouette")
        if sighting is not None:
            _refuse_several(scene, sighting)
        if sighting is None or not sighting.whole:
            raise UnsuitableInput("no person is found in the picture", _NOBODY_HINT)
    _refuse_several(scene, sighting)
    points = without_folded_legs(points_of(sighting, width, height))
    refined = scene.matte
    if refined is None:
        cut = refine_matte(scene.rgb, sighting.mask)
        refined = with_loose_hair(scene.rgb, cut, points.xy)
    return _person(scene, corrected_legs(points, refined), refined, "mediapipe")


def on_white(rgba: Image) -> Image:
    """(H, W, 3) RGB: what is transparent becomes white."""
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def coverage_of(points: Points) -> Coverage:
    """Full if both ankles are in the picture."""
    ankles = [POINT["left_ankle"], POINT["right_ankle"]]
    return "full" if (points.confidence[ankles] > 0).all() else "upper"


def _scene(picture: Image, mask_file: Path | None) -> _Scene:
    rgb = on_white(picture)
    height, width = rgb.shape[:2]
    given = None if mask_file is None else read_mask(mask_file, width, height)
    matte = given if given is not None else matte_from_alpha(picture)
    if matte is not None:
        return _Scene(rgb, matte, matte > 0.5, alone=given is not None)
    backdrop = plain_backdrop(rgb)
    figure = None if backdrop is None else standing_out(backdrop)
    return _Scene(rgb, None, figure, alone=False)


def _without_surroundings(scene: _Scene) -> Image:
    """The picture as the detector should see it: only what a given matte leaves."""
    if scene.matte is None:
        return scene.rgb
    soft = cv2.GaussianBlur(scene.matte, (0, 0), 1.0)[..., None]
    # Light grey keeps both dark and white figures apart from their surroundings.
    return np.asarray(scene.rgb * soft + 200 * (1 - soft), dtype=np.uint8)


def _at_odds(sighting: Sighting, scene: _Scene) -> bool:
    """Whether a figure on a plain background is much more than the person that was seen.

    The detector takes the face of a drawn cone for a whole person.
    """
    if scene.figure is None or not scene.figure.any():
        return False
    seen = (sighting.mask > 0.5) & scene.figure
    if seen.sum() < _AGREEMENT * scene.figure.sum():
        return True
    rows = np.flatnonzero(scene.figure.any(1))
    visible = sighting.landmarks[sighting.visibility > 0.3]
    return bool(np.ptp(visible[:, 1]) < _AGREEMENT * np.ptp(rows))


def _matte_for(scene: _Scene, points: Points) -> Matte:
    """The matte of a pose given by hand: the sighting that fits it, or cut out around it."""
    if scene.matte is not None:
        return scene.matte
    seen = points.confidence > 0
    guess = guess_matte(scene.rgb, points.xy, seen)
    inside = points.xy[seen].astype(int)

    def share_inside(mask: NDArray[np.bool_]) -> float:
        height, width = mask.shape
        columns = np.clip(inside[:, 0], 0, width - 1)
        return float(mask[np.clip(inside[:, 1], 0, height - 1), columns].mean())

    sighting = find_main(scene.rgb)
    if sighting is not None and share_inside(sighting.mask > 0.5) > 0.85:
        return refine_matte(scene.rgb, sighting.mask)
    if scene.figure is not None and share_inside(scene.figure) > 0.85:
        return matte_of_figure(scene.figure)
    return refine_matte(scene.rgb, guess, band=0.05)


def _refuse_several(scene: _Scene, main: Sighting) -> None:
    others = 0 if scene.alone else count_others(scene.rgb, main)
    if others:
        raise UnsuitableInput(
            f"the picture shows several people (at least {others + 1}); one is needed",
            "crop it to the dancer, or give --ref-keypoints file.json with --ref-mask mask.png",
        )


def _person(scene: _Scene, points: Points, matte: Matte, source: str) -> ReferencePerson:
    return ReferencePerson(
        image=scene.rgb,
        matte=matte,
        xy=points.xy,
        confidence=points.confidence,
        coverage=coverage_of(points),
        source=source,
        depth=points.depth,
    )
