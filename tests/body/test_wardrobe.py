"""The dressed body as a whole: one mesh of skin, clothes, shoes and hair on our skeleton."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.outfit import Outfit
from pipelines.body.skeleton import JOINT, OFFSETS
from pipelines.body.wardrobe import dressed_body


@pytest.fixture(scope="module")
def body():
    return dressed_body()


def test_types_and_shapes_that_renderers_and_exports_take(body):
    count = len(body.template)
    assert body.template.dtype == body.normals.dtype == body.colours.dtype == np.float32
    assert body.faces.dtype == np.int32 and body.offsets.dtype == np.float64
    assert body.template.shape == body.normals.shape == body.colours.shape == (count, 3)
    assert body.weights.shape == (count, 24)
    assert set(np.unique(body.faces)) == set(range(count)), "no vertex is left over"


def test_the_same_outfit_is_the_same_body(body):
    again = dressed_body(Outfit())
    for name in ("template", "normals", "faces", "weights", "colours"):
        np.testing.assert_array_equal(getattr(again, name), getattr(body, name))


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ("shirt", lambda p: (np.abs(p[:, 0]) < 0.08) & (np.abs(p[:, 1] - 0.1) < 0.05)),
        ("trousers", lambda p: np.abs(p[:, 1] + 0.3) < 0.05),
        ("shoes", lambda p: (p[:, 1] < -0.90) & (p[:, 1] > -0.95)),
    ],
)
def test_each_part_wears_its_colour_in_its_place(part, where):
    bright = (1.0, 250.0, 2.0)
    dressed = dressed_body(Outfit(**{part: bright}))
    chosen = dressed.colours[where(dressed.template)]
    assert len(chosen)
    wearing = (chosen[:, 1] > 100) & (chosen[:, [0, 2]].max(1) < 5)
    assert wearing.mean() > 0.6


def test_everything_but_the_hair_is_moved_by_several_joints(body):
    head = body.weights[:, JOINT["head"]] == 1
    hair = head & (body.colours.sum(1) < 300)
    assert hair.sum() > 2000
    assert (body.weights[~head] > 0).sum(1).mean() > 1.5


def test_arms_hands_and_feet_are_there(body):
    for name in ("left_wrist", "right_wrist", "left_ankle", "right_foot", "head"):
        assert (body.weights[:, JOINT[name]] > 0.5).any(), name
    assert np.ptp(body.template[:, 0]) > 1.5


def test_a_skeleton_with_longer_arms_stretches_the_sleeves(body):
    longer = OFFSETS.copy()
    longer[JOINT["left_elbow"]] *= 1.2
    other = dressed_body(offsets_J3=longer)
    grown = other.template[:, 0].max() - body.template[:, 0].max()
    assert grown == pytest.approx(0.2 * OFFSETS[JOINT["left_elbow"], 0], abs=0.01)
    assert other.template[:, 0].min() == pytest.approx(body.template[:, 0].min(), abs=1e-3)
    np.testing.assert_array_equal(other.faces, body.faces)


def test_shapes_change_the_girth_and_not_the_skeleton(body):
    def girth(dressed) -> float:
        waist = np.abs(dressed.template[:, 1] - 0.1) < 0.03
        return float(np.ptp(dressed.template[waist & (np.abs(dressed.template[:, 0]) < 0.25), 0]))

    light, heavy = (dressed_body(betas=np.array([0, weight])) for weight in (-1.5, 1.5))
    assert girth(light) < girth(body) < girth(heavy)
    for shaped in (light, heavy):
        np.testing.assert_array_equal(shaped.offsets, body.offsets)
        assert shaped.template[:, 1].min() == pytest.approx(body.template[:, 1].min(), abs=0.01)
