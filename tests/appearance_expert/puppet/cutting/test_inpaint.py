"""Membranes and patches where the person stood."""

import numpy as np

from pipelines.appearance_expert.puppet.cutting.inpaint import membrane, patched


def test_a_membrane_continues_a_slope():
    slope = np.linspace(50, 200, 60, dtype=np.float32)[:, None, None] * np.ones((1, 40, 3))
    hole = np.zeros((60, 40), bool)
    hole[15:45, 12:28] = True
    seen = np.where(hole[..., None], 0, slope).astype(np.float32)
    assert np.abs(membrane(seen, hole) - slope).max() < 4


def test_a_membrane_leaves_the_rest_alone():
    picture = np.random.default_rng(0).uniform(0, 255, (30, 20, 3)).astype(np.float32)
    hole = np.zeros((30, 20), bool)
    hole[10:20, 5:12] = True
    filled = membrane(picture, hole)
    assert (filled[~hole] == picture[~hole]).all()
    assert picture.min() <= filled.min() and filled.max() <= picture.max()


def test_patches_continue_stripes():
    stripes = np.where((np.arange(64) // 4 % 2)[:, None, None] > 0, 200.0, 60.0)
    picture = (stripes * np.ones((1, 80, 3))).astype(np.float32)
    hole = np.zeros((64, 80), bool)
    hole[20:44, 30:50] = True
    seen = np.where(hole[..., None], 0, picture).astype(np.float32)
    filled, field = patched(seen, hole)
    assert np.abs(filled - picture).mean() < 3
    assert (field[hole] >= 0).all() and (field[~hole] == -1).all()
    rows, columns = field[hole].T
    assert not hole[rows, columns].any()  # nothing is copied out of the hole


def test_where_no_patch_fits_a_membrane_fills():
    picture = np.full((16, 16, 3), 120, np.float32)
    hole = np.zeros((16, 16), bool)
    hole[4:12, 4:12] = True
    filled, field = patched(picture, hole)
    assert np.allclose(filled, 120, atol=0.5)
    assert (field == -1).all()
