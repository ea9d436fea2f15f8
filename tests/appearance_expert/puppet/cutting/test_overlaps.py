"""What a layer shows of its neighbours."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    LEGS,
    RIGHT_LEG,
    TORSO,
)
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.masks import distance_from
from pipelines.appearance_expert.puppet.cutting.overlaps import overlap_of


@pytest.fixture
def thigh():
    return Capsule(LEFT_LEG, 0, np.array([90.0, 110.0]), np.array([90.0, 150.0]), 8.0)


def test_a_leg_reaches_up_under_the_trunk_and_fades(figure, labels, thigh):
    overlap = overlap_of(LEFT_LEG, figure, labels, [thigh])
    assert overlap.kept[106:112, 85:95].all()
    assert (labels[overlap.kept] == TORSO).all()  # never over the other leg
    column = overlap.fade[95:112, 90]
    assert (np.diff(column) >= 0).all()  # towards the leg
    assert column[-1] > 0.95 and overlap.fade[112 - round(1.4 * 8 * 1.06) - 1, 90] == 0


def test_another_cloth_on_a_leg_is_foreign_to_it(figure, labels, thigh):
    """The shirt ends at row 118, where the trunk's part ends now."""
    trousers = labels.copy()
    trousers[112:118][np.isin(trousers[112:118], LEGS)] = TORSO
    overlap = overlap_of(LEFT_LEG, figure, trousers, [thigh])
    assert overlap.foreign[112:117, 86:94].all()
    assert (overlap.kept | ~overlap.foreign).all()
    overall = replace(figure, image=np.full_like(figure.image, 90.0))
    assert not overlap_of(LEFT_LEG, overall, trousers, [thigh]).foreign.any()


def test_the_trunk_goes_down_over_both_legs_most_between_them(figure, labels):
    overlap = overlap_of(TORSO, figure, labels, [])
    far = distance_from(labels == TORSO)
    reach = [far[overlap.kept[:, x], x].max() for x in (76, 64)]
    assert reach[0] > 1.3 * reach[1]
    assert reach[0] < 2 * 0.45 * figure.unit


def test_the_trunk_does_not_show_the_rim_of_a_hand_on_a_thigh(figure, labels):
    labels[114:118, 84:96] = LEFT_ARM
    overlap = overlap_of(TORSO, figure, labels, [])
    assert not overlap.kept[112:122, 84:96].any()
    assert overlap.kept[112:116, 66:74].all()


def test_head_and_trunk_overlap_at_the_neck_only(figure, labels, with_points):
    labels[10:44, 70:90] = HEAD
    head = overlap_of(HEAD, figure, labels, []).kept
    trunk = overlap_of(TORSO, figure, labels, []).kept
    assert head[44:48, 76:84].all() and (labels[head] == TORSO).all()
    assert trunk[40:44, 76:84].all()
    assert not head[:, :64].any() and not head[60:].any()
    assert not (trunk & (labels == HEAD))[:27].any()
    lower = with_points(figure, neck=(80, 62))
    assert not overlap_of(TORSO, lower, labels, []).kept[:38].any()


def test_an_arm_keeps_its_socket(figure, labels):
    labels[50:54, 98:130] = LEFT_ARM
    upper = Capsule(LEFT_ARM, 0, np.array([100.0, 52.0]), np.array([130.0, 52.0]), 8.0)
    overlap = overlap_of(LEFT_ARM, figure, labels, [upper])
    assert overlap.kept[51:53, 94:98].all()
    assert not overlap.kept[:, :88].any()
    thin = overlap_of(LEFT_ARM, figure, labels, [replace(upper, radius=3.0)])
    assert thin.kept.sum() < overlap.kept.sum()


def test_no_part_overlaps_itself(figure, labels, thigh):
    for part in (TORSO, LEFT_LEG):
        assert not (overlap_of(part, figure, labels, [thigh]).kept & (labels == part)).any()
    assert not overlap_of(LEFT_LEG, figure, labels, [thigh]).kept[labels == RIGHT_LEG].any()
