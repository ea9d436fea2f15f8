"""A drawn body and its detected points, against where the body's joints are."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.person import POINT
from pipelines.keypoints.rendered import (
    DRIVING,
    _drawing,
    _lens,
    _truth,
    detection_errors,
    found_in_rendering,
)
from pipelines.keypoints.staging import stage_dance
from pipelines.media.image import load_picture
from pipelines.motion.npz import load_npz

DANCER = Path(__file__).parents[2] / "examples" / "dancer.png"


@pytest.fixture(scope="module")
def staged(tiny_dance):
    dance = load_npz(tiny_dance).sliced(0, 12)
    person = detect_person(load_picture(DANCER))
    return stage_dance(dance.rotations(), dance.trans, 30.0, person, 216, 384)


def test_the_lens_is_found_from_what_it_did(staged):
    focal, centre = _lens(staged)
    seen = centre + focal * staged.points[..., :2] / staged.points[..., 2:]
    assert np.abs(seen - staged.xy).max() < 1e-6


def test_a_body_of_the_dancers_own_proportions_is_projected_exactly(staged):
    """With the fitted limbs as its bones, the drawn body's joints are the staged ones."""
    from dataclasses import replace

    from pipelines.body.bodies import open_body
    from pipelines.body.skeleton import PARENTS
    from pipelines.body.variety import Look

    rest = np.array([
        staged.rotations[0, parent].T @ (staged.points[0, joint] - staged.points[0, parent])
        if parent >= 0 else np.zeros(3)
        for joint, parent in enumerate(PARENTS)
    ])  # fmt: skip
    body = replace(open_body("skeleton", Look()), offsets=rest)
    truth, _ = _truth(_drawing(staged, 1.0, body))
    assert np.abs(truth[:, :24] - staged.xy[:, :24]).max() < 1e-6


def test_the_detector_finds_the_drawn_body_near_its_joints(staged):
    off, there = detection_errors(staged)
    assert off.shape == (12, len(DRIVING))
    trunk = np.linalg.norm(staged.xy[0, POINT["neck"]] - staged.xy[0, POINT["pelvis"]])
    assert np.nanmedian(off[there]) < 0.12 * trunk
    assert np.isnan(off[there]).mean() < 0.1


def test_found_points_take_the_place_of_the_projected_ones(staged):
    steps = []
    found, missing = found_in_rendering(staged, lambda: steps.append(1))
    assert len(steps) == 12
    assert 0 <= missing < 0.1
    wrist = POINT["left_wrist"]
    assert not np.array_equal(found.xy[:, wrist], staged.xy[:, wrist])
    assert np.abs(found.xy[:, wrist] - staged.xy[:, wrist]).max() < 60
    spine = POINT["spine2"]
    assert np.array_equal(found.xy[:, spine], staged.xy[:, spine])
    assert np.isfinite(found.xy).all()
    assert np.array_equal(found.points, staged.points)
