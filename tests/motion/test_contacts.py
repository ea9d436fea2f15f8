"""Standing feet on synthetic motions whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.body.feet import SOLE_DEPTH
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion.contacts import contact_spans

LEFT_ANKLE, RIGHT_ANKLE, LEFT_TOES, RIGHT_TOES = range(4)


def still(frames: int = 60) -> np.ndarray:
    """Joints (T, 24, 3) of somebody whose four foot points stand apart on the floor."""
    joints = np.zeros((frames, 24, 3))
    joints[..., 2] = 1.0
    for point, joint in enumerate(FOOT_JOINTS):
        joints[:, joint] = [0.2 * point, 0.1, SOLE_DEPTH[point]]
    return joints


def with_point(point: int, places: np.ndarray) -> np.ndarray:
    """Standing joints, of which one foot point is at places (T, 3) over its own sole."""
    joints = still(len(places))
    joints[:, FOOT_JOINTS[point]] += places
    return joints


def step(frames: int, begin: int, stop: int, length: float = 0.4, height: float = 0.2):
    """A foot that stands, is lifted from `begin` to `stop` along an arc, and stands again."""
    share = np.clip((np.arange(frames) - begin) / (stop - begin), 0, 1)
    smooth = share * share * (3 - 2 * share)
    return np.stack([length * smooth, 0 * share, height * np.sin(np.pi * share)], axis=1)


def test_a_foot_that_never_moves_stands_throughout():
    assert contact_spans(still(), 30.0) == [[(0, 60)]] * 4


def test_a_step_has_two_stances_and_the_other_points_stand():
    spans = contact_spans(with_point(LEFT_TOES, step(90, 30, 50)), 30.0)
    assert [spans[point] for point in (LEFT_ANKLE, RIGHT_ANKLE, RIGHT_TOES)] == [[(0, 90)]] * 3
    (first, last), (begin, end) = spans[LEFT_TOES]
    assert first == 0 and end == 90
    # The foot leaves and arrives slowly, so a frame or two of the arc still count.
    assert 29 <= last <= 33 and 47 <= begin <= 51


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
def test_seconds_count_not_frames(fps):
    frames, begin, stop = (round(seconds * fps) for seconds in (3, 1, 1.6))
    spans = contact_spans(with_point(RIGHT_TOES, step(frames, begin, stop)), fps)[RIGHT_TOES]
    (_, last), (first, _) = spans
    assert last / fps == pytest.approx(1.05, abs=0.1)
    assert first / fps == pytest.approx(1.55, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(
    begin=st.integers(10, 30),
    length=st.integers(14, 25),
    heading=st.floats(0, 6.28),
    x=st.floats(-9, 9),
)
def test_place_and_direction_do_not_matter(begin, length, heading, x):
    way = step(90, begin, begin + length)
    joints = with_point(LEFT_TOES, way)
    expected = contact_spans(joints, 30.0)
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    assert contact_spans(joints @ turn.T + np.array([x, -x, 0]), 30.0) == expected


def test_time_reversed_gives_the_spans_reversed():
    joints = with_point(LEFT_TOES, step(90, 30, 52))
    forward = contact_spans(joints, 30.0)
    backward = contact_spans(joints[::-1], 30.0)
    for spans, mirrored in zip(forward, backward, strict=True):
        turned = [(90 - stop, 90 - start) for start, stop in reversed(mirrored)]
        for one, other in zip(spans, turned, strict=True):
            # Only the beginning has the stricter threshold, so ends may differ by a frame or two.
            assert np.abs(np.subtract(one, other)).max() <= 2


def test_the_two_sides_are_judged_alike():
    way = step(90, 30, 50)
    left = contact_spans(with_point(LEFT_ANKLE, way), 30.0)[LEFT_ANKLE]
    assert contact_spans(with_point(RIGHT_ANKLE, way), 30.0)[RIGHT_ANKLE] == left


def test_a_foot_held_still_in_the_air_does_not_stand():
    lifted = np.zeros((60, 3))
    lifted[:, 2] = 0.10
    assert contact_spans(with_point(LEFT_TOES, lifted), 30.0)[LEFT_TOES] == []


def test_a_foot_that_glides_along_the_floor_does_not_stand():
    glide = np.zeros((60, 3))
    glide[:, 0] = np.arange(60) / 30 * 0.6  # 0.6 m/s
    assert contact_spans(with_point(LEFT_TOES, glide), 30.0)[LEFT_TOES] == []


def test_a_slow_slide_ends_a_stance_after_twenty_centimetres():
    slide = np.zeros((90, 3))
    slide[:, 0] = np.arange(90) / 30 * 0.2
    spans = contact_spans(with_point(LEFT_TOES, slide), 30.0)[LEFT_TOES]
    assert len(spans) >= 2
    for start, stop in spans:
        assert (stop - 1 - start) / 30 * 0.2 <= 0.2 + 1e-6


def test_a_tremble_does_not_break_a_stance():
    """One threshold would flicker: 0.35 m/s is too fast to begin a stance and lets it last."""
    places = np.zeros((90, 3))
    places[40:44, 0] = np.array([1, 2, 3, 3]) * 0.012  # about 0.36 m/s for a moment
    places[44:, 0] = 0.036
    spans = contact_spans(with_point(LEFT_TOES, places), 30.0)[LEFT_TOES]
    assert spans == [(0, 90)]


def test_touches_shorter_than_a_tenth_of_a_second_do_not_count():
    """Down for two frames at 60 fps is a touch; for eight it is a stance."""
    for frames, found in ((3, 0), (9, 1)):
        labels = np.zeros((60, 4))
        labels[30 : 30 + frames, LEFT_TOES] = 1
        assert len(contact_spans(still(), 60.0, labels)[LEFT_TOES]) == found


def test_given_labels_rule_with_hysteresis_and_speed_is_not_asked():
    labels = np.zeros((60, 4))
    labels[10:40, LEFT_TOES] = 0.5
    labels[20, LEFT_TOES] = 0.9
    wild = with_point(LEFT_TOES, np.random.default_rng(0).normal(size=(60, 3)) * 0.05)
    assert contact_spans(wild, 30.0, labels)[LEFT_TOES] == [(20, 40)]
    labels[20, LEFT_TOES] = 0.6  # a stance begins above 0.6
    assert contact_spans(wild, 30.0, labels)[LEFT_TOES] == []


def test_two_stances_in_one_place_with_a_short_gap_are_one():
    labels = np.ones((60, 4))
    labels[28:31, LEFT_TOES] = 0
    assert contact_spans(still(), 30.0, labels)[LEFT_TOES] == [(0, 60)]


def test_between_two_places_there_is_time_for_a_step():
    """Labels that jump from one place to another: at least 0.2 s are kept free between them."""
    places = np.zeros((60, 3))
    places[30:, 0] = 0.15
    labels = np.ones((60, 4))
    labels[30, LEFT_TOES] = 0
    spans = contact_spans(with_point(LEFT_TOES, places), 30.0, labels)[LEFT_TOES]
    (_, last), (first, _) = spans
    assert first - last >= 6
    assert 24 <= last <= 30 <= first <= 36


def test_long_gaps_are_left_as_they_are():
    labels = np.ones((60, 4))
    labels[20:40, LEFT_TOES] = 0
    assert contact_spans(still(), 30.0, labels)[LEFT_TOES] == [(0, 20), (40, 60)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.integers(0, 3))
def test_spans_are_in_order_apart_and_inside(marks, seed):
    """Whatever the labels and wherever the foot is."""
    labels = np.tile(np.array(marks, float)[:, None] / 2, (1, 4))
    wander = np.random.default_rng(seed).normal(size=(len(marks), 3)).cumsum(0) * 0.03
    for spans in contact_spans(with_point(LEFT_TOES, wander), 30.0, labels):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges) and all(0 <= edge <= len(marks) for edge in edges)
        assert all(stop - start >= 3 for start, stop in spans)


def test_one_frame_is_too_short_to_stand():
    assert contact_spans(still(1), 30.0) == [[]] * 4


def test_a_dancer_who_stands_stands(standing):
    motion = standing(60)
    assert contact_spans(motion.joints(), 30.0) == [[(0, 60)]] * 4
    raised = replace(motion, trans=motion.trans + np.float32([0, 0, 0.3]))
    assert contact_spans(raised.joints(), 30.0) == [[]] * 4
