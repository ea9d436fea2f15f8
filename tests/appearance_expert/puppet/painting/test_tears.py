"""Is the figure in one piece while it dances?"""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
)
from pipelines.appearance_expert.puppet.painting.tears import (
    MOST_HOLES,
    MOST_LOOSE,
    MOST_STRETCHED,
    Tears,
    loose_share,
    measure_tears,
    open_share,
    widest_poses,
)


def test_a_slim_waist_is_no_hole_and_a_hole_is_one():
    solid = np.zeros((100, 100), bool)
    for row in range(10, 90):
        half = 12 + 18 * abs(row - 50) / 40
        solid[row, round(50 - half) : round(50 + half) + 1] = True
    corners = np.array([[20.0, 10], [80, 10], [80, 90], [20, 90]])
    assert open_share(solid, corners) < 0.02
    pierced = solid.copy()
    pierced[40:60, 44:56] = False
    assert open_share(pierced, corners) > 0.05


def test_only_the_torn_arm_is_named():
    tears = Tears(0.0, 0.0, {LEFT_ARM: 0.5, RIGHT_ARM: 0.01, LEFT_LEG: 0.0})
    assert tears.torn_arms == (LEFT_ARM,)


def test_loose_and_open_shares():
    solid = np.zeros((100, 100), bool)
    solid[10:60, 10:60] = True
    assert loose_share(solid) == 0
    solid[80:90, 80:90] = True
    assert loose_share(solid) == pytest.approx(100 / 2600)
    solid[98, 98] = True
    assert loose_share(solid) == pytest.approx(100 / 2600)
    corners = np.array([[10.0, 10], [60, 10], [60, 60], [10, 60]])
    assert open_share(solid, corners) == 0
    solid[:, 35:] = False
    assert open_share(solid, corners) == pytest.approx(0.5, abs=0.04)


def test_what_is_out_of_bounds_is_said():
    assert Tears(0.0, 0.0, {LEFT_ARM: 0.0}).failed == ()
    told = Tears(0.5, 0.5, {LEFT_ARM: 0.5}).failed
    assert len(told) == 3 and "left arm" in told[2]


def test_on_the_threshold_nothing_is_torn():
    at = Tears(MOST_LOOSE, MOST_HOLES, dict(MOST_STRETCHED))
    assert at.failed == () and at.torn_arms == ()
    assert at.as_json() == {"loose": 0.01, "holes": 0.04, "stretched": 0.12}
    for name in ("loose", "holes"):
        assert len(replace(at, **{name: getattr(at, name) + 1e-6}).failed) == 1


def test_widest_poses_are_far_apart():
    xy = np.zeros((50, 29, 2))
    xy[:, 5, 0] = np.linspace(0, 49, 50)
    assert sorted(widest_poses(xy, 3))[::2] == [0, 49]
    assert widest_poses(xy[:1], 6) == [0]


def test_where_the_figure_stands_does_not_make_a_pose_wide():
    xy = np.zeros((10, 29, 2)) + np.arange(10)[:, None, None] * 50.0
    xy[4, 7, 0] += 5
    assert widest_poses(xy, 1) == [4]


def test_a_person_as_drawn_is_whole(cut, hanging, dance_of, poses):
    tears = measure_tears(cut.rig, cut.figure, dance_of([poses.hanging, poses.raised]))
    assert tears.failed == ()
    assert tears.loose < 0.005 and tears.holes == 0
    assert set(tears.stretched) == set(cut.figure.limbs)


def test_a_trunk_beside_its_own_bones_is_open(cut, dance_of, poses):
    dance = dance_of([poses.hanging, poses.raised])
    beside = replace(dance, xy=dance.xy + np.array([150.0, 0]))
    tears = measure_tears(cut.rig, cut.figure, beside)
    assert tears.holes > 0.9 and "open" in tears.failed[0]
