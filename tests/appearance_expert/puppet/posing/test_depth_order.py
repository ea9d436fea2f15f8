"""Which part is painted over which."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    HEAD,
    LEFT_ARM,
    LEFT_LEG,
    LEGS,
    TORSO,
)
from pipelines.appearance_expert.puppet.posing.depth_order import (
    HYSTERESIS,
    depth_keys,
    groups_of,
    sorted_with_hysteresis,
    switched_with_hysteresis,
)
from pipelines.keypoints.person import POINT

LIMBS = (*ARMS, *LEGS)


@pytest.fixture
def at_depths(staged):
    """A dance of points in one plane but for the given depths (T,)."""

    def make(depths, frames=1):
        dance = staged(np.zeros((frames, 29, 2)))
        dance.depth[:] = 0
        for name, depth in depths.items():
            dance.depth[:, POINT[name]] = depth
        return dance

    return make


def test_torso_and_head_are_whole_and_limbs_are_halves():
    assert groups_of((LEFT_ARM,)) == [(TORSO, 0), (HEAD, 0), (LEFT_ARM, 0), (LEFT_ARM, 1)]
    assert len(set(groups_of(LIMBS))) == 10


def test_leaning_back_does_not_bring_the_thighs_before_the_hem(at_depths):
    chest = {"spine2": 0.2, "spine3": 0.3, "neck": 0.4}
    groups = groups_of(LIMBS)
    trunk, thigh = groups.index((TORSO, 0)), groups.index((LEFT_LEG, 0))
    leaning = depth_keys(at_depths(chest), groups)[0]
    assert leaning[thigh] > leaning[trunk]  # farther away
    raised = depth_keys(at_depths({"left_knee": -0.4}), groups)[0]
    assert raised[thigh] < raised[trunk]


def test_in_one_plane_arms_are_before_the_trunk_and_legs_behind_it(at_depths):
    groups = groups_of(LIMBS)
    order = [groups[k] for k in sorted_with_hysteresis(depth_keys(at_depths({}), groups))[0]]
    place = {group: order.index(group) for group in groups}
    assert all(place[leg, half] < place[TORSO, 0] for leg in LEGS for half in (0, 1))
    assert all(place[arm, half] > place[TORSO, 0] for arm in ARMS for half in (0, 1))
    assert order[-1] == (HEAD, 0)


def test_the_order_flips_when_the_arm_passes_behind(at_depths):
    away = np.r_[[-0.3] * 10, [0.3] * 10]
    dance = at_depths({"left_elbow": away, "left_wrist": away}, frames=20)
    groups = groups_of(LIMBS)
    orders = sorted_with_hysteresis(depth_keys(dance, groups)).tolist()
    torso, forearm = groups.index((TORSO, 0)), groups.index((LEFT_ARM, 1))
    before = [order.index(forearm) > order.index(torso) for order in orders]
    assert before == [True] * 10 + [False] * 10


def test_order_changes_only_beyond_the_hysteresis_and_for_good():
    near, far = 1.0, 1.02
    keys = np.array([[near, far]] * 8 + [[far, near]] * 8 + [[far + 0.1, near]] * 8)
    orders = sorted_with_hysteresis(keys, hysteresis=0.04)
    assert (orders[:16] == [1, 0]).all()
    assert (orders[16:] == [0, 1]).all()


def test_an_order_that_lasts_two_frames_is_left_out():
    keys = np.array([[1.0, 2.0]] * 6 + [[2.0, 1.0]] * 2 + [[1.0, 2.0]] * 6)
    assert (sorted_with_hysteresis(keys) == [1, 0]).all()


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=20))
def test_every_frame_is_a_whole_order_and_none_is_far_wrong_at_its_start(keys):
    keys = np.array(keys)
    orders = sorted_with_hysteresis(keys)
    assert (np.sort(orders, axis=1) == np.arange(4)).all()
    first = keys[0][orders[0]]
    assert (np.diff(first) <= HYSTERESIS).all()


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_a_switch_never_contradicts_a_clear_signal(values):
    states = switched_with_hysteresis(np.array(values), 0.2)
    for value, state in zip(values[1:], states[1:], strict=True):
        assert state == (value > 0) or abs(value) <= 0.2
