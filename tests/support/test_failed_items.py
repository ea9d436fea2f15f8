"""A failed item costs a line; what would befall all the others ends the run."""

import errno
from pathlib import Path

import pytest
from listener import Listener

from pipelines.support.errors import BadUsage, MissingAsset, OutOfResources, UnsuitableInput
from pipelines.support.failed_items import note_failure, some_failed
from pipelines.support.progress import Silent

FILE = Path("a/b.mp4")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnsuitableInput(f"{FILE}: holds\n no sound"), "holds no sound"),
        ("a worker crashed", "a worker crashed"),
        (ZeroDivisionError("by zero"), "unexpected ZeroDivisionError: by zero"),
    ],
)
def test_one_line_with_file_and_reason(error, reason):
    failed, listener = [], Listener()
    note_failure(failed, FILE, error, listener)
    assert failed == [{"file": str(FILE), "reason": reason}]
    assert listener.warned == [f"{FILE}: {reason}"]


@pytest.mark.parametrize(
    "error",
    [
        MissingAsset("no weights"), OutOfResources("no memory"), BadUsage("--x"), MemoryError(),
        OSError(errno.ENOSPC, "full"),
    ],
)  # fmt: skip
def test_what_befalls_all_is_raised(error):
    failed = []
    with pytest.raises(type(error)):
        note_failure(failed, FILE, error, Silent())
    assert failed == []


def test_the_end_names_a_few_and_counts_the_rest():
    assert some_failed([], "of 9 dances", "above") is None
    failed = [{"file": f"{n}.bvh", "reason": "empty"} for n in range(5)]
    error = some_failed(failed, "of 9 dances", "above")
    assert error.exit_code == 5
    assert error.what == "5 of 9 dances failed: 0.bvh, 1.bvh, 2.bvh and 2 more"
    assert error.hint == "above"
    assert "more" not in some_failed(failed[:3], "items", "above").what
