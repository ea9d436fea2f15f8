"""The points that nobody named follow from the ones that were; folded and guessed legs."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.keypoints.anatomy import Points, complete
from pipelines.keypoints.person import POINT, POINT_NAMES
from pipelines.keypoints.posture import corrected_legs, without_folded_legs
from pipelines.keypoints.skeletons import COCO_17

LEGS = [f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle", "foot")]


def known(person, names=COCO_17) -> Points:
    points = Points()
    for name in names:
        points.set(name, person.xy[POINT[name]], 0.9)
    return points


def test_a_whole_body_is_completed_near_the_truth(make_person) -> None:
    person = make_person()
    points = complete(known(person))
    assert points.has(*POINT_NAMES)
    away = np.linalg.norm(points.xy - person.xy, axis=1) / 330
    assert away.max() < 0.12


def test_what_was_named_is_not_moved(make_person) -> None:
    points = known(make_person())
    points.set("neck", np.array([1.0, 2.0]), 1.0)
    points.set("left_foot", np.array([3.0, 4.0]), 1.0)
    complete(points)
    assert points.get("neck")[:2] == pytest.approx([1, 2])
    assert points.get("left_foot")[:2] == pytest.approx([3, 4])


def test_a_bust_gets_hips_of_no_confidence(make_person) -> None:
    names = [name for name in COCO_17 if not name.endswith(("hip", "knee", "ankle"))]
    points = complete(known(make_person(), names))
    for name in ("pelvis", "spine1", "left_hip", "left_knee", "left_foot"):
        assert points.confidence[POINT[name]] == 0
    for name in ("neck", "head", "left_collar", "left_hand"):
        assert points.confidence[POINT[name]] > 0
    assert points.xy[POINT["pelvis"], 1] > points.xy[POINT["neck"], 1] + 50


def test_sitters_lose_their_legs_and_standers_keep_them(make_person) -> None:
    points = without_folded_legs(complete(known(make_person())))
    assert points.has(*LEGS)
    for side in ("left", "right"):
        hip, knee = POINT[f"{side}_hip"], POINT[f"{side}_knee"]
        points.xy[knee] = points.xy[hip] + [0, 30]
        points.depth[knee] = -140
    without_folded_legs(points)
    assert not any(points.has(name) for name in LEGS)


def test_one_raised_knee_is_a_dance_step(make_person) -> None:
    points = complete(known(make_person()))
    points.xy[POINT["left_knee"]] = points.xy[POINT["left_hip"]] + [20, 5]
    assert without_folded_legs(points).has(*LEGS)


def test_doubted_legs_are_stretched_to_the_ground(make_person) -> None:
    points = complete(known(make_person()))
    lowest = points.xy[POINT["left_foot"], 1]
    matte = np.zeros((960, 540), np.float32)
    matte[100 : int(lowest) + 60, 200:340] = 1
    sure = corrected_legs(points, matte).xy.copy()
    assert sure[POINT["left_foot"], 1] == lowest, "ankles of high confidence are believed"
    for side in ("left", "right"):
        points.confidence[POINT[f"{side}_ankle"]] = 0.5
    corrected_legs(points, matte)
    assert points.xy[POINT["left_foot"], 1] == pytest.approx(lowest + 59, abs=3)
    knee, ankle = (points.xy[POINT[f"left_{name}"], 1] for name in ("knee", "ankle"))
    assert points.xy[POINT["left_hip"], 1] < knee < ankle < lowest + 60
