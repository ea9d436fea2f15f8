"""A known dance comes back from its landmarks, also noisy, exchanged and with gaps."""

from dataclasses import replace

import numpy as np
import pytest
from made_landmarks import joint_error, known_dance, landmarks_of, lost

from pipelines.capture.fit import fit
from pipelines.capture.landmarks import OTHER_SIDE
from pipelines.support.errors import UnsuitableInput

DANCE = known_dance(120)


@pytest.mark.parametrize(
    ("spoilt", "metres"),
    [({}, 0.022), ({"tilt": 0.15}, 0.024), ({"size": 0.9}, 0.022), ({"noise": 0.02}, 0.035)],
)
def test_the_dance_comes_back(spoilt, metres):
    captured = fit(landmarks_of(DANCE, **spoilt))
    assert (captured.motion.frames, captured.motion.fps, captured.start) == (120, 30.0, 0.0)
    assert joint_error(captured.motion, DANCE) < metres
    assert captured.grade > 0.6
    lowest = captured.motion.joints()[:, [10, 11], 2].min(1)
    assert abs(np.median(lowest)) < 0.04


def test_a_short_gap_is_bridged_and_a_long_one_cut():
    captured = fit(lost(landmarks_of(DANCE), 60, 68))
    assert captured.motion.frames == 120
    assert joint_error(captured.motion, DANCE) < 0.035
    cut = fit(lost(landmarks_of(DANCE), 20, 40))
    assert cut.start == pytest.approx(40 / 30) and cut.motion.frames == 80
    assert "nobody is found from 0.67 to 1.33 s" in cut.remarks
    assert joint_error(cut.motion, DANCE.sliced(40, 120)) < 0.03


def test_exchanged_legs_cost_little():
    found = landmarks_of(DANCE)
    arrays = {}
    for name in ("image", "world", "visibility"):
        values = getattr(found, name).copy()
        values[50:58, 23:] = values[50:58][:, OTHER_SIDE[23:]]
        arrays[name] = values
    captured = fit(replace(found, **arrays))
    assert joint_error(captured.motion, DANCE) < 0.03
    assert captured.figures.exchanged == pytest.approx(8 / 120, abs=0.02)


def test_other_frame_rates_give_thirty_frames_a_second():
    dance = known_dance(75, 25.0)
    captured = fit(landmarks_of(dance))
    assert captured.motion.frames == 90 and captured.motion.fps == 30.0
    assert joint_error(captured.motion, dance.resampled(30.0)) < 0.03


def test_joints_are_drawn_where_the_dancer_is_seen():
    found = landmarks_of(DANCE)
    captured = fit(found)
    off = np.linalg.norm(captured.drawn[:, 5] - found.image[:, 26], axis=-1)
    assert captured.first == 0 and np.median(off) < 8


def test_nobody_is_no_dance():
    with pytest.raises(UnsuitableInput, match="nobody"):
        fit(lost(landmarks_of(DANCE), 0, 120))
