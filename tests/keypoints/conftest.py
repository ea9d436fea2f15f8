"""People made of points, for the tests of staging."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT
from pipelines.keypoints.fit import REST_POINTS
from pipelines.keypoints.person import POINT, POINT_NAMES, ReferencePerson

PersonMaker = Callable[..., ReferencePerson]

_FEET = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("ankle", "foot"))


def arms_down() -> np.ndarray:
    """(29, 2) metres of a standing body seen from the front, y down, the pelvis at 0."""
    xy = np.array([[REST_POINTS[name][0], -REST_POINTS[name][1]] for name in POINT_NAMES])
    for side, sign in (("left", 1), ("right", -1)):
        shoulder = xy[POINT[f"{side}_shoulder"]].copy()
        for joint in ("elbow", "wrist", "hand"):
            index = POINT[f"{side}_{joint}"]
            length = np.linalg.norm(xy[index] - shoulder)
            xy[index] = shoulder + length * np.array([0.18 * sign, 0.984])
    return xy


@pytest.fixture(scope="session")
def make_person() -> PersonMaker:
    """A person in a picture, drawn as a matte of discs around the points."""

    def make(
        width: int = 540,
        height: int = 960,
        scale: float = 330.0,
        centre: tuple[float, float] = (270.0, 470.0),
        body: np.ndarray | None = None,
        coverage: str = "full",
    ) -> ReferencePerson:
        import cv2

        xy = np.array(centre) + scale * (arms_down() if body is None else body)
        confidence = ((xy >= 0) & (xy < (width, height))).all(1).astype(float)
        if coverage == "upper":
            for side in ("left", "right"):
                for joint in ("knee", "ankle", "foot"):
                    confidence[POINT[f"{side}_{joint}"]] = 0.0
        matte = np.zeros((height, width), np.float32)
        for joint, (x, y) in enumerate(xy[:24]):
            radius = 0.12 if joint == JOINT["head"] else 0.03 if joint in (10, 11, 22, 23) else 0.06
            cv2.circle(matte, (round(x), round(y)), max(1, round(radius * scale)), 1.0, -1)
        picture = np.full((height, width, 3), 220, np.uint8)
        return ReferencePerson(picture, matte, xy, confidence, coverage, "file")

    return make


@pytest.fixture(scope="session")
def standing() -> tuple[np.ndarray, np.ndarray]:
    """Ten frames (10, 24, 3, 3), (10, 3) of the rest body with its arms down, facing -y."""
    rotations = np.tile(np.eye(3), (10, 24, 1, 1))
    rotations[:, 0] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    for joint, angle in ((16, -1.39), (17, 1.39)):
        cosine, sine = np.cos(angle), np.sin(angle)
        rotations[:, joint] = [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]
    return rotations, np.tile([0.0, 0.0, 0.96], (10, 1))


def dance(seed: int, frames: int = 45, travel: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """A smooth random dance: (T, 24, 3, 3) and (T, 3), z up."""
    from scipy.ndimage import gaussian_filter1d

    from pipelines.body.rotations import axis_angle_to_matrix

    random = np.random.default_rng(seed)
    noise = gaussian_filter1d(random.normal(size=(frames, 24, 3)), 6, axis=0, mode="wrap") * 6
    vectors = noise * 0.25
    vectors[:, 16:20] *= 3
    vectors[:, 0] *= 0.5
    rotations = axis_angle_to_matrix(vectors)
    upright = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
    rotations[:, 0] = upright @ rotations[:, 0]
    way = gaussian_filter1d(random.normal(size=(frames, 3)), 8, axis=0, mode="wrap") * 8
    trans = way * [travel, travel, 0.03] + [0, 0, 0.95]
    return rotations, trans


@pytest.fixture(scope="session")
def make_dance() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The function `dance`."""
    return dance
