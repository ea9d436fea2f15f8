"""Closed forms for the puppet's pieces: compositor, fills, order, turns, skinning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.inpaint import membrane, patched
from pipelines.appearance_expert.puppet.cutting.plate import laid_out, without_person
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull
from pipelines.appearance_expert.puppet.painting.compositor import Compositor
from pipelines.appearance_expert.puppet.posing.depth_order import (
    sorted_with_hysteresis,
    switched_with_hysteresis,
)
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList
from pipelines.appearance_expert.puppet.posing.limb_skin import Skin
from pipelines.appearance_expert.puppet.posing.limb_track import LimbTrack, pose_limb
from pipelines.appearance_expert.puppet.posing.mesh import grid_over
from pipelines.appearance_expert.puppet.posing.turns import hold_back_turns


def _quad(alpha=255, step=7):
    colour = np.array([40, 90, 20]) * alpha // 255
    texture = np.zeros((50, 50, 4), np.uint8)
    texture[...] = [*colour, alpha]
    xy, triangles = grid_over(np.ones((48, 48), np.float32), step)
    count = len(triangles)
    return texture, DrawList(
        xy=xy.astype(np.float32), uv=xy.astype(np.float32), triangles=triangles,
        culled=np.zeros(count, bool), opacity=np.ones(count, np.float32),
    )  # fmt: skip


def test_triangles_that_share_an_edge_never_paint_a_pixel_twice_or_not_at_all():
    texture, draw = _quad(alpha=100)
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = ((draw.xy - 24) @ turn.T * 1.7 + 60).astype(np.float32)
    draw = DrawList(turned, draw.uv, draw.triangles, draw.culled, draw.opacity)
    compositor = Compositor(120, 120, texture)
    frame = compositor.paint(np.full((120, 120, 3), 200, np.float32), draw)
    middle = frame[40:80, 40:80].reshape(-1, 3)
    assert (middle == middle[0]).all()
    assert frame[0, 0].tolist() == [200, 200, 200]
    compositor.close()


def test_an_opaque_quad_covers_whole_pixels_exactly():
    texture, draw = _quad()
    compositor = Compositor(64, 60, texture)
    frame = compositor.paint(np.zeros((60, 64, 3), np.float32), draw)
    assert (frame[:48, :48] == [40, 90, 20]).all()
    assert (frame[48:] == 0).all() and (frame[:, 48:] == 0).all()
    compositor.close()


def test_a_culled_triangle_seen_from_behind_is_not_painted():
    texture, draw = _quad()
    draw = DrawList(
        draw.xy, draw.uv, draw.triangles[:, ::-1].copy(), ~draw.culled, draw.opacity
    )  # fmt: skip
    compositor = Compositor(64, 60, texture)
    assert compositor.paint(np.zeros((60, 64, 3), np.float32), draw).max() == 0
    compositor.close()


def test_push_pull_keeps_what_is_known_and_continues_a_constant():
    colour = np.full((33, 47, 3), 80.0, np.float32)
    weight = np.zeros((33, 47), np.float32)
    weight[5:9, 6:12] = 1
    colour[weight == 0] = 7
    filled = push_pull(colour, weight)
    assert np.allclose(filled, 80, atol=0.5)


def test_a_membrane_continues_a_slope():
    slope = np.linspace(50, 200, 60, dtype=np.float32)[:, None, None] * np.ones((1, 40, 3))
    hole = np.zeros((60, 40), bool)
    hole[15:45, 12:28] = True
    seen = np.where(hole[..., None], 0, slope).astype(np.float32)
    assert np.abs(membrane(seen, hole) - slope).max() < 4


def test_patches_continue_stripes():
    stripes = np.where((np.arange(64) // 4 % 2)[:, None, None] > 0, 200.0, 60.0)
    picture = (stripes * np.ones((1, 80, 3))).astype(np.float32)
    hole = np.zeros((64, 80), bool)
    hole[20:44, 30:50] = True
    seen = np.where(hole[..., None], 0, picture).astype(np.float32)
    filled, field = patched(seen, hole)
    assert np.abs(filled - picture).mean() < 3
    assert (field[hole] >= 0).all() and (field[~hole] == -1).all()


def test_a_plain_wall_loses_person_and_shadow():
    y, x = np.mgrid[:300, :200]
    wall = 220 - 0.05 * y
    shade = 30 * np.exp(-(((x - 120) / 22) ** 2 + ((y - 160) / 60) ** 2))
    matte = ((np.abs(x - 95) < 18) & (np.abs(y - 160) < 80)).astype(np.float32)
    picture = np.where(matte > 0, 30, wall - shade)[..., None] * np.ones(3)
    clean = without_person(picture.astype(np.float32), matte)
    assert np.abs(clean.mean(-1) - wall).max() < 8


def test_a_wider_canvas_gets_background_everywhere():
    picture = np.full((40, 30, 3), 99, np.float32)
    plate = laid_out(picture, np.array([[1.0, 0, 25], [0, 1, 0]]), 80, 40)
    assert plate.shape == (40, 80, 3)
    assert np.allclose(plate, 99, atol=1)


def test_order_changes_only_beyond_the_hysteresis_and_for_good():
    near, far = 1.0, 1.02
    keys = np.array([[near, far]] * 8 + [[far, near]] * 8 + [[far + 0.1, near]] * 8)
    orders = sorted_with_hysteresis(keys, hysteresis=0.04)
    assert (orders[:16] == [1, 0]).all()
    assert (orders[16:] == [0, 1]).all()


def test_an_order_that_lasts_two_frames_is_left_out():
    keys = np.array([[1.0, 2.0]] * 6 + [[2.0, 1.0]] * 2 + [[1.0, 2.0]] * 6)
    assert (sorted_with_hysteresis(keys) == [1, 0]).all()


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_a_switch_never_contradicts_a_clear_signal(values):
    states = switched_with_hysteresis(np.array(values), 0.2)
    for value, state in zip(values[1:], states[1:], strict=True):
        assert state == (value > 0) or abs(value) <= 0.2


def _heading(degrees):
    angle = np.radians(degrees)
    about = np.zeros((len(angle), 3, 3))
    about[:, 0, 0] = about[:, 2, 2] = np.cos(angle)
    about[:, 0, 2], about[:, 2, 0] = np.sin(angle), -np.sin(angle)
    about[:, 1, 1] = 1
    return np.diag([1.0, -1, -1]) @ about


def test_small_turns_are_real_and_large_ones_held_back():
    turn = hold_back_turns(_heading(np.array([0.0, 20, 60, 85, -85])), np.radians(50), 3.0)
    ahead = -turn.front[:, 2, 2]
    shown = np.degrees(np.arccos(np.clip(ahead, -1, 1)))
    assert shown[:2] == pytest.approx([0, 20], abs=1e-6)
    assert 35 < shown[2] < shown[3] < 50
    assert turn.front[3, 2, 0] == pytest.approx(-turn.front[4, 2, 0])


def test_the_back_takes_over_behind_the_profile():
    turn = hold_back_turns(_heading(np.r_[[0.0] * 30, [180.0] * 30]), np.radians(50), 30.0)
    assert turn.share[0] == 1 and turn.share[-1] == 0
    assert (np.diff(turn.share) <= 1e-12).all()
    assert turn.back[-1, 2, 2] == pytest.approx(1)


def _straight_limb(turns):
    chain = np.array([[50.0, 20], [50, 60], [50, 95], [50, 110]])
    along = np.linspace(0.2, 2.8, 27)
    y = np.interp(along, [0, 1, 2, 3], [0, 40, 77, 110])
    xy = np.array([[50 + side, row] for side in (-8.0, 8.0) for row in y])
    coordinate = np.r_[along, along]
    joint = np.clip(np.floor(coordinate), 0, 2).astype(int)
    skin = Skin(
        joint, coordinate - joint, xy, chain, np.array([0.0, 1]), False, (8.0, 8, 8)
    )  # fmt: skip
    shape = np.broadcast_to(np.eye(2), (1, 4, 2, 2))
    return skin, LimbTrack(chain[None, :3], np.array([turns]), shape)


def test_an_unmoved_limb_stays_and_a_turned_one_is_rigid():
    skin, track = _straight_limb([0.0, 0, 0, 0])
    assert pose_limb(skin, track, 0, False) == pytest.approx(skin.xy)
    assert (skin.blend >= 0).all() and (skin.blend <= 1).all()


def test_a_bent_elbow_keeps_its_width():
    skin, track = _straight_limb([0.0, 0, 2.4, 2.4])
    bent = pose_limb(skin, track, 0, False)
    at_elbow = np.isclose(skin.xy[:, 1], 60, atol=12) & (skin.joint == 1)
    reach = np.linalg.norm(bent[at_elbow] - track.joints[0, 1], axis=1)
    before = np.linalg.norm(skin.xy[at_elbow] - track.joints[0, 1], axis=1)
    assert reach == pytest.approx(before)
