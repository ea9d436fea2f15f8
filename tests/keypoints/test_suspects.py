"""The detector's halves alone: all whom it suspects, and the same body that a whole look finds."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.keypoints.blazepose import HIPS, BlazePose
from pipelines.keypoints.suspects import BlazePoseHalves, Suspect, apart


def suspect(x: float, score: float = 0.9, size: float = 100.0) -> Suspect:
    place = np.array([x, 200.0])
    return Suspect(score, place, place - (0, 0.5 * size), place - (0, size))


def test_one_body_seen_in_two_windows_is_one_suspect():
    first, again, other = suspect(100), suspect(130, 0.95), suspect(140, 0.7)
    assert apart([first, again]) == [again]
    assert apart([first, other]) == [first, other]
    assert suspect(0, size=50).size == 50


@pytest.fixture(scope="module")
def halves():
    with BlazePose(), BlazePoseHalves() as both:
        yield both


def test_two_dancers_are_suspected_in_one_pass_and_nobody_in_an_empty_room(halves, scene):
    two = apart(halves.suspects(scene([(30, 0), (275, 0)])))
    assert len(two) == 2 and all(one.score > 0.5 for one in two)
    left, right = sorted(one.shoulders[0] for one in two)
    assert 60 < left < 190 < 300 < right < 440
    assert halves.suspects(scene([])) == []


def test_points_are_those_of_the_whole_picture(halves, scene):
    picture = scene([(150, 0)])
    (whole,) = halves.suspects(picture)
    (inside,) = halves.suspects(picture, (100, 0, 420, 320))
    assert np.linalg.norm(whole.hips - inside.hips) < 0.1 * whole.size


def test_a_suspect_is_the_body_that_a_whole_look_finds(halves, scene):
    picture = scene([(150, 0)])
    with BlazePose() as detector:
        seen = detector.look(picture)
    found = halves.sighting(picture, halves.suspects(picture)[0])
    assert np.abs(found.landmarks - seen.landmarks).max() < 0.05 * seen.torso
    assert found.visibility == pytest.approx(seen.visibility, abs=0.05)
    assert found.metric == pytest.approx(seen.metric, abs=0.05)
    solid = (found.mask > 0.5) & (seen.mask > 0.5)
    assert solid.sum() > 0.95 * ((found.mask > 0.5) | (seen.mask > 0.5)).sum()
    assert found.landmarks[HIPS].shape == (2, 2)
