import json
import struct
from pathlib import Path

import numpy as np
import pytest
from node_programs import node_program
from scipy.spatial.transform import Rotation

from pipelines.body.glb import _unit, save_glb
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import JOINT_NAMES, TO_Z_UP
from pipelines.body.wardrobe import dressed_body
from pipelines.motion.npz import load_npz
from pipelines.support.errors import UnsuitableInput

HELPERS = Path(__file__).parents[1] / "helpers"
KINDS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
TYPES = {5126: "<f4", 5121: "u1", 5125: "<u4"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    rng = np.random.default_rng(2)
    rotations = axis_angle_to_matrix(np.cumsum(rng.normal(size=(12, 24, 3)) * 0.2, axis=0))
    trans = rng.normal(size=(12, 3))
    body = dressed_body()
    path = tmp_path_factory.mktemp("glb") / "dance.glb"
    save_glb(path, body, rotations, trans, 30.0)
    return body, rotations, trans, path


class Reader:
    """As much of a glTF 2.0 reader as it takes to play an animation, written from the standard."""

    def __init__(self, path):
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON" and size % 4 == 0
        self.document = json.loads(data[20 : 20 + size])
        binary_size, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0" and 28 + size + binary_size == len(data)
        self.binary = data[28 + size :]

    def array(self, number):
        accessor = self.document["accessors"][number]
        view = self.document["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        columns = KINDS[accessor["type"]]
        values = np.frombuffer(
            self.binary, TYPES[accessor["componentType"]], accessor["count"] * columns,
            view["byteOffset"],
        )  # fmt: skip
        return values.reshape(-1, columns)

    def vertices_at(self, frame):
        nodes = [dict(node) for node in self.document["nodes"]]
        animation = self.document["animations"][0]
        for channel in animation["channels"]:
            values = self.array(animation["samplers"][channel["sampler"]]["output"])
            nodes[channel["target"]["node"]][channel["target"]["path"]] = values[frame]
        world = {}

        def visit(number, parent):
            node = nodes[number]
            local = np.eye(4)
            local[:3, :3] = Rotation.from_quat(node.get("rotation", [0, 0, 0, 1])).as_matrix()
            local[:3, 3] = node.get("translation", [0, 0, 0])
            world[number] = parent @ local
            for child in node.get("children", []):
                visit(child, world[number])

        for root in self.document["scenes"][0]["nodes"]:
            visit(root, np.eye(4))
        skin = self.document["skins"][0]
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        bones = np.stack([world[joint] for joint in skin["joints"]]) @ inverse
        attributes = self.document["meshes"][0]["primitives"][0]["attributes"]
        joints, weights = self.array(attributes["JOINTS_0"]), self.array(attributes["WEIGHTS_0"])
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
        blended = np.einsum("vk,vkab->vab", weights, bones[joints])
        positions = self.array(attributes["POSITION"])
        return np.einsum("vab,vb->va", blended[:, :3, :3], positions) + blended[:, :3, 3]


def test_an_independent_reader_plays_the_same_dance(exported):
    body, rotations, trans, path = exported
    reader = Reader(path)
    for frame, (vertices, _) in enumerate(body.pose(rotations, trans)):
        error = np.linalg.norm(reader.vertices_at(frame) - vertices @ TO_Z_UP, axis=1)
        assert np.quantile(error, 0.99) < 1e-3, "metres, y up"
        assert error.max() < 0.03


def test_times_names_and_bounds(exported):
    body, _, _, path = exported
    reader = Reader(path)
    document = reader.document
    assert [node["name"] for node in document["nodes"][:24]] == list(JOINT_NAMES)
    sampler = document["animations"][0]["samplers"][0]
    times = reader.array(sampler["input"])[:, 0]
    np.testing.assert_allclose(times, np.arange(12) / 30, atol=1e-6)
    position = document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    assert document["accessors"][position]["max"] == pytest.approx(body.template.max(0).tolist())
    indices = reader.array(document["meshes"][0]["primitives"][0]["indices"])
    np.testing.assert_array_equal(indices.reshape(-1, 3), body.faces)


def test_neighbouring_quaternions_take_the_short_way(exported):
    reader = Reader(exported[3])
    for channel in reader.document["animations"][0]["channels"]:
        if channel["target"]["path"] == "rotation":
            sampler = reader.document["animations"][0]["samplers"][channel["sampler"]]
            values = reader.array(sampler["output"])
            np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, atol=1e-5)
            assert ((values[1:] * values[:-1]).sum(1) >= 0).all()


def test_trimesh_opens_it(exported):
    import trimesh

    body, _, _, path = exported
    scene = trimesh.load(path)
    mesh = next(iter(scene.geometry.values()))
    assert len(mesh.faces) == len(body.faces)
    assert 1.65 < np.ptp(mesh.vertices[:, 1]) < 1.8


def test_what_cannot_be_exported_is_refused(exported, tmp_path):
    body, rotations, trans, _ = exported
    for bad_rotations, bad_trans in ((rotations[:0], trans[:0]), (rotations, trans * np.nan)):
        with pytest.raises(UnsuitableInput):
            save_glb(tmp_path / "a.glb", body, bad_rotations, bad_trans, 30.0)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="session")
def validator(tmp_path_factory):
    """Khronos' glTF validator, from its npm package."""
    program = HELPERS / "validate_gltf.mjs"
    folder = tmp_path_factory.mktemp("validator")
    run = node_program(folder, ["gltf-validator@2.0.0-dev.3.10"], program)
    return lambda path: json.loads(run(path))


def test_khronos_validator_finds_nothing(tmp_path, validator, tiny_dance):
    motion = load_npz(tiny_dance)
    save_glb(tmp_path / "a.glb", dressed_body(), motion.rotations(), motion.trans, motion.fps)
    found = validator(tmp_path / "a.glb")
    assert (found["numErrors"], found["numWarnings"]) == (0, 0), found["messages"][:3]


def test_normals_have_length_one_and_none_is_lost(tmp_path):
    normals = np.array([[0, 0, 2.0], [0.1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(np.linalg.norm(_unit(normals), axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(_unit(normals)[0], [0, 0, 1])


def test_a_dance_without_its_skin_moves_the_same_nodes(exported, tmp_path):
    body, rotations, trans, path = exported
    save_glb(tmp_path / "bare.glb", body, rotations, trans, 30.0, with_skin=False)
    whole, bare = Reader(path), Reader(tmp_path / "bare.glb")
    assert "skins" not in bare.document and "meshes" not in bare.document
    assert bare.document["scenes"][0]["nodes"] == [0]
    assert bare.document["nodes"] == whole.document["nodes"][:24]
    for one, other in zip(
        whole.document["animations"][0]["samplers"], bare.document["animations"][0]["samplers"],
        strict=True,
    ):  # fmt: skip
        np.testing.assert_array_equal(whole.array(one["output"]), bare.array(other["output"]))
