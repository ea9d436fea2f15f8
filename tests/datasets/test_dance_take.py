"""Takes of the dance library: what is left out and why, and feet planted where they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.datasets.dance_take import LIVELY, DanceCollection, DanceTake, planted
from pipelines.motion.motion import Motion
from pipelines.rhythm.pulses import Pulses

COUNTS = Pulses(np.arange(12) * 0.5, 0.6)


@pytest.fixture
def standing():
    """A dancer in the rest pose for so many frames."""

    def make(frames: int) -> Motion:
        poses = np.zeros((frames, 24, 3), np.float32)
        poses[:, 0, 0] = np.pi / 2
        return Motion(poses, np.tile(np.float32([0, 0, 0.957]), (frames, 1)), 30.0)

    return make


@pytest.fixture
def dance(stepping) -> Motion:
    """Six seconds of steps on the spot with arms that swing."""
    motion = stepping(110, seconds=6)
    poses = motion.poses.copy()
    swing = 1.2 * np.sin(np.arange(motion.frames) / 30 * 2 * np.pi * 1.8)
    for joint in (16, 17, 18, 19):
        poses[:, joint, 2] += swing
    return replace(motion, poses=poses)


def gliding(motion, speed: float):
    """The whole dancer moves along x."""
    trans = motion.trans.copy()
    trans[:, 0] += np.arange(motion.frames) / motion.fps * speed
    return replace(motion, trans=trans.astype("f4"))


def take(motion, pulses=(COUNTS,), name="a") -> DanceTake:
    contacts = np.zeros((motion.frames, 4), np.float32)
    return DanceTake(name, motion, contacts, "house", pulses, "d", name, name, "test", "CC0")


def left_out(*takes: DanceTake, lively: float = LIVELY) -> list[str]:
    return DanceCollection(list(takes), ["x: unreadable"]).lively_only(lively).left_out


def test_a_lively_take_with_counts_is_kept(standing):
    lively = take(gliding(standing(120), 0.6))
    found = DanceCollection([lively], ["x: unreadable"]).lively_only()
    assert found.takes == [lively] and found.left_out == ["x: unreadable"]


def test_what_is_left_out_says_why_after_what_was_before(standing):
    assert left_out(
        take(gliding(standing(60), 0.6), name="short"),
        take(standing(120), name="still"),
        take(gliding(standing(120), 0.6), (), "uncounted"),
    ) == [
        "x: unreadable",
        "short: 2.0 s of dance, too short",
        "still: hardly moves (0.00 m/s)",
        "uncounted: no steps to count",
    ]


def test_the_first_reason_is_the_one_that_is_said(standing):
    assert left_out(take(standing(30), (), "a"))[1:] == ["a: 1.0 s of dance, too short"]


@pytest.mark.parametrize(("lively", "kept"), [(0.5, True), (0.7, False)])
def test_how_lively_is_asked_for(standing, lively, kept):
    found = DanceCollection([take(gliding(standing(120), 0.6))]).lively_only(lively)
    assert bool(found.takes) is kept


def test_collections_are_not_changed_by_asking(standing):
    before = DanceCollection([take(standing(120))])
    before.lively_only()
    assert len(before.takes) == 1 and before.left_out == []


def test_planting_keeps_the_dance_and_drops_the_standing(dance):
    rest = replace(
        dance, poses=np.repeat(dance.poses[:1], 90, 0), trans=np.repeat(dance.trans[:1], 90, 0)
    )
    joined = replace(
        dance,
        poses=np.concatenate([rest.poses, dance.poses, rest.poses]),
        trans=np.concatenate([rest.trans, dance.trans, rest.trans]),
    )
    motion, contacts = planted(joined)
    assert abs(motion.frames - dance.frames) < 25
    assert contacts.shape == (motion.frames, 4) and set(np.unique(contacts)) <= {0.0, 1.0}


def test_feet_stand_still_where_contacts_say_so(dance):
    sliding = gliding(dance, 0.1)
    motion, contacts = planted(sliding)
    toes = motion.joints()[:, [10, 11], :2]
    stands = (contacts[1:, [2, 3]] > 0) & (contacts[:-1, [2, 3]] > 0)
    steps = np.linalg.norm(np.diff(toes, axis=0), axis=-1)
    assert stands.mean() > 0.3
    before = np.linalg.norm(np.diff(sliding.joints()[:, [10, 11], :2], axis=0), axis=-1)
    assert np.median(steps[stands]) < 0.3 * np.median(before)


def test_who_stands_throughout_is_a_single_frame(standing):
    motion, contacts = planted(standing(60))
    assert motion.frames == len(contacts) == 1 and not contacts.any()
