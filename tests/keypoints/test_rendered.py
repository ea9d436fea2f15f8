"""A drawn body and its detected points, against where the body's joints are."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.person import POINT
from pipelines.keypoints.rendered import (
    DRIVING,
    DrawnBody,
    _drawing,
    _lens,
    _our_points,
    _truth,
    detection_errors,
    found_in_rendering,
)
from pipelines.keypoints.skeletons import (
    BLAZEPOSE,
    BLAZEPOSE_KNUCKLES,
    BLAZEPOSE_TOES,
    TO_TOE_JOINT,
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


def drawing_of(size: tuple[int, int], shift: tuple[float, float], scale: float):
    return SimpleNamespace(size=size, shift=np.array(shift), scale=scale)


def test_marks_become_points_of_the_canvas_in_staged_pixels():
    """Marks are shares of the small picture; its pixels are shifted and scaled."""
    marks = np.full((1, 33, 3), 0.5)
    marks[0, BLAZEPOSE["nose"]] = 0.25, 0.75, 0.9
    xy, seen = _our_points(marks, drawing_of((200, 400), (10, -20), 0.5))
    np.testing.assert_allclose(xy[0, POINT["nose"]], [(50 - 10) / 0.5, (300 + 20) / 0.5])
    assert seen[0, POINT["nose"]] == 0.9
    spine = POINT["spine1"]
    assert np.isnan(xy[0, spine]).all() and seen[0, spine] == 0, "no skeleton shows it"


@pytest.mark.parametrize("place", [(-0.01, 0.5), (1.0, 0.5), (0.5, 1.2), (0.5, -3)])
def test_marks_outside_the_picture_are_not_seen(place):
    marks = np.full((1, 33, 3), 0.5)
    marks[0, BLAZEPOSE["nose"], :2] = place
    _, seen = _our_points(marks, drawing_of((100, 100), (0, 0), 1))
    assert seen[0, POINT["nose"]] == 0 < seen[0, POINT["left_hip"]]


def test_hands_and_toes_are_seen_only_with_all_that_they_are_made_of():
    marks = np.full((1, 33, 3), 0.8)
    for name, pair in (BLAZEPOSE_KNUCKLES | BLAZEPOSE_TOES).items():
        one = marks.copy()
        one[0, pair[0]], one[0, pair[1]] = (0.2, 0.2, 0.3), (0.6, 0.2, 0.9)
        xy, seen = _our_points(one, drawing_of((100, 100), (0, 0), 1))
        share = 0.5 if name in BLAZEPOSE_KNUCKLES else TO_TOE_JOINT
        np.testing.assert_allclose(xy[0, POINT[name]], [20 + 40 * share, 20], err_msg=name)
        assert seen[0, POINT[name]] == 0.3, name


def test_pictures_have_the_size_asked_for_and_show_the_dancer(staged):
    body = DrawnBody(staged, 108, 192)
    first, last = body.pictures([0, 11])
    assert first.shape == last.shape == (192, 108, 3) and first.dtype == np.uint8
    (again,) = body.pictures([11])
    assert np.abs(again.astype(int) - last).max() <= 2, "each frame on its own"
    x, y = (staged.xy[0, POINT["spine2"]] / 2).astype(int)
    assert np.abs(first[y, x].astype(int) - first[2, 2]).sum() > 30
