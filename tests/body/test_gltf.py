"""The glTF container: what is put in lies where the document says; signs of quaternions agree."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.body.gltf import (
    GltfBuffer,
    continuous,
    joint_animation,
    joint_nodes,
    refuse_empty,
    write_glb,
)
from pipelines.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS
from pipelines.support.errors import UnsuitableInput


@given(sizes=st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_every_view_holds_what_was_added_on_a_boundary_of_four(sizes):
    buffer, added = GltfBuffer(), []
    for number, size in enumerate(sizes):
        added.append(np.arange(number, number + size, dtype=np.uint8))
        assert buffer.add(added[-1]) == number
    for view, values in zip(buffer.views, added, strict=True):
        start = view["byteOffset"]
        assert start % 4 == 0
        assert bytes(buffer.data[start : start + view["byteLength"]]) == values.tobytes()
    assert len(buffer.data) % 4 == 0


def test_the_container_has_two_chunks_of_the_lengths_it_says(tmp_path):
    buffer = GltfBuffer()
    buffer.add(np.ones((3, 3), dtype="<f4"))
    write_glb(tmp_path / "a.glb", {"asset": {"version": "2.0"}}, buffer)
    data = (tmp_path / "a.glb").read_bytes()
    assert struct.unpack_from("<4sII", data) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + size])
    assert kind == b"JSON" and document["buffers"] == [{"byteLength": 36}]
    assert struct.unpack_from("<I4s", data, 20 + size) == (36, b"BIN\0")


@pytest.mark.parametrize("count", [22, 24])
def test_nodes_name_their_children_among_those_that_are_there(count):
    nodes = joint_nodes(JOINT_NAMES[:count], OFFSETS)
    for joint in range(1, count):
        assert joint in nodes[PARENTS[joint]]["children"]
    assert sum(len(node.get("children", [])) for node in nodes) == count - 1
    assert nodes[5] == {"name": "right_knee", "translation": OFFSETS[5].tolist(), "children": [8]}


def test_the_root_alone_moves_and_stands_upright_in_the_y_up_world():
    buffer = GltfBuffer()
    turns = np.tile(np.eye(3), (2, 3, 1, 1))
    turns[:, 0] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    made = joint_animation(buffer, turns, np.array([[1.0, 2, 3], [1, 2, 4]]), 10.0)
    paths = [channel["target"] for channel in made["channels"]]
    assert [path["node"] for path in paths] == [0, 0, 1, 2]
    assert [path["path"] for path in paths] == ["translation", *["rotation"] * 3]
    numbers = np.frombuffer(bytes(buffer.data), "<f4")
    np.testing.assert_allclose(numbers[:2], [0, 0.1])
    np.testing.assert_allclose(numbers[2:8], [1, 3, -2, 1, 4, -2])
    np.testing.assert_allclose(numbers[8:].reshape(3, 2, 4), np.tile([0, 0, 0, 1], (3, 2, 1)))


def test_neighbours_lie_on_one_side_and_turn_as_they_did():
    random = np.random.default_rng(3)
    steps = np.cumsum(random.normal(size=(40, 4)) * 0.2, axis=0) + 1
    flipped = steps * random.choice([-1, 1], (40, 1))
    found = continuous(flipped)
    assert ((found[1:] * found[:-1]).sum(1) >= 0).all()
    np.testing.assert_allclose(np.abs(found), np.abs(flipped))


@pytest.mark.parametrize("trans", [np.zeros((0, 3)), np.full((1, 3), np.nan)])
def test_nothing_and_nan_are_refused_by_name(tmp_path, trans):
    with pytest.raises(UnsuitableInput, match=r"a\.glb"):
        refuse_empty(tmp_path / "a.glb", np.zeros((len(trans), 24, 3)), trans)
