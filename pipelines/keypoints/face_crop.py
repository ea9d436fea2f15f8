"""The face of a picture as Wan-Animate crops it (docs/reference/wan-animate.md#face)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.person import FACE_NAMES, POINT, ReferencePerson

_VISIBLE = 0.5
# Of an average adult's face, in distances between the pupils (63 mm).
_EARS = 2.4
_HALF_WIDTH = 1.1
_ABOVE_EYES = 0.35
_BELOW_EYES = 1.85
_GROWTH = np.sqrt(1.3)  # Wan's crop has 1.3 times the area of the landmarks' box
_LEAST_PIXELS = 12


def face_box(person: ReferencePerson) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the face in the picture as Wan crops it, or None without a face.

    Wan measures 68 landmarks between eyebrows and chin. We have five points of the face: the box of
    the landmarks is estimated from the distances of eyes and ears, then grown as Wan grows it (3/4
    of the added height upwards) and cut at the picture's edge.
    """
    seen = {name: person.xy[POINT[name]] for name in FACE_NAMES if _is_visible(person, name)}
    height, width = person.image.shape[:2]
    return box_around(seen, width, height)


def box_around(
    seen: Mapping[str, NDArray[np.float64]], width: int, height: int
) -> tuple[int, int, int, int] | None:
    """The box of `face_box` from the face points (person.FACE_NAMES) that are seen, pixels.

    None where no eye or no nose is seen, or the face is too small.
    """
    eyes = [seen[name] for name in ("left_eye", "right_eye") if name in seen]
    if not eyes or "nose" not in seen:
        return None
    distances = []
    if len(eyes) == 2:
        distances.append(float(np.hypot(*(eyes[0] - eyes[1]))))
    if "left_ear" in seen and "right_ear" in seen:
        distances.append(float(np.hypot(*(seen["left_ear"] - seen["right_ear"]))) / _EARS)
    if not distances:
        # In profile, nose and ear are about 2 pupil distances apart.
        ears = [seen[name] for name in ("left_ear", "right_ear") if name in seen]
        distances = [float(np.hypot(*(seen["nose"] - ear))) / 2 for ear in ears]
    unit = max(distances, default=0.0)
    centre_x = float(np.mean([point[0] for point in seen.values()]))
    eyes_y = float(np.mean([eye[1] for eye in eyes]))
    half_width = _HALF_WIDTH * unit * _GROWTH
    added = (_ABOVE_EYES + _BELOW_EYES) * unit * (_GROWTH - 1)
    top = eyes_y - _ABOVE_EYES * unit - 0.75 * added
    bottom = eyes_y + _BELOW_EYES * unit + 0.25 * added
    left, right = np.clip([centre_x - half_width, centre_x + half_width], 0, width)
    top, bottom = np.clip([top, bottom], 0, height)
    box = (round(float(left)), round(float(top)), round(float(right)), round(float(bottom)))
    if min(box[2] - box[0], box[3] - box[1]) < _LEAST_PIXELS:
        return None
    return box


def cropped(
    picture: NDArray[np.uint8], box: tuple[int, int, int, int], size: int
) -> NDArray[np.uint8]:
    """A box of a picture as (size, size, 3), whatever its shape, as Wan resizes it."""
    left, top, right, bottom = box
    crop = picture[top:bottom, left:right]
    shrinks = min(crop.shape[:2]) > size
    resized = cv2.resize(
        crop, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return np.asarray(resized, dtype=np.uint8)


def _is_visible(person: ReferencePerson, name: str) -> bool:
    index = POINT[name]
    return bool(person.confidence[index] >= _VISIBLE and np.isfinite(person.xy[index]).all())
