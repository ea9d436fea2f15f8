"""What was read of a dance comes back as it was."""

from __future__ import annotations

import numpy as np

from pipelines.datasets.dance_take import DanceCollection, DanceTake
from pipelines.datasets.kept_dances import keep_dances, kept_dances
from pipelines.rhythm.pulses import Pulses


def recorded(motion, **changes) -> DanceTake:
    contacts = np.random.default_rng(0).integers(0, 2, (motion.frames, 4)).astype(np.float32)
    pulses = (Pulses(np.arange(9) * 0.51, 0.7, known=True), Pulses(np.arange(4) * 1.0, 0.2))
    known = {"couple": True, "split": "test", "root_estimated": True} | changes
    return DanceTake(
        "a/b", motion, contacts, "polka", pulses, "d", "c", "g", "mine", "own", **known
    )


def test_all_that_is_known_comes_back_bit_by_bit(stepping, tmp_path) -> None:
    made = recorded(stepping(120.0, seconds=4))
    keep_dances(DanceCollection([made], ["x: broken"], ["y: no song"]), tmp_path / "k.npz")
    again = kept_dances(tmp_path / "k.npz")
    assert again is not None
    assert (again.left_out, again.notes) == (["x: broken"], ["y: no song"])
    (take,) = again.takes
    for name in ("name", "genre", "dancer", "choreography", "group", "collection", "licence",
                 "couple", "root_estimated", "split"):  # fmt: skip
        assert getattr(take, name) == getattr(made, name), name
    assert take.motion.poses.tobytes() == made.motion.poses.tobytes()
    assert take.motion.trans.tobytes() == made.motion.trans.tobytes()
    assert take.contacts.tobytes() == made.contacts.tobytes()
    for one, other in zip(take.pulses, made.pulses, strict=True):
        assert (one.times == other.times).all() and one.times.dtype == other.times.dtype
        assert (one.confidence, one.known) == (other.confidence, other.known)


def test_nothing_comes_of_no_file_or_a_damaged_one(tmp_path) -> None:
    assert kept_dances(tmp_path / "none.npz") is None
    (tmp_path / "bad.npz").write_bytes(b"PK")
    assert kept_dances(tmp_path / "bad.npz") is None
    np.savez(tmp_path / "other.npz", said=np.str_('{"takes": [{}]}'))
    assert kept_dances(tmp_path / "other.npz") is None
