"""Which finder is chosen, how it is named, and what the embedded one makes of a sighting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.keypoints import finders
from pipelines.keypoints.blazepose import Sighting
from pipelines.keypoints.finders import EmbeddedFinder, check_models, finder_for, finder_name
from pipelines.keypoints.people import Person
from pipelines.keypoints.skeletons import BLAZEPOSE, COCO_17
from pipelines.keypoints.vitpose import VitPoseFinder
from pipelines.support.errors import BadUsage

WIDTH, HEIGHT = 200, 300


def sighting(visibility: float = 0.9, **moved: tuple[float, float]) -> Sighting:
    """Landmarks on a line down the middle, 10 pixels apart; a matte around them."""
    landmarks = np.stack([np.full(33, 100.0), 20 + 8.0 * np.arange(33)], axis=1)
    for name, place in moved.items():
        landmarks[BLAZEPOSE[name]] = place
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[15:290, 80:121] = 1.0
    return Sighting(landmarks, np.full(33, visibility), np.zeros((33, 3)), mask)


@pytest.mark.parametrize("pair", [("a", None), (None, "b")])
def test_one_model_without_the_other_is_refused_by_both_flags(pair):
    with pytest.raises(BadUsage, match="--person-detector and --pose-model go together"):
        check_models(*pair)


def test_both_models_or_neither_pass_unseen():
    check_models(None, None)
    check_models("not", "looked at")


def test_scores_are_kept_under_the_name_of_who_saw():
    assert finder_name(None, None) == EmbeddedFinder.name == "blazepose"
    assert finder_name("detr", "vitpose") == "detr + vitpose"
    assert finder_for("detr", "vitpose", "cpu").name == "detr + vitpose"
    assert finder_for(None, None, "cpu").name == "blazepose"


def test_models_that_are_named_are_used(tmp_path: Path):
    assert isinstance(finder_for(None, None, "auto"), EmbeddedFinder)
    assert isinstance(finder_for(str(tmp_path), str(tmp_path), "cpu"), VitPoseFinder)


def test_points_come_in_cocos_order():
    person = finders._person(sighting(), WIDTH, HEIGHT)
    assert person.points.shape == (17, 3)
    for index, name in enumerate(COCO_17):
        assert person.points[index, 1] == 20 + 8 * BLAZEPOSE[name]
    assert (person.points[:, 2] == 0.9).all()
    assert person.confidence == 0.9


@pytest.mark.parametrize("place", [(-1, 50), (100, -0.5), (200, 50), (100, 300)])
def test_points_outside_the_picture_are_not_seen(place):
    person = finders._person(sighting(left_wrist=place), WIDTH, HEIGHT)
    seen = person.points[:, 2] > 0
    assert not seen[COCO_17.index("left_wrist")] and seen.sum() == 16


def test_the_box_holds_matte_and_visible_points():
    person = finders._person(sighting(left_wrist=(170, 150)), WIDTH, HEIGHT)
    np.testing.assert_array_equal(person.box, [80, 15, 171, 290])
    blind = finders._person(sighting(0.1, left_wrist=(170, 150)), WIDTH, HEIGHT)
    np.testing.assert_array_equal(blind.box, [80, 15, 121, 290])


def test_nobody_seen_and_no_matte_is_an_empty_box():
    seen = sighting(0.0)
    empty = Sighting(seen.landmarks, seen.visibility, seen.metric, np.zeros_like(seen.mask))
    person = finders._person(empty, WIDTH, HEIGHT)
    assert person.area == 0 and person.confidence == 0


def test_shoulders_tell_how_sure_it_is():
    one = sighting()
    one.visibility[BLAZEPOSE["left_shoulder"]] = 0.3
    assert finders._person(one, WIDTH, HEIGHT).confidence == 0.3


def someone(*box: float) -> Person:
    return Person(np.array(box, float), 0.9, np.zeros((17, 3)))


def test_the_next_look_is_at_a_square_around_who_was_there():
    left, top, right, bottom = finders._around(someone(400, 300, 440, 400), 1000, 800)
    assert (right - left, bottom - top) == (160, 160)
    assert ((left + right) / 2, (top + bottom) / 2) == (420, 350)


def test_the_square_stays_in_the_picture():
    left, top, right, bottom = finders._around(someone(0, 0, 30, 100), 1000, 800)
    assert (left, top) == (0, 0) and right <= 1000 and bottom == 130


@pytest.mark.parametrize("box", [(0, 0, 300, 500), (400, 300, 405, 308)], ids=["large", "tiny"])
def test_somebody_large_or_tiny_is_looked_for_in_the_whole_picture(box):
    assert finders._around(someone(*box), 1000, 800) is None
