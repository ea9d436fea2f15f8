"""The cut-out person tied to a dance."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEFT_ARM, TORSO
from pipelines.appearance_expert.puppet.cutting.parts import bones_of
from pipelines.appearance_expert.puppet.posing.depth_order import groups_of
from pipelines.appearance_expert.puppet.posing.rig import Rig
from pipelines.keypoints.person import POINT


@pytest.fixture(scope="module")
def rigged(cut):
    return lambda dance: Rig(cut.figure, cut.layers, bones_of(cut.figure), dance)


def stretched(rig):
    return rig.stretched(rig.draw_list(0, rig.state(0)).xy)


def edges(places, triangles):
    corners = places[triangles].astype(float)
    return corners - np.roll(corners, 1, axis=1)


def about_upright(degrees):
    angle = np.radians(degrees)
    about = np.array([
        [np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)],
    ])  # fmt: skip
    return np.diag([1.0, -1, -1]) @ about


def test_in_the_pictures_own_pose_every_triangle_is_as_in_the_texture(cut):
    """The warp of every mesh is the identity: front, back, and each limb."""
    draw = cut.rig.draw_list(0, cut.rig.state(0))
    assert len(draw.xy) == len(draw.uv)
    assert edges(draw.xy, draw.triangles) == pytest.approx(edges(draw.uv, draw.triangles), abs=1e-3)
    assert (draw.opacity == 1).all()
    assert stretched(cut.rig) == dict.fromkeys(cut.figure.limbs, 0.0)


def test_the_atlas_is_premultiplied(cut):
    atlas = cut.rig.atlas
    assert atlas.dtype == np.uint8 and atlas.shape[2] == 4
    assert (atlas[..., :3].max(-1) <= atlas[..., 3]).all()


def test_only_closed_bodies_are_culled(cut):
    draw = cut.rig.draw_list(1, cut.rig.state(1))
    sides = {bool(c) for c in draw.culled}
    assert sides == {True, False}
    assert draw.triangles.min() >= 0 and draw.triangles.max() < len(draw.xy)


def test_the_state_is_the_painting_order_and_who_is_seen_from_behind(
    rigged, cut, standing, hanging
):
    dance = standing(hanging, 8)
    dance.rotations[4:] = about_upright(180)
    rig = rigged(dance)
    order, arms, legs = rig.state(0)
    assert sorted(order) == list(range(len(groups_of(cut.figure.limbs))))
    assert (arms, legs) == (False, False)
    assert rig.state(7)[1:] == (True, True)


def test_an_arm_in_front_comes_after_the_trunk_in_the_list(rigged, cut, standing, hanging):
    groups = groups_of(cut.figure.limbs)
    forearm, torso = groups.index((LEFT_ARM, 1)), groups.index((TORSO, 0))
    for depth, in_front in ((-0.5, True), (0.5, False)):
        dance = standing(hanging)
        for name in ("elbow", "wrist", "hand"):
            dance.depth[:, POINT[f"left_{name}"]] += depth
        order = rigged(dance).state(0)[0]
        assert (order.index(forearm) > order.index(torso)) == in_front


@pytest.mark.parametrize(
    ("degrees", "some", "away"), [(20, 0.0, 0.0), (50, 0.5, 0.0), (140, 0.0, 0.5)]
)
def test_turns_are_counted_by_the_chest(rigged, standing, hanging, degrees, some, away):
    dance = standing(hanging, 6)
    dance.rotations[3:, POINT["spine3"]] = about_upright(degrees)
    shares = rigged(dance).turn_shares()
    assert shares == {"share_turned_35_to_90": some, "share_turned_beyond_90": away}


def test_around_the_profile_both_sides_are_drawn_and_fade(rigged, standing, hanging):
    dance = standing(hanging, 30)
    dance.rotations[15:] = about_upright(180)
    rig = rigged(dance)
    counts = [len(rig.draw_list(f, rig.state(f)).triangles) for f in (0, 15, 29)]
    assert counts[1] > counts[0] == counts[2]
    fading = rig.draw_list(15, rig.state(15)).opacity
    assert 0 < fading.min() < 1 and fading.max() == 1


@pytest.fixture
def bent(standing, hanging):
    """The reference pose but for a left elbow bent by so many degrees."""

    def make(degrees):
        dance, angle = standing(hanging), np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        chain = [POINT[f"left_{name}"] for name in ("elbow", "wrist", "hand")]
        elbow = dance.xy[:, chain[:1]].copy()
        dance.xy[:, chain] = (dance.xy[:, chain] - elbow) @ turn.T + elbow
        return dance

    return make


def test_the_further_an_arm_folds_the_more_of_it_is_drawn_out(rigged, bent):
    shares = [stretched(rigged(bent(degrees))) for degrees in (0, 120, 180)]
    arm = [share.pop(LEFT_ARM) for share in shares]
    assert 0 == arm[0] < arm[1] < arm[2] < 0.06
    assert all(share == 0 for of_others in shares for share in of_others.values())


def test_slivers_are_not_painted(rigged, bent):
    open_, folded = (rigged(bent(degrees)) for degrees in (120, 180))
    counts = [len(rig.draw_list(0, rig.state(0)).triangles) for rig in (open_, folded)]
    assert counts[1] == counts[0] - 1


def test_the_back_of_the_head_is_hair(rigged, standing, hanging, cut, colours):
    """Its texels are in the atlas: more hair than the front's crown alone."""
    atlas = cut.rig.atlas.astype(int)
    hair = np.abs(atlas[..., :3] - colours["hair"]).max(-1) < 12
    crown = np.abs(hanging.image.astype(int) - colours["hair"]).max(-1) < 12
    assert hair.sum() > 2.5 * crown.sum()
    assert HEAD in cut.layers
