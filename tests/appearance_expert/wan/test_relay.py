"""Segments that continue each other, from a maker whose frames are known."""

import numpy as np
import pytest

from pipelines.appearance_expert.wan.colour_match import delta_e, lab_statistics
from pipelines.appearance_expert.wan.relay import relayed
from pipelines.appearance_expert.wan.segments import plan_segments

OVERLAP = 5
PLAN = plan_segments(40, 17, OVERLAP)
SCENE = np.random.default_rng(0).integers(60, 190, (8, 6, 3)).repeat(4, 0).repeat(4, 1)


class Maker:
    """A scene that moves on by a pixel a frame, and grows lighter by `drift` with every segment."""

    def __init__(self, drift=0):
        self.drift, self.asked = drift, []

    def __call__(self, segment, tail):
        self.asked.append((segment.index, None if tail is None else tail.copy()))
        light = SCENE + self.drift * segment.index
        return np.stack([np.roll(light, n, axis=1) for n in segment.controls]).astype(np.uint8)


def run(maker, folder=None, key="k"):
    entries = []
    made = list(relayed(PLAN, OVERLAP, maker, folder, key, entries))
    return made, entries


def test_every_frame_of_the_dance_comes_once_and_in_order():
    made, entries = run(Maker())
    assert [segment.index for segment, _ in made] == [0, 1, 2]
    assert [len(frames) for _, frames in made] == [s.last - s.first for s in PLAN]
    assert sum(len(frames) for _, frames in made) == 40
    assert [entry["index"] for entry in entries] == [0, 1, 2]
    assert all(entry["seconds"] >= 0 for entry in entries)


def test_each_segment_gets_the_last_frames_of_the_one_before():
    maker = Maker(drift=2)
    made, _ = run(maker)
    assert maker.asked[0] == (0, None)
    for number in (1, 2):
        index, tail = maker.asked[number]
        assert index == number
        assert (tail == made[number - 1][1][-OVERLAP:]).all()


def test_colours_are_held_to_the_first_segments():
    made, entries = run(Maker(drift=4))
    first = lab_statistics(made[0][1])
    assert entries[0]["delta_e"] == 0
    assert entries[2]["delta_e_unmatched"] > 2.5
    assert entries[2]["delta_e"] < 1
    assert delta_e(first, lab_statistics(made[2][1])) == pytest.approx(
        entries[2]["delta_e"], abs=1e-3
    )


def test_a_stored_segment_is_taken_and_not_made_again(tmp_path):
    made, entries = run(Maker(drift=3), tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["k-0000.zip", "k-0001.zip", "k-0002.zip"]
    (tmp_path / "k-0002.zip").unlink()
    maker = Maker(drift=3)
    again, resumed = run(maker, tmp_path)
    assert [index for index, _ in maker.asked] == [2]
    for (_, one), (_, other) in zip(made, again, strict=True):
        assert (one == other).all()
    assert [entry.get("resumed", False) for entry in resumed] == [True, True, False]
    kept = [{k: e[k] for k in ("index", "delta_e", "delta_e_unmatched")} for e in entries]
    assert [{k: e[k] for k in kept[0]} for e in resumed] == kept


def test_another_key_is_another_video(tmp_path):
    run(Maker(), tmp_path)
    maker = Maker()
    run(maker, tmp_path, key="other")
    assert len(maker.asked) == 3 and len(list(tmp_path.iterdir())) == 6


def test_a_segment_is_made_only_when_it_is_wanted(tmp_path):
    maker = Maker()
    stream = relayed(PLAN, OVERLAP, maker, tmp_path, "k", [])
    next(stream)
    stream.close()
    assert len(maker.asked) == 1 and len(list(tmp_path.iterdir())) == 1
