"""The triangles of the whole figure, numbered and sorted."""

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEFT_ARM, TORSO
from pipelines.appearance_expert.puppet.posing.limb_skin import Skin
from pipelines.appearance_expert.puppet.posing.mesh import Mesh, grid_over
from pipelines.appearance_expert.puppet.posing.sheets import FROM_BEHIND, FROM_FRONT, lay_out


def mesh_of(alpha, offset):
    xy, triangles = grid_over(alpha, 10)
    return Mesh(xy, (xy + offset).astype(np.float32), triangles)


@pytest.fixture
def pieces():
    """Torso, head and a left arm of 20 x 60 pixels with a crumb beside it, and two backs."""
    torso, head = np.ones((40, 30), np.float32), np.ones((20, 20), np.float32)
    arm = np.zeros((60, 60), np.float32)
    arm[:, 1:19] = 1
    arm[5, 55] = 1
    meshes = [mesh_of(a, k) for k, a in enumerate((torso, head, arm, torso, head))]
    xy = meshes[2].xy
    along = np.clip(xy[:, 1] / 20, 0, 3)
    joint = np.clip(np.floor(along), 0, 2).astype(int)
    chain = np.array([[10.0, 0], [10, 20], [10, 40], [10, 60]])
    skin = Skin(joint, along - joint, xy, chain, np.array([0.0, 1]), True, (9.0, 9.0, 9.0))
    depths = {TORSO: meshes[0].xy[:, 0], HEAD: meshes[1].xy[:, 1]}
    return meshes, depths, {LEFT_ARM: skin}


@pytest.fixture
def sheets(pieces):
    return lay_out([TORSO, HEAD, LEFT_ARM], *pieces)


def test_vertices_are_layers_then_backs_then_the_trunk_again(sheets, pieces):
    meshes = pieces[0]
    order = [0, 1, 2, 3, 4, 0, 1, 3, 4]
    assert (sheets.uv == np.concatenate([meshes[k].uv for k in order])).all()


def test_a_trunk_has_both_sides_and_the_nearer_one_is_painted_last(sheets, pieces):
    """The place that stands out most is the last of the side that faces the viewer."""
    meshes, depths, _ = pieces
    count = len(meshes[0].triangles)
    start = np.cumsum([0, *(len(meshes[k].xy) for k in (0, 1, 2, 3, 4, 0, 1, 3, 4))])
    front, behind = sheets.triangles[TORSO, 0]
    assert (FROM_FRONT, FROM_BEHIND) == (0, 1)
    assert front.shape == behind.shape == (2 * count, 3)
    assert (front[count:] < start[1]).all()  # the picture's own side comes last
    assert ((front[:count] >= start[3]) & (front[:count] < start[4])).all()
    assert ((behind[:count] >= start[5]) & (behind[:count] < start[6])).all()
    assert (behind[count:] >= start[7]).all()
    assert (np.diff(depths[TORSO][front[count:]].mean(1)) >= 0).all()


def test_backs_are_wound_the_other_way(sheets, pieces):
    meshes = pieces[0]
    xy = np.concatenate([meshes[k].xy for k in (0, 1, 2, 3, 4, 0, 1, 3, 4)])
    a, b, c = (xy[sheets.triangles[HEAD, 0][FROM_FRONT]][:, k] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    count = len(area) // 2
    assert (area[:count] < 0).all() and (area[count:] > 0).all()


def test_a_limb_is_two_halves_without_crumbs(sheets, pieces):
    mesh = pieces[0][2]
    base = len(pieces[0][0].xy) + len(pieces[0][1].xy)
    upper, lower = (sheets.triangles[LEFT_ARM, half][0] - base for half in (0, 1))
    assert (mesh.xy[upper][..., 1].mean(1) < 31).all()
    assert (mesh.xy[lower][..., 1].mean(1) > 29).all()
    assert mesh.xy[np.concatenate([upper, lower])][..., 0].max() <= 20
    assert len(upper) + len(lower) == 2 * 2 * 6


@pytest.mark.parametrize(("factor", "torn"), [(1.0, False), (1.9, False), (2.1, True)])
def test_triangles_drawn_out_beyond_their_size_are_told(sheets, pieces, factor, torn):
    meshes = pieces[0]
    xy = np.concatenate([meshes[k].xy for k in (0, 1, 2, 3, 4, 0, 1, 3, 4)])
    drawn_out = sheets.drawn_out(xy * [1, factor], (LEFT_ARM, 0), most=2.0)
    assert drawn_out.all() if torn else not drawn_out.any()


def test_short_edges_beside_the_limb_are_a_crease_and_no_tear(pieces):
    meshes, depths, skins = pieces
    thick = {part: Skin(s.joint, s.blend, s.xy, s.chain, s.trunk, s.is_arm, (9.0, 60.0, 9.0))
             for part, s in skins.items()}  # fmt: skip
    sheets = lay_out([TORSO, HEAD, LEFT_ARM], meshes, depths, thick)
    xy = np.concatenate([meshes[k].xy for k in (0, 1, 2, 3, 4, 0, 1, 3, 4)])
    assert not sheets.drawn_out(3 * xy, (LEFT_ARM, 0), most=2.0).any()  # 42 < 0.8 * 60
    assert sheets.drawn_out(5 * xy, (LEFT_ARM, 0), most=2.0).all()
