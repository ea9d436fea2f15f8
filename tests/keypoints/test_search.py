"""Searching a picture for everybody in it: windows that leave nothing out, and who counts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.keypoints import search
from pipelines.keypoints.blazepose import BlazePose, Sighting
from pipelines.keypoints.search import count_others, find_main, people_in
from pipelines.keypoints.skeletons import BLAZEPOSE


def someone(x: float = 100, y: float = 80, torso: float = 40, sure: float = 0.95) -> Sighting:
    """A person whose shoulders' middle is at (x, y), in a picture of 200 x 300 (H x W)."""
    landmarks = np.full((33, 2), (x, y), float)
    for side, sign in (("left", 1), ("right", -1)):
        landmarks[BLAZEPOSE[f"{side}_shoulder"]] += (0.3 * torso * sign, 0)
        landmarks[BLAZEPOSE[f"{side}_hip"]] += (0.2 * torso * sign, torso)
    mask = np.zeros((200, 300), np.float32)
    top, bottom, left, right = y - 0.5 * torso, y + 2 * torso, x - 0.5 * torso, x + 0.5 * torso
    mask[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)] = 1.0
    return Sighting(landmarks, np.full(33, sure), np.zeros((33, 3)), mask)


PICTURE = np.zeros((200, 300, 3), np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(20, 900),
    width=st.integers(20, 900),
    share=st.sampled_from([0.5, 0.6, 1.0]),
)
def test_windows_cover_the_picture_and_overlap_by_half(height, width, share):
    picture = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (height, width, 3))
    boxes = list(search._windows(picture, share))
    side = round(share * min(height, width))
    if side >= max(height, width):
        assert boxes == []  # the whole picture is looked at anyway
        return
    seen = np.zeros((height, width), bool)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        assert (right - left, bottom - top) == (side, side)
        seen[top:bottom, left:right] = True
    assert seen.all()
    for axis in (0, 1):
        starts = sorted({box[axis] for box in boxes})
        assert all(b - a <= side / 2 + 1 for a, b in pairwise(starts))


@pytest.mark.parametrize(
    ("length", "side", "starts"),
    [(100, 100, [0]), (100, 80, [0, 20]), (200, 100, [0, 50, 100]), (150, 100, [0, 50])],
)
def test_starts_of_windows(length, side, starts):
    assert search._starts(length, side) == starts


def test_somebody_is_there_with_shoulders_in_the_picture_and_a_matte_under_them():
    assert search._present(someone(), PICTURE)
    assert not search._present(someone(sure=0.5), PICTURE)
    assert not search._present(someone(x=310), PICTURE)
    assert not search._present(someone(y=-3), PICTURE)
    bare = someone()
    bare.mask[:] = 0.2
    assert not search._present(bare, PICTURE)


def test_another_person_stands_elsewhere_is_large_enough_and_surely_seen():
    main = someone(80)
    assert search._is_other(someone(220), [main], PICTURE)
    assert not search._is_other(someone(220, torso=0.44 * main.torso), [main], PICTURE)
    assert search._is_other(someone(220, torso=0.46 * main.torso), [main], PICTURE)
    assert not search._is_other(someone(220, sure=0.79), [main], PICTURE)
    assert not search._is_other(someone(80 + 0.3 * main.torso), [main], PICTURE)
    assert not search._is_other(someone(220), [main, someone(221)], PICTURE)


def test_a_person_is_painted_over_with_what_is_around_them():
    random = np.random.default_rng(0)
    picture = np.full((200, 300, 3), 90, np.uint8)
    one = someone(150)
    noise = random.integers(0, 255, (200, 300, 3)).astype(np.uint8)
    crowded = np.where((one.mask > 0.5)[..., None], noise, picture)
    painted = search._painted_over(crowded, one.mask)
    inside = one.mask > 0.5
    assert np.abs(painted[inside].astype(int) - 90).mean() < 6
    far = np.zeros_like(inside)
    far[:, :60] = True
    np.testing.assert_array_equal(painted[far], crowded[far])


class Scripted:
    """A detector that sees what a script tells of each window, and notes where it looked."""

    def __init__(self, see: Callable[[tuple | None, int], Sighting | None]) -> None:
        self._see, self.looked = see, []

    def look(self, picture: np.ndarray, box: tuple | None = None) -> Sighting | None:
        self.looked.append(box)
        return self._see(box, len(self.looked))


def test_who_was_there_a_moment_ago_is_looked_for_first():
    detector = Scripted(lambda box, count: someone() if count == 1 else None)
    near = (60, 40, 140, 160)
    (found,) = people_in(PICTURE, detector, near)
    assert detector.looked[0] == near
    np.testing.assert_array_equal(found.landmarks, someone().landmarks)


def test_nobody_costs_one_look_per_window():
    detector = Scripted(lambda box, count: None)
    assert people_in(PICTURE, detector) == []
    assert detector.looked == [None, *search._windows(PICTURE, 1.0)]


def test_the_larger_person_comes_first_and_the_search_stops_at_enough():
    crowd = [someone(40, torso=30), someone(120, torso=45), someone(200, torso=40)]

    def see(box, count):
        return crowd[min(count - 1, 2)] if box is None or count < 6 else None

    whole = people_in(PICTURE, Scripted(lambda box, count: crowd[0] if count == 1 else None))
    assert len(whole) == 1
    sizes = [one.torso for one in people_in(PICTURE, Scripted(see), enough=2)]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) <= 2


def test_a_doubted_person_is_looked_at_again_before_they_count():
    """Legs are hidden: what is seen in the whole picture must be seen in a window around it."""
    doubted = someone()
    doubted.visibility[BLAZEPOSE["left_ankle"]] = 0.2
    once = Scripted(lambda box, count: doubted if count == 1 else None)
    assert people_in(PICTURE, once) == []
    twice = Scripted(lambda box, count: doubted if count <= 2 else None)
    assert len(people_in(PICTURE, twice)) == 1


@pytest.fixture(scope="module")
def found(scene):
    """The real detector on one dancer, on two, and on none."""
    with BlazePose() as detector:
        return {
            number: people_in(scene(places), detector)
            for number, places in ((0, []), (1, [(150, 0)]), (2, [(30, 0), (275, 0)]))
        }


def test_real_dancers_are_counted(found):
    assert {number: len(people) for number, people in found.items()} == {0: 0, 1: 1, 2: 2}


def test_real_dancers_are_found_where_they_stand(found, scene):
    # A dancer pasted at x covers x + 18 to x + 164 of 480.
    (one,) = found[1]
    assert 180 < one.centre[0] < 310
    left, right = sorted(person.centre[0] for person in found[2])
    assert 60 < left < 190 < 300 < right < 440


def test_a_single_picture_has_a_main_person_and_others_beside_them(scene):
    both = scene([(30, 0), (275, 0)])
    main = find_main(both)
    assert main is not None and search._present(main, both)
    assert count_others(both, main) == 1
    alone = scene([(150, 0)])
    assert count_others(alone, find_main(alone)) == 0
