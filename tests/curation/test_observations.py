"""What was seen of a video: on disk and back, joined from parts, and its small pictures."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curation.observations import (
    Observations,
    joined,
    load_observations,
    save_observations,
)

NAMES = [field.name for field in fields(Observations)]


def assert_same(one: Observations, other: Observations) -> None:
    for name in NAMES:
        a, b = getattr(one, name), getattr(other, name)
        np.testing.assert_array_equal(a, b, err_msg=name)
        assert a.dtype == b.dtype, name


def test_come_back_from_disk_as_they_were(seen, tmp_path):
    nobody = seen(motion=np.full(59, np.nan, np.float32), people=np.zeros(20, np.int16))
    for number, one in enumerate((seen(), nobody, seen(1))):
        save_observations(tmp_path / f"{number}.npz", one)
        back = load_observations(tmp_path / f"{number}.npz")
        assert back is not None
        assert_same(back, one)
    assert len(list(tmp_path.iterdir())) == 3  # nothing temporary stays


def test_files_name_each_array_by_its_field(seen, tmp_path):
    save_observations(tmp_path / "a.npz", seen())
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert sorted(archive.files) == sorted(NAMES)


@pytest.mark.parametrize("missing", NAMES)
def test_a_file_that_lacks_an_array_is_no_file(seen, tmp_path, missing):
    save_observations(tmp_path / "a.npz", seen())
    with np.load(tmp_path / "a.npz") as archive:
        rest = {name: archive[name] for name in NAMES if name != missing}
    np.savez(tmp_path / "a.npz", **rest)
    assert load_observations(tmp_path / "a.npz") is None


@pytest.mark.parametrize("kept", [0, 1, 100, -40])
def test_a_damaged_file_is_watched_again(seen, tmp_path, kept):
    save_observations(tmp_path / "a.npz", seen())
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:kept])
    assert load_observations(tmp_path / "a.npz") is None


def test_no_file_is_none(tmp_path):
    assert load_observations(tmp_path / "absent.npz") is None


def test_parts_are_joined_in_order(seen):
    one, two = seen(60), seen(30, first=60)
    both = joined([one, two])
    assert both.frames == one.frames + two.frames == 90
    np.testing.assert_array_equal(both.look_frame, np.arange(0, 90, 3))
    for name in NAMES:
        assert len(getattr(both, name)) == len(getattr(one, name)) + len(getattr(two, name))
    assert_same(joined([one]), one)


def test_joining_is_associative_and_keeps_every_picture(seen):
    parts = [seen(30, first=30 * k) for k in range(3)]
    assert_same(joined([joined(parts[:2]), parts[2]]), joined(parts))
    assert joined(parts).thumbnails(0, 90) == [b"A", b"BB", b"CCC"] * 3


@pytest.mark.parametrize(
    ("start", "stop", "pictures"),
    [
        (0, 60, [b"A", b"BB", b"CCC"]),
        (0, 1, [b"A"]),
        (1, 21, [b"BB"]),
        (20, 40, [b"BB"]),
        (21, 40, []),
        (40, 41, [b"CCC"]),
        (60, 90, []),
    ],
)
def test_small_pictures_of_a_span_exclude_its_end(seen, start, stop, pictures):
    assert seen().thumbnails(start, stop) == pictures


@given(st.lists(st.binary(min_size=0, max_size=5), max_size=8))
def test_every_picture_comes_back_by_its_frame(pictures):
    count = len(pictures)
    empty = np.zeros(0)
    one = Observations(
        empty, empty, empty, empty, empty, empty, empty, empty, empty,
        thumb_frame=np.arange(count) * 7,
        thumb_bytes=np.frombuffer(b"".join(pictures), np.uint8),
        thumb_size=np.array([len(each) for each in pictures], np.int64),
    )  # fmt: skip
    for number, picture in enumerate(pictures):
        assert one.thumbnails(7 * number, 7 * number + 1) == [picture]
