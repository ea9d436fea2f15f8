"""Torso and head through a dance: closed forms at rest, shifted, turned, bent."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.posing.trunk import HeadSkin, TorsoSkin, track_trunk
from pipelines.keypoints.person import POINT


@pytest.fixture(scope="module")
def trunk(cut):
    """From half depths to the skins of a grid over the trunk and over the head."""
    figure = cut.figure

    def make(depth=0.0):
        neck, pelvis = figure.point("neck"), figure.point("pelvis")
        x, y = np.meshgrid(neck[0] + np.arange(-25, 26, 5.0), np.arange(neck[1], pelvis[1], 8.0))
        torso = np.stack([x.ravel(), y.ravel()], axis=1)
        x, y = np.meshgrid(neck[0] + np.arange(-20, 21, 5.0), neck[1] - np.arange(0, 60, 5.0))
        head = np.stack([x.ravel(), y.ravel()], axis=1)
        body = TorsoSkin(torso, np.full(len(torso), depth), figure)
        on_torso = TorsoSkin(head, np.full(len(head), depth), figure)
        return torso, body, head, HeadSkin(head, np.full(len(head), depth), figure, on_torso)

    return make


def tracked(dance):
    turns = (dance.rotations[:, POINT[name]] for name in ("pelvis", "spine3", "head"))
    return track_trunk(dance, *turns)


def shift_of(cut, hanging):
    return hanging.xy[0] - cut.figure.xy[0]


def test_the_reference_pose_leaves_every_vertex_where_it_is(trunk, cut, hanging, standing):
    torso, body, head, skull = trunk(depth=7.0)
    track, shift = tracked(standing(hanging)), shift_of(cut, hanging)
    assert body.pose(track, 0) == pytest.approx(torso + shift, abs=1e-6)
    assert skull.pose(track, 0) == pytest.approx(head + shift, abs=1e-6)


def test_a_shifted_dance_shifts_them(trunk, cut, hanging, standing):
    torso, body, head, skull = trunk()
    dance = standing(hanging)
    track = tracked(replace(dance, xy=dance.xy + np.array([31.0, -12.0])))
    shift = shift_of(cut, hanging) + np.array([31, -12])
    assert body.pose(track, 0) == pytest.approx(torso + shift, abs=1e-6)
    assert skull.pose(track, 0) == pytest.approx(head + shift, abs=1e-6)


def about_upright(degrees):
    angle = np.radians(degrees)
    about = np.array([
        [np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)],
    ])  # fmt: skip
    return np.diag([1.0, -1, -1]) @ about


@pytest.mark.parametrize("degrees", [0, 25, -50])
@pytest.mark.parametrize("depth", [0.0, 9.0, -9.0])
def test_above_the_neck_a_turned_head_is_rigid(trunk, hanging, standing, cut, degrees, depth):
    """x = joint + cos * sideways + sin * depth; heights stay."""
    _, _, head, skull = trunk(depth)
    dance = standing(hanging)
    dance.rotations[:, POINT["head"]] = about_upright(degrees)
    own = head[:, 1] < cut.figure.point("neck")[1] - 0.6 * 30
    posed = skull.pose(tracked(dance), 0)[own]
    joint, angle = cut.figure.point("head"), np.radians(degrees)
    sideways = head[own, 0] - joint[0]
    expected = hanging.xy[POINT["head"], 0] + np.cos(angle) * sideways + np.sin(angle) * depth
    assert posed[:, 0] == pytest.approx(expected)
    assert posed[:, 1] == pytest.approx(head[own, 1] + shift_of(cut, hanging)[1])


def test_a_turned_trunk_is_narrower_and_slides_over_its_depth(trunk, hanging, standing, cut):
    torso, body, _, _ = trunk(depth=8.0)
    dance = standing(hanging)
    dance.rotations[:] = about_upright(40)
    xy = dance.xy.copy()
    for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"):
        xy[:, POINT[name], 0] = 120 + np.cos(np.radians(40)) * (xy[:, POINT[name], 0] - 120)
    posed = body.pose(tracked(replace(dance, xy=xy)), 0)
    expected = 120 + np.cos(np.radians(40)) * (torso[:, 0] - cut.figure.point("neck")[0])
    assert posed[:, 0] == pytest.approx(expected + 8 * np.sin(np.radians(40)), abs=1e-6)


def test_the_spine_bends_through_its_three_joints(cut, hanging, staged):
    """Vertices at pelvis, middle and neck go where the dance has those joints.

    The shoulders have moved along with the parabola through the three, so nothing else pulls.
    """
    figure = cut.figure
    names = ("pelvis", "spine2", "neck")
    xy = hanging.xy.copy()
    xy[POINT["spine2"]] += [14, 0]
    height = (180 - 102) / 88
    for name in ("left_shoulder", "right_shoulder"):
        xy[POINT[name]] += [14 * 4 * height * (1 - height), 0]
    skin = TorsoSkin(np.stack([figure.point(n) for n in names]), np.zeros(3), figure)
    track = tracked(staged([xy]))
    assert skin.pose(track, 0) == pytest.approx(xy[[POINT[n] for n in names]], abs=1e-6)


def test_raised_shoulders_pull_the_cloth_around_them(trunk, hanging, staged, cut):
    torso, body, _, _ = trunk()
    xy = hanging.xy.copy()
    xy[POINT["left_shoulder"]] += [0, -15]
    pull = body.pose(tracked(staged([xy])), 0) - torso - shift_of(cut, hanging)
    near = np.linalg.norm(torso - cut.figure.point("left_shoulder"), axis=1)
    assert pull[near.argmin(), 1] < -12
    assert np.abs(pull[near > 75]).max() < 1.5
