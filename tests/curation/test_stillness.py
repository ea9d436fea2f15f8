"""Motion in body heights per second, against shifts that are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipelines.curation.stillness import body_heights_per_second

BOX = np.array([0.4, 0.25, 0.6, 0.75])


def texture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    blurred = cv2.GaussianBlur(rng.uniform(0, 255, (220, 360)), (0, 0), 3)
    return cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def world(person: tuple[int, int], camera: tuple[int, int]) -> np.ndarray:
    """(180, 320): a texture seen from `camera`, and in BOX another one moved by `person`."""
    behind = texture(1)[20 + camera[1] :, 20 + camera[0] :][:180, :320].copy()
    before = texture(2)[20 + person[1] :, 20 + person[0] :][:180, :320]
    behind[45:135, 128:192] = before[45:135, 128:192]
    return behind


def speed_beside(camera: tuple[int, int]) -> float:
    """Of a person who moves by 3 pixels of 90 in 1/8 s, apart from the camera's own motion."""
    moved = world((camera[0] + 3, camera[1]), camera)
    return body_heights_per_second(world((0, 0), (0, 0)), moved, BOX, 1 / 8)


def test_speed_is_measured_in_body_heights_and_does_not_count_the_camera() -> None:
    # Flow is smoothed over the edges of what moves, so it falls short of the truth.
    assert 0.7 * 3 / 90 * 8 < speed_beside((0, 0)) < 1.1 * 3 / 90 * 8
    for camera in ((4, 0), (-3, 2)):
        assert speed_beside(camera) == pytest.approx(speed_beside((0, 0)), rel=0.1)


def test_a_still_is_still_and_a_pan_over_it_too() -> None:
    for camera in ((0, 0), (5, 1)):
        speed = body_heights_per_second(world((0, 0), (0, 0)), world(camera, camera), BOX, 1 / 8)
        assert speed < 0.02


def test_nobody_has_no_speed() -> None:
    frame = world((0, 0), (0, 0))
    assert np.isnan(body_heights_per_second(frame, frame, None, 1 / 8))
    outside = np.array([1.2, 0.1, 1.4, 0.5])
    assert np.isnan(body_heights_per_second(frame, frame, outside, 1 / 8))


def test_twice_the_time_is_half_the_speed() -> None:
    before, after = world((0, 0), (0, 0)), world((3, 1), (0, 0))
    once, twice = (body_heights_per_second(before, after, BOX, s) for s in (0.1, 0.2))
    assert once == pytest.approx(2 * twice) and once > 0


def test_a_person_who_fills_the_picture_is_judged_against_all_of_it() -> None:
    """No background is left: what moves as a whole counts as the camera's motion."""
    everything = np.array([0.0, 0.0, 1.0, 1.0])
    before, panned = world((0, 0), (0, 0)), texture(1)[20:, 24:][:180, :320].copy()
    plain = texture(1)[20:, 20:][:180, :320].copy()
    assert body_heights_per_second(plain, panned, everything, 1 / 8) < 0.05
    assert body_heights_per_second(before, before, everything, 1 / 8) == 0


@pytest.mark.parametrize(
    "box", [[0.5, 0.2, 0.504, 0.8], [0.2, 0.5, 0.8, 0.505], [0.3, 1.1, 0.5, 2]]
)
def test_what_is_left_of_nobody_has_no_speed(box) -> None:
    frame = world((0, 0), (0, 0))
    assert np.isnan(body_heights_per_second(frame, frame, np.array(box), 1 / 8))


def test_a_box_that_sticks_out_is_cut_at_the_border() -> None:
    before, after = world((0, 0), (0, 0)), world((3, 0), (0, 0))
    inside = body_heights_per_second(before, after, np.array([0, 0.25, 0.6, 1.0]), 1 / 8)
    beyond = body_heights_per_second(before, after, np.array([-3, 0.25, 0.6, 1.7]), 1 / 8)
    assert beyond == inside > 0
