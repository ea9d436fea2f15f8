"""What joblib dumped is read, and nothing in it is run."""

import os

import joblib
import numpy as np
import pytest

from pipelines.support.errors import UnsuitableInput
from pipelines.support.safe_joblib import is_joblib, load_joblib


class Evil:
    def __init__(self, target):
        self.target = str(target)

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("compress", [0, 3])
def test_arrays_and_plain_values_come_back(tmp_path, compress):
    given = {1: {"pose": np.arange(12.0).reshape(3, 4), "ids": [1, 2], "name": "a"}}
    joblib.dump(given, tmp_path / "a.pkl", compress=compress)
    assert is_joblib((tmp_path / "a.pkl").read_bytes())
    found = load_joblib(tmp_path / "a.pkl")
    np.testing.assert_array_equal(found[1]["pose"], given[1]["pose"])
    assert found[1]["ids"] == [1, 2]


@pytest.mark.parametrize("hidden", ["plain", "in an array"])
def test_code_is_refused_and_not_run(tmp_path, hidden):
    evil = Evil(tmp_path / "made")
    content = evil if hidden == "plain" else np.array([evil, None], dtype=object)
    joblib.dump({"a": np.zeros(3), "b": content}, tmp_path / "a.pkl")
    with pytest.raises(UnsuitableInput, match="refused"):
        load_joblib(tmp_path / "a.pkl")
    assert not (tmp_path / "made").exists()


def test_a_broken_file_is_told(tmp_path):
    joblib.dump({"a": np.zeros(300)}, tmp_path / "a.pkl")
    (tmp_path / "a.pkl").write_bytes((tmp_path / "a.pkl").read_bytes()[:900])
    with pytest.raises(UnsuitableInput, match=r"a\.pkl"):
        load_joblib(tmp_path / "a.pkl")
