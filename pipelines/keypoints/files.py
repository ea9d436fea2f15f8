"""Keypoint files: staged dances as npz, and a reference person's points as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.anatomy import Points, complete
from pipelines.keypoints.person import POINT_NAMES
from pipelines.keypoints.projection import SeenDance
from pipelines.keypoints.skeletons import COCO_17, OPENPOSE_18, OPENPOSE_25
from pipelines.keypoints.staged import StagedDance
from pipelines.support.archives import read_npz
from pipelines.support.errors import MacedanceError, UnsuitableInput, raise_stop_within
from pipelines.support.files import atomic_path

_MASK_PIXELS = 80_000_000

_FORMAT_HINT = (
    'give {"points": {"nose": [x, y], "left_shoulder": [x, y], ...}} in pixels of the picture, '
    "left being the person's own left; COCO-17 and OpenPose JSON are read too"
)


@dataclass(frozen=True)
class Keypoints:
    """What a keypoints.npz holds. T frames, K points.

    Attributes:
        skeleton: K point names.
        xy: (T, K, 2) pixels; visibility (T, K) in [0, 1]; depth (T, K) metres from the camera.
        fps, width, height: of the video that they belong to.
    """

    skeleton: tuple[str, ...]
    xy: NDArray[np.float64]
    visibility: NDArray[np.float64]
    depth: NDArray[np.float64]
    fps: float
    width: int
    height: int


def save_keypoints(path: Path, dance: StagedDance) -> None:
    """Write the 2D points of a staged dance as npz, atomically."""
    _save(path, _seen(dance, dance.visibility))


def save_exact_keypoints(
    path: Path, dance: SeenDance, visibility: NDArray[np.floating[Any]]
) -> None:
    """Write the 2D points of a rendered dance, its 3D points and its cameras, atomically.

    Args:
        visibility: (T, 29) in [0, 1], from `SeenDance.visible` frame by frame.
    """
    _save(
        path,
        _seen(dance, visibility)
        | {
            "xyz": dance.points.astype(np.float32),
            "camera_position": dance.positions.astype(np.float32),
            "camera_rotation": dance.rotations.astype(np.float32),
            "camera_focal": dance.focals.astype(np.float32),
        },
    )


def _seen(
    dance: StagedDance | SeenDance, visibility: NDArray[np.floating[Any]]
) -> dict[str, NDArray[Any] | np.generic]:
    return {
        "skeleton": np.array(POINT_NAMES),
        "xy": dance.xy.astype(np.float32),
        "visibility": np.asarray(visibility, dtype=np.float32),
        "depth": dance.depth.astype(np.float32),
        "fps": np.float64(dance.fps),
        "width": np.int64(dance.width),
        "height": np.int64(dance.height),
    }


def _save(path: Path, arrays: dict[str, NDArray[Any] | np.generic]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def load_keypoints(path: Path) -> Keypoints:
    """Read a file of `save_keypoints`.

    Raises:
        UnsuitableInput: not such a file.
    """
    try:
        data = read_npz(path)
        found = Keypoints(
            skeleton=tuple(str(name) for name in data["skeleton"]),
            xy=data["xy"].astype(np.float64),
            visibility=data["visibility"].astype(np.float64),
            depth=data["depth"].astype(np.float64),
            fps=float(data["fps"]),
            width=int(data["width"]),
            height=int(data["height"]),
        )
        shape = (*found.xy.shape[:1], len(found.skeleton))
        if not found.xy.shape[:-1] == found.visibility.shape == found.depth.shape == shape:
            raise ValueError(f"xy is {found.xy.shape} of {len(found.skeleton)} points")
        return found
    except (UnsuitableInput, ValueError, TypeError, KeyError) as error:
        raise UnsuitableInput(f"{path}: is not a keypoints file of macedance ({error})") from None


def read_reference_points(path: Path, width: int, height: int) -> Points:
    """Read --ref-keypoints: our own JSON, COCO-17 or OpenPose, of one person.

    Args:
        width, height: of the picture that the points belong to, in the file's pixels.

    Returns:
        All 29 points, in those pixels; what cannot be told has confidence 0.

    Raises:
        UnsuitableInput: unreadable, several people, unknown names, points outside the picture,
            or too few points to pose a body.
    """
    named = _named_points(path, _read_json(path))
    points = Points()
    for name, (x, y, confidence) in named.items():
        if confidence <= 0:
            continue
        if not (np.isfinite([x, y]).all() and 0 <= x <= width and 0 <= y <= height):
            raise UnsuitableInput(
                f"{path}: {name} at ({x:g}, {y:g}) is outside the {width}x{height} picture",
                "give pixels of the picture as the file stores it, and leave unseen points out",
            )
        points.set(name, np.array([x, y]), min(1.0, confidence))
    missing = [
        f"{side}_shoulder" for side in ("left", "right") if not points.has(f"{side}_shoulder")
    ]
    if missing:
        raise UnsuitableInput(f"{path}: {' and '.join(missing)} missing", _FORMAT_HINT)
    return complete(points)


def read_mask(path: Path, width: int, height: int) -> NDArray[np.float32]:
    """Read --ref-mask as (height, width) float32 in [0, 1]: white, or opaque, is the person.

    The mask may be larger or smaller than the picture if its shape is the same.

    Raises:
        UnsuitableInput: unreadable, of another shape, or without a person.
    """
    from PIL import Image

    from pipelines.media.image import open_picture

    try:
        with open_picture(path) as picture:
            if picture.width * picture.height > _MASK_PIXELS:
                raise UnsuitableInput(f"{path}: the mask is too large", "scale it down")
            alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
            grey = picture.convert("RGBA").getchannel("A") if alpha else picture.convert("L")
            if grey.getextrema() == (255, 255):
                grey = picture.convert("L")
    except (MacedanceError, MemoryError):
        raise
    except Exception as error:  # Pillow's readers raise what they like on damaged bytes
        raise_stop_within(error)
        raise UnsuitableInput(
            f"{path}: cannot be read as a picture", "give a PNG, white where the person is"
        ) from None
    if abs(grey.width * height - grey.height * width) > 0.02 * grey.width * height:
        raise UnsuitableInput(
            f"{path}: the mask is {grey.width}x{grey.height}, the picture {width}x{height}",
            "--ref-mask must have the shape of the picture",
        )
    resized = grey.resize((width, height), Image.Resampling.BILINEAR)
    matte = np.asarray(resized, dtype=np.float32) / 255
    if not 0.001 < float((matte > 0.5).mean()) < 0.999:
        raise UnsuitableInput(
            f"{path}: the mask is {'all white' if matte.mean() > 0.5 else 'all black'}",
            "make it white where the person is and black elsewhere",
        )
    return matte


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnsuitableInput(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UnsuitableInput(f"{path}: is not JSON ({error})", _FORMAT_HINT) from None


def _named_points(path: Path, data: Any) -> dict[str, tuple[float, float, float]]:
    try:
        if isinstance(data, dict) and isinstance(data.get("points"), dict):
            return _own(path, data["points"])
        if isinstance(data, dict) and "people" in data:
            flat = _only(path, [person["pose_keypoints_2d"] for person in data["people"]])
            return _flat(path, flat, OPENPOSE_25 if len(flat) == 75 else OPENPOSE_18)
        rows = data.get("annotations", data) if isinstance(data, dict) else data
        rows = rows if isinstance(rows, list) else [rows]
        return _flat(path, _only(path, [row["keypoints"] for row in rows]), COCO_17)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError):
        raise UnsuitableInput(
            f"{path}: holds no keypoints that are known here", _FORMAT_HINT
        ) from None


def _own(path: Path, points: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    unknown = sorted(set(points) - set(POINT_NAMES))
    if unknown:
        raise UnsuitableInput(
            f"{path}: unknown point {unknown[0]!r}", f"known: {', '.join(POINT_NAMES)}"
        )
    return {
        name: (float(value[0]), float(value[1]), float(value[2]) if len(value) > 2 else 1.0)
        for name, value in points.items()
        if value is not None
    }


def _only(path: Path, people: list[Any]) -> list[float]:
    if len(people) != 1:
        raise UnsuitableInput(
            f"{path}: holds {len(people)} people, one is needed", "leave the dancer only"
        )
    return [float(value) for value in np.ravel(people[0])]


def _flat(
    path: Path, flat: list[float], names: tuple[str, ...]
) -> dict[str, tuple[float, float, float]]:
    if len(flat) != 3 * len(names):
        raise UnsuitableInput(
            f"{path}: {len(flat)} numbers, expected 3 for each of {len(names)} points", _FORMAT_HINT
        )
    rows = np.reshape(flat, (-1, 3)).tolist()
    return {name: tuple(row) for name, row in zip(names, rows, strict=True) if name}
