"""numpy's files from outside: damaged ones are refused, and nothing is ever unpickled."""

from __future__ import annotations

import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pipelines.body.smpl_model import load_smpl
from pipelines.support.archives import read_npy, read_npz
from pipelines.support.errors import UnsuitableInput


class Trap:
    """Fails the test when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise AssertionError('unpickled')",))


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, poses=np.arange(72.0), fps=30.0)
    return path


def test_all_arrays_by_name(archive):
    found = read_npz(archive)
    assert set(found) == {"poses", "fps"}
    np.testing.assert_array_equal(found["poses"], np.arange(72.0))


def test_python_objects_beside_arrays_are_left_out_unopened(tmp_path):
    """AMASS's *_stageii.npz hold one that nobody needs."""
    path = tmp_path / "a_stageii.npz"
    np.savez(path, poses=np.zeros((2, 165)), labels=np.array([Trap()], dtype=object))
    assert set(read_npz(path)) == {"poses"}


def test_nothing_but_python_objects_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, poses=np.array([Trap()], dtype=object))
    with pytest.raises(UnsuitableInput, match="Python objects"):
        read_npz(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150,
          deadline=None)  # fmt: skip
@given(some.data())
def test_damaged_archives_are_read_or_refused(archive, data):
    content = bytearray(archive.read_bytes())
    for _ in range(data.draw(some.integers(1, 6))):
        content[data.draw(some.integers(0, len(content) - 1))] = data.draw(some.integers(0, 255))
    damaged = archive.with_name("damaged.npz")
    damaged.write_bytes(content[: data.draw(some.integers(0, len(content)))] or content)
    try:
        found = read_npz(damaged)
    except UnsuitableInput:
        return
    assert all(isinstance(value, np.ndarray) for value in found.values())


def test_a_method_of_compression_that_is_not_known(tmp_path, archive):
    content = bytearray(archive.read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + place] = 99
    damaged = tmp_path / "b.npz"
    damaged.write_bytes(content)
    with pytest.raises(UnsuitableInput, match=r"broken \.npz"):
        read_npz(damaged)


def test_members_that_are_no_arrays_are_left_out(tmp_path, archive):
    with zipfile.ZipFile(archive, "a") as stream:
        stream.writestr("notes.txt", "hello")
    assert set(read_npz(archive)) == {"poses", "fps"}


def test_what_would_unfold_to_gigabytes_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("numpy.load", None)
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr("poses.npy", b"")
    content = bytearray((tmp_path / "bomb.npz").read_bytes())
    told = content.index(b"PK\x01\x02") + 24
    content[told : told + 4] = (2 << 30).to_bytes(4, "little")
    (tmp_path / "bomb.npz").write_bytes(content)
    for read in (read_npz, load_smpl):
        with pytest.raises(UnsuitableInput, match=r"bomb\.npz: .*2,147 MB"):
            read(tmp_path / "bomb.npz")


def test_an_array(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    found = read_npy(tmp_path / "a.npy")
    assert found is not None and found.shape == (3, 3)


def test_a_pickle_under_the_name_of_an_array_is_not_opened(tmp_path):
    (tmp_path / "a.npy").write_bytes(pickle.dumps(Trap()))
    assert read_npy(tmp_path / "a.npy") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8'((",
     b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (9"
     b"99999999999,), }      \n"],
)  # fmt: skip
def test_a_header_that_lies(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(UnsuitableInput, match=r"a\.npy: broken \.npy"):
        read_npy(tmp_path / "a.npy")


def test_an_archive_under_the_name_of_an_array(archive):
    renamed = archive.rename(archive.with_suffix(".npy"))
    with pytest.raises(UnsuitableInput, match="under the name of an"):
        read_npy(renamed)


def test_text_of_characters_that_are_none_is_refused(tmp_path):
    codes = np.array([0x110000, 65], np.uint32)
    np.savez(tmp_path / "a.npz", poses=np.zeros(3), genre=codes.view("<U2"))
    with pytest.raises(UnsuitableInput, match="broken"):
        read_npz(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", genre=np.array(["é\U0010ffff", ""]), none=np.array([], "U3"))
    assert read_npz(tmp_path / "b.npz")["genre"].tolist() == ["é\U0010ffff", ""]
