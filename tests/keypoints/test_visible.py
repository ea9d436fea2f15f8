"""What of a picture's person can dance."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.keypoints.person import POINT, POINT_NAMES, ReferencePerson
from pipelines.keypoints.visible import movement_words, pose_picture, visible_limbs


@pytest.fixture
def person():
    rng = np.random.default_rng(0)
    return ReferencePerson(
        image=np.full((60, 40, 3), 200, np.uint8), matte=np.ones((60, 40), np.float32),
        xy=rng.uniform(5, 35, (29, 2)), confidence=np.ones(len(POINT_NAMES)), coverage="full",
        source="file",
    )  # fmt: skip


def without(person, *names):
    confidence = person.confidence.copy()
    confidence[[POINT[name] for name in names]] = 0
    return replace(person, confidence=confidence)


def test_a_whole_person_dances_whole(person):
    assert visible_limbs(person) == ("left arm", "right arm", "left leg", "right leg")
    words, whole = movement_words(person)
    assert whole and "arms and legs can dance" in words


@pytest.mark.parametrize(
    ("coverage", "hidden", "says"),
    [("upper", (), "cuts the legs off: only head, trunk and arms can dance"),
     ("upper", ("left_wrist", "right_elbow"),
      "cuts the legs off and the arms cannot be seen to the hand: the person only sways"),
     ("full", ("left_wrist",),
      "left arm cannot be seen to the hand: only head, trunk and right arm and legs can dance")],
)  # fmt: skip
def test_what_will_not_move_is_said_and_what_picture_would(person, coverage, hidden, says):
    words, whole = movement_words(without(replace(person, coverage=coverage), *hidden))
    assert not whole
    assert says in words and "head to feet" in words


def test_the_pose_is_drawn_over_the_picture(person):
    shown = pose_picture(replace(person, matte=np.eye(60, 40, dtype=np.float32)))
    assert shown.shape == (60, 40, 3)
    away = shown[-1, 0]
    assert (away == 70).all()
    assert (np.ptp(shown.astype(int), axis=-1) > 30).sum() > 50  # coloured strokes
