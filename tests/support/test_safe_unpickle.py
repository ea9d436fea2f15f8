import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from pipelines.motion.formats import load_motion
from pipelines.support.errors import UnsuitableInput
from pipelines.support.safe_unpickle import load_pickle


class Malicious:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


class Evaluating:
    def __reduce__(self):
        return eval, ("__import__('os').getpid()",)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_arrays_and_plain_values_come_back(tmp_path, protocol):
    content = {"a": np.arange(6.0).reshape(2, 3), "b": [1, "two", None, np.float64(3)],
               "c": OrderedDict(x=(True, b"y")), "s": {1, 2}}  # fmt: skip
    path = tmp_path / "fine.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    back = load_pickle(path)
    np.testing.assert_array_equal(back["a"], content["a"])
    assert back["b"] == content["b"]
    assert back["c"] == content["c"]


def test_object_npy_is_read_through_the_same_gate(tmp_path):
    np.save(tmp_path / "fine.npy", np.array({"x": np.ones(2)}, dtype=object), allow_pickle=True)
    assert load_pickle(tmp_path / "fine.npy").item()["x"].sum() == 2


@pytest.mark.parametrize("suffix", [".pkl", ".npy"])
def test_code_in_a_pickle_is_refused_and_never_run(tmp_path, suffix):
    trace = tmp_path / "was_run"
    path = tmp_path / f"bad{suffix}"
    if suffix == ".npy":
        np.save(path, np.array({"x": Malicious(trace)}, dtype=object), allow_pickle=True)
    else:
        path.write_bytes(pickle.dumps({"smpl_poses": Malicious(trace)}))
    with pytest.raises(UnsuitableInput, match="refused"):
        load_motion(path)
    assert not trace.exists()


@pytest.mark.parametrize("thing", [Evaluating(), Path("x"), np.random.default_rng(0), len])
def test_anything_but_arrays_and_plain_values_is_refused(tmp_path, thing):
    path = tmp_path / "odd.pkl"
    path.write_bytes(pickle.dumps(thing))
    with pytest.raises(UnsuitableInput, match="refused"):
        load_pickle(path)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x80\x04\x95", b"\x93NUMPY\x01\x00"])
def test_broken_pickles_are_an_input_error(tmp_path, data):
    path = tmp_path / "broken.pkl"
    path.write_bytes(data)
    with pytest.raises(UnsuitableInput):
        load_pickle(path)


class Called:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def nested(depth, width=10):
    value = [1.0] * width
    for _ in range(depth):
        value = [value] * width
    return value


@pytest.mark.parametrize(
    "bomb",
    [
        Called(bytes, 10**12), Called(bytearray, 10**12), Called(range, 10**10),
        Called(list, Called(range, 10**10)), Called(np.ndarray, (10**11,)), nested(30),
        {"smpl_poses": nested(9)},
    ],
    ids=["bytes", "bytearray", "range", "list", "array", "lists in lists", "in a dance"],
)  # fmt: skip
def test_what_would_grow_far_beyond_the_file_is_refused(tmp_path, bomb):
    path = tmp_path / "bomb.pkl"
    path.write_bytes(pickle.dumps(bomb))
    assert path.stat().st_size < 2000
    with pytest.raises(UnsuitableInput, match="refused"):
        load_pickle(path)


def test_a_list_that_holds_itself_is_refused(tmp_path):
    endless = []
    endless.append(endless)
    path = tmp_path / "endless.pkl"
    path.write_bytes(pickle.dumps({"smpl_poses": endless}))
    with pytest.raises(UnsuitableInput, match="holds itself"):
        load_pickle(path)


def test_bytes_and_empty_arrays_come_back(tmp_path):
    content = [b"", b"ab", bytearray(b"cd"), np.zeros((0, 3)), np.float32(2)]
    for protocol in (2, 4):
        path = tmp_path / f"{protocol}.pkl"
        path.write_bytes(pickle.dumps(content, protocol))
        back = load_pickle(path)
        assert back[:3] == content[:3] and back[4] == 2
        assert back[3].shape == (0, 3)
