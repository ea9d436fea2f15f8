"""Arrays out of pickles: what fits together comes back, what does not is refused, not believed."""

import io
import pickle

import numpy as np
import pytest

from pipelines.support.safe_unpickle import ArraysOnly

ARRAYS = [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
    np.array(["ä", "bc"]), np.array([b"a", b"bc"]), np.array([True, False]), np.zeros((0, 3)),
    np.array([{"x": 1}, [2]], dtype=object), np.array(1 + 2j), np.arange(9.0)[::2],
]  # fmt: skip


def read(data):
    return ArraysOnly(io.BytesIO(data), encoding="latin1").load()


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("core", [b"numpy.core", b"numpy._core"])
def test_arrays_of_every_plain_type_come_back(protocol, core):
    for array in ARRAYS:
        data = pickle.dumps(array, protocol)
        if protocol < 4:  # later ones write lengths of names
            data = data.replace(b"numpy.core", core)
        back = read(data)
        assert isinstance(back, np.ndarray)
        assert back.shape == array.shape
        assert back.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back, array)
    for value in (np.float32(1.5), np.int64(-2), np.str_("é")):
        assert read(pickle.dumps(value, protocol)) == value


class Stated:
    """Pickled as an array with this state."""

    def __init__(self, *state):
        self.state = state

    def __reduce__(self):
        return np.core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), self.state


class OfType:
    """Pickled as a type with this name and state."""

    def __init__(self, name, *state):
        self.name, self.state = name, state

    def __reduce__(self):
        return np.dtype, (self.name, False, True), self.state or None


F8 = np.dtype("f8")


@pytest.mark.parametrize(
    "made",
    [
        Stated(1, (2,), F8, False, b"short"), Stated(1, (2,), F8, False, [1.0, 2.0]),
        Stated(1, (10**12,), F8, False, b""), Stated(1, (-1,), F8, False, b""),
        Stated(1, F8, F8, False, b""), Stated(1, (1,), "f8", False, bytes(8)),
        Stated(1, (2,), np.dtype(object), False, bytes(16)),
        Stated(1, (1,), OfType("f8", 3, "<", None, ("a",), {"a": (F8, 0)}, 8, 8, 0), 0, bytes(8)),
        Stated(1, (1,), OfType("V8"), False, bytes(8)),
        Stated(1, (1,), OfType("f8,i4"), False, bytes(12)),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(made):
    with pytest.raises(pickle.UnpicklingError, match="it holds an array"):
        read(pickle.dumps(made, 2))


def test_a_size_that_a_type_claims_is_not_believed():
    """numpy reads beyond the data: the process ends, or worse."""
    huge = OfType("f8", 3, "<", None, None, None, 1 << 40, 8, 0)
    assert read(pickle.dumps(Stated(1, (1,), huge, False, bytes(8)), 2)).tolist() == [0.0]


def test_other_encodings_are_not_asked_for():
    with pytest.raises(pickle.UnpicklingError, match="encoding zlib"):
        read(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R.")
