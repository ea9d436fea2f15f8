"""The bodies by name, dressed in a look, and as meshes that files can hold."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.body.bodies import BODIES, as_skin, open_body
from pipelines.body.mesh import BodyMesh
from pipelines.body.outfit import Outfit
from pipelines.body.skeleton import JOINT_NAMES, OFFSETS
from pipelines.body.variety import Look
from pipelines.support.errors import UnsuitableInput


def test_names_that_the_command_line_offers():
    assert BODIES == ("anny", "skeleton", "smpl")


@pytest.mark.parametrize("kind", ["anny", "skeleton"])
def test_free_bodies_pose_on_our_skeleton(kind):
    body = open_body(kind, Look())
    np.testing.assert_array_equal(body.offsets, OFFSETS)
    standing = np.tile(np.eye(3), (1, 24, 1, 1))
    vertices, normals = next(iter(body.pose(standing, np.zeros((1, 3)))))
    assert vertices.shape == normals.shape == body.colours.shape
    assert body.faces.max() == len(vertices) - 1
    assert 1.6 < np.ptp(vertices[:, 1]) < 1.85


def test_clothes_and_shape_come_from_the_look():
    red = Look(outfit=Outfit(shirt=(250.0, 3.0, 3.0)))
    plain, dressed = open_body("anny", Look()), open_body("anny", red)

    def share_of(body, colour):
        return (np.abs(body.colours - colour).max(1) < 1).mean()

    assert share_of(dressed, (250, 3, 3)) > 0.05 > share_of(plain, (250, 3, 3))
    tall = open_body("anny", Look(betas=np.array([2.0, 0, 0, 0, 0, 0])))
    assert np.abs(tall.template - plain.template).max() > 0.005
    np.testing.assert_array_equal(tall.offsets, plain.offsets)


def test_the_skeleton_wears_no_clothes():
    red = Look(outfit=Outfit(shirt=(250.0, 3.0, 3.0)))
    np.testing.assert_array_equal(
        open_body("skeleton", red).colours, open_body("skeleton", Look()).colours
    )


@pytest.mark.parametrize("kind", ["anny", "skeleton"])
def test_a_free_body_is_its_own_skin(kind):
    body = open_body(kind, Look())
    skin = as_skin(body)
    assert skin is body and isinstance(skin, BodyMesh)
    assert skin.weights.shape == (len(skin.template), len(JOINT_NAMES))


def test_an_smpl_body_from_a_file_takes_the_dancers_shape_unless_the_look_has_one(tiny_smpl):
    own = np.array([0.5, *[0.0] * 9])

    def height(look: Look, betas: np.ndarray | None) -> float:
        body = as_skin(open_body("smpl", look, tiny_smpl, betas))
        return float(body.template[0, 1] - body.template[1, 1])

    assert height(Look(), None) == pytest.approx(0.0, abs=1e-6)
    assert height(Look(), own) == pytest.approx(0.5, abs=1e-6)
    assert height(Look(betas=np.array([0.25])), own) == pytest.approx(0.25, abs=1e-6)


def test_a_model_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnsuitableInput, match=r"SMPL\.pkl: no such file") as caught:
        open_body("smpl", Look(), tmp_path / "SMPL.pkl")
    assert "--body-model" in caught.value.hint
