"""Background that a matte wrongly covers between arm and trunk."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import LEFT_ARM
from pipelines.appearance_expert.puppet.cutting.capsules import outside_polygon, torso_polygon
from pipelines.appearance_expert.puppet.cutting.gaps import gaps_beside_arms

WALL = (150.0, 160.0, 170.0)


@pytest.fixture
def akimbo(figure, arm, with_points):
    """A left arm akimbo whose matte covers the wall (y 66..104, x 104..118) inside the elbow."""
    figure = with_points(
        figure, left_elbow=(140, 85), left_wrist=(100, 118),
        right_elbow=(50, 85), right_wrist=(58, 118),
    )  # fmt: skip
    raw = figure.raw.copy()
    raw[66:104, 104:118] = WALL
    figure = replace(
        figure, raw=raw, image=raw, background=np.full_like(raw, WALL),
        matte=np.ones_like(figure.matte),
    )  # fmt: skip
    capsules = arm(LEFT_ARM, (140, 85), (100, 118), (94, 122), radius=4.0)
    trunk = outside_polygon(figure.matte.shape, torso_polygon(figure))
    return figure, capsules, trunk


def test_the_wall_inside_an_elbow_is_taken_back(akimbo):
    matte = gaps_beside_arms(*akimbo)
    assert matte[75:95, 108:114].max() < 0.05
    assert (matte[60:100, 66:94] == 1).all()  # the trunk
    assert (matte[:40] == 1).all() and (matte[130:] == 1).all()


def test_clothes_of_another_colour_stay(akimbo):
    figure, capsules, trunk = akimbo
    raw = figure.raw.copy()
    raw[66:104, 104:118] = (60, 160, 60)
    assert (gaps_beside_arms(replace(figure, raw=raw), capsules, trunk) == figure.matte).all()


def test_so_much_of_it_is_rather_clothes_in_the_colour_of_the_wall(akimbo):
    figure, capsules, trunk = akimbo
    small = figure.matte.copy()
    small[130:] = 0
    small[:40] = 0
    small[:, :60] = small[:, 120:] = 0
    spare = replace(figure, matte=small)
    assert (gaps_beside_arms(spare, capsules, trunk) == small).all()


def test_without_arms_the_matte_stays(akimbo):
    figure, _, trunk = akimbo
    assert gaps_beside_arms(figure, [], trunk) is figure.matte
