"""Searching a picture for everybody in it: windows that leave nothing out, and who counts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.keypoints import search
from pipelines.keypoints.blazepose import HIPS, BlazePose, Sighting
from pipelines.keypoints.search import count_others, find_main, people_in
from pipelines.keypoints.skeletons import BLAZEPOSE
from pipelines.keypoints.suspects import BlazePoseHalves, Suspect

LIMBS = [
    f"{side}_{name}" for name in ("elbow", "wrist", "knee", "ankle") for side in ("left", "right")
]


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


class Suspicious:
    """The two halves of a detector, which in the whole picture suspect those whom a script names.

    Args:
        bodies: score and what it proves to be, or None.
        closer: whether the score is faint where the windows are not close.
    """

    def __init__(self, *bodies: tuple[float, Sighting | None], closer: bool = False) -> None:
        self.bodies, self.closer, self.looked = bodies, closer, []

    def suspects(self, picture: np.ndarray, box: tuple | None = None) -> list[Suspect]:
        self.looked.append(box)
        whole = [None, *search._windows(picture, 1.0)]
        faint = self.closer and box in whole
        return [
            Suspect(0.3 if faint else score, one.landmarks[HIPS].mean(0), one.centre,
                    one.centre - (0, one.torso))
            for score, one in self.bodies
        ]  # fmt: skip

    def sighting(self, picture: np.ndarray, suspect: Suspect) -> Sighting | None:
        return next(one for score, one in self.bodies if score == suspect.score)


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
    (found,) = people_in(PICTURE, detector, Suspicious(), near)
    assert detector.looked[0] == near
    np.testing.assert_array_equal(found.landmarks, someone().landmarks)


def test_nobody_costs_one_look_per_window():
    detector = Scripted(lambda box, count: None)
    assert people_in(PICTURE, detector, Suspicious()) == []
    assert detector.looked == [None, *search._windows(PICTURE, 1.0)]
    # Where somebody was a moment ago, those are searched for once more, closer.
    halves = Suspicious((0.7, someone()), closer=True)
    assert len(people_in(PICTURE, detector, halves, before=1)) == 1
    assert halves.looked[-1] == list(search._windows(PICTURE, search._CLOSER))[-1]


def test_the_larger_person_comes_first_and_the_search_stops_at_enough():
    crowd = [someone(40, torso=30), someone(120, torso=45), someone(200, torso=40)]
    alone = Scripted(lambda box, count: crowd[0] if count == 1 else None)
    assert len(people_in(PICTURE, alone, Suspicious())) == 1
    halves = Suspicious((0.9, crowd[1]), (0.8, crowd[2]))
    for enough, torsos in ((3, [45, 40, 30]), (2, [45, 30])):
        found = people_in(
            PICTURE, Scripted(lambda box, count: crowd[0]), halves, enough=enough
        )  # fmt: skip
        assert [one.torso for one in found] == pytest.approx(torsos)


def test_beside_somebody_whose_hips_are_hidden_the_picture_is_searched_with_them_painted_over():
    crowd = [someone(40, torso=45), someone(200, torso=40)]
    for one in crowd:
        one.visibility[search.HIPS] = 0.1

    def see(box, count):
        return crowd[0] if count <= 2 else crowd[1]

    found = people_in(PICTURE, Scripted(see), Suspicious((0.9, someone(120))))
    assert [one.centre[0] for one in found] == [40, 200]


@pytest.mark.parametrize(
    ("score", "changes", "counts"),
    [
        (0.9, {}, True),
        (0.42, {}, False),  # evidence: 0.42 x 0.95
        (0.9, {"left_hip": 0.7}, False),
        (0.9, {"nose": 0.7}, False),
        # Legs and arms that are hardly seen: 0.9 x (5 x 0.95 + 8 x 0.1) / 13.
        (0.9, dict.fromkeys(LIMBS, 0.1), False),
        (0.9, dict.fromkeys(LIMBS[:4], 0.1), True),
    ],
)
def test_a_suspect_counts_who_proves_to_be_a_body(score, changes, counts):
    other = someone(220)
    for name, seen in changes.items():
        other.visibility[BLAZEPOSE[name]] = seen
    main = Scripted(lambda box, count: someone(80))
    assert len(people_in(PICTURE, main, Suspicious((score, other)))) == 1 + counts


def test_whom_the_side_of_the_picture_cuts_does_not_count_and_main_people_are_nobody_else():
    main = Scripted(lambda box, count: someone(80))
    for other in (someone(285), someone(82), None):
        shown = someone(220) if other is None else other
        halves = Suspicious((0.9, shown))
        halves.sighting = lambda picture, suspect, other=other: other
        assert len(people_in(PICTURE, main, halves)) == 1


@pytest.mark.parametrize(
    ("torso", "somebody", "before", "closer"),
    [(40, 1, 0, True), (70, 1, 0, False), (40, 0, 1, False), (40, 0, 2, True), (70, 0, 2, False)],
)
def test_closer_windows_are_searched_beside_small_people_where_somebody_is_suspected(
    torso, somebody, before, closer
):
    halves = Suspicious(*[(0.7, someone(240))] * somebody, closer=True)
    main = someone(100, torso=torso)
    found = people_in(PICTURE, Scripted(lambda box, count: main), halves, None, before)
    whole = [None, *search._windows(PICTURE, 1.0)]
    assert (len(halves.looked) > len(whole)) == closer
    assert len(found) == 1 + (closer and somebody)


def test_a_doubted_person_is_looked_at_again_before_they_count():
    """Legs are hidden: what is seen in the whole picture must be seen in a window around it."""
    doubted = someone()
    doubted.visibility[BLAZEPOSE["left_ankle"]] = 0.2
    once = Scripted(lambda box, count: doubted if count == 1 else None)
    assert people_in(PICTURE, once, Suspicious()) == []
    twice = Scripted(lambda box, count: doubted if count <= 2 else None)
    assert len(people_in(PICTURE, twice, Suspicious())) == 1


@pytest.fixture(scope="module")
def found(scene):
    """The real detector on one dancer, on two, and on none."""
    with BlazePose() as detector, BlazePoseHalves() as halves:
        return {
            number: people_in(scene(places), detector, halves)
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
