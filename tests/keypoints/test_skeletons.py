"""Names of other tools' points."""

import pytest

from pipelines.keypoints.skeletons import (
    BLAZEPOSE,
    BLAZEPOSE_COUNT,
    BLAZEPOSE_FEET,
    BLAZEPOSE_KNUCKLES,
    BLAZEPOSE_TOES,
    COCO_17,
    COCO_25_EASY_VITPOSE,
    OPENPOSE_18,
    OPENPOSE_25,
)


@pytest.mark.parametrize("names", [COCO_17, OPENPOSE_18, OPENPOSE_25, COCO_25_EASY_VITPOSE])
def test_every_point_stands_in_a_skeleton_once_and_with_its_partner(names):
    used = [name for name in names if name]
    assert len(used) == len(set(used))
    for name in used:
        other = {"left": name.replace("left", "right"), "righ": name.replace("right", "left")}
        assert other.get(name[:4], name) in used


def test_blazepose_names_coco_s_points_in_coco_s_order_each_by_a_landmark_of_its_own():
    assert tuple(BLAZEPOSE) == COCO_17
    marks = [*BLAZEPOSE.values(), *BLAZEPOSE_FEET.values()]
    marks += [mark for pair in BLAZEPOSE_KNUCKLES.values() for mark in pair]
    assert len(marks) == len(set(marks))
    assert set(marks) < set(range(BLAZEPOSE_COUNT))


def test_mediapipe_calls_these_landmarks_the_same():
    from mediapipe.python.solutions.pose import PoseLandmark

    for name, mark in BLAZEPOSE.items():
        assert PoseLandmark(mark).name.lower() == name
    for side in ("left", "right"):
        assert PoseLandmark(BLAZEPOSE_FEET[f"{side}_heel"]).name.lower() == f"{side}_heel"
        assert PoseLandmark(BLAZEPOSE_FEET[f"{side}_foot"]).name.lower() == f"{side}_foot_index"
        fingers = [PoseLandmark(mark).name.lower() for mark in BLAZEPOSE_KNUCKLES[f"{side}_hand"]]
        assert fingers == [f"{side}_pinky", f"{side}_index"]
        ankle, tip = BLAZEPOSE_TOES[f"{side}_foot"]
        assert (ankle, tip) == (BLAZEPOSE[f"{side}_ankle"], BLAZEPOSE_FEET[f"{side}_foot"])
