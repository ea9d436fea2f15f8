"""Grids over layers, and the atlas."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEFT_ARM, TORSO
from pipelines.appearance_expert.puppet.cutting.layers import Layer
from pipelines.appearance_expert.puppet.posing.mesh import (
    CLOSED_STEP,
    GRID_STEP,
    build_atlas,
    grid_over,
)


def areas(xy, triangles):
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


@settings(max_examples=40)
@given(st.integers(8, 50), st.integers(8, 50), st.integers(3, 11), st.integers(0, 2**32 - 1))
def test_every_opaque_pixel_lies_under_the_grid(height, width, step, seed):
    random = np.random.default_rng(seed)
    alpha = (random.uniform(size=(height, width)) < 0.02).astype(np.float32)
    alpha[height // 2, width // 2] = 1
    xy, triangles = grid_over(alpha, step)
    assert (areas(xy, triangles) > 0).all()
    low, high = xy[triangles].min(1), xy[triangles].max(1)
    for y, x in np.argwhere(alpha > 0):
        assert ((low <= [x, y]) & (high >= [x + 1, y + 1])).all(1).any()


def test_a_full_sheet_is_covered_once():
    xy, triangles = grid_over(np.ones((40, 30), np.float32), 7)
    assert areas(xy, triangles).sum() == pytest.approx(40 * 30)
    assert xy.min() == 0 and xy.max(0).tolist() == [30, 40]
    assert len(np.unique(triangles)) == len(xy)  # no vertex without a triangle


@pytest.fixture
def layers():
    def box(part, rows, columns, level):
        alpha = np.zeros((60, 50), np.float32)
        alpha[rows, columns] = 0.5
        return Layer(part, np.full((60, 50, 3), level, np.float32), alpha, 0.0)

    return [
        box(TORSO, slice(20, 50), slice(10, 40), 200.0),
        box(HEAD, slice(5, 18), slice(18, 32), 100.0),
        box(LEFT_ARM, slice(25, 40), slice(40, 48), 40.0),
    ]


def test_the_atlas_holds_every_layer_and_then_the_backs(layers):
    back = np.full((60, 50, 3), 150.0, np.float32)
    atlas, meshes = build_atlas(layers, {TORSO: back, HEAD: back})
    assert atlas.dtype == np.uint8 and len(meshes) == 5
    assert (meshes[0].xy == meshes[3].xy).all() and (meshes[1].xy == meshes[4].xy).all()
    middles = [(25, 35), (25, 11), (44, 32), (25, 35), (25, 11)]
    for mesh, place, level in zip(meshes, middles, [200, 100, 40, 150, 150], strict=True):
        shift = mesh.uv - mesh.xy
        assert (shift == shift[0]).all()  # the texture is not distorted
        x, y = (np.array(place) + shift[0]).astype(int)
        assert atlas[y, x].tolist() == pytest.approx([level / 2] * 3 + [128], abs=1)


def test_what_has_a_back_is_meshed_more_finely(layers):
    _, meshes = build_atlas(layers, {TORSO: layers[0].colour})
    torso, head = meshes[0], meshes[1]
    for mesh, step in ((torso, CLOSED_STEP), (head, GRID_STEP)):
        assert np.diff(np.unique(mesh.xy[:, 0])).max() == step


def test_no_two_pieces_share_a_texel(layers):
    atlas, meshes = build_atlas(layers, {})
    assert (atlas[..., 3] > 0).sum() == sum((layer.alpha > 0).sum() for layer in layers)
    spans = sorted((mesh.uv[:, 1].min(), mesh.uv[:, 1].max()) for mesh in meshes)
    assert all(low[1] <= high[0] + 4 for low, high in pairwise(spans))
