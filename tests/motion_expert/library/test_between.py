"""A stretch between what stays: nothing else changes, seams are smooth, the material is new."""

import numpy as np
import pytest

from pipelines.motion_expert.library.assembly import assemble, stretches_of
from pipelines.motion_expert.library.between import (
    Wanted,
    apart_at,
    as_it_was,
    danced_between,
    fade_frames,
)
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.search import SearchConfig, best_sequence
from pipelines.motion_expert.library.shapes import shapes_in_motion
from pipelines.motion_expert.library.song_plan import plan_song


@pytest.fixture(scope="module")
def danced(library, song):
    features = song(16, 120.0)
    plan = plan_song(features)
    units = LibraryDancer(library).units_for(plan, [], True)
    path = best_sequence(units, plan, [None] * plan.bars, None, 0, SearchConfig())
    stretches = stretches_of(units, path, plan.per_bar)
    motion, _, _ = assemble(library, units, plan, stretches, len(features))
    return plan, units, path, motion


def redone(library, danced, gap, seed=0):
    plan, units, _, motion = danced
    nothing = [None] * plan.bars
    wanted = Wanted(nothing, nothing, None, seed)
    return danced_between(library, units, plan, motion, gap, wanted, SearchConfig())


def jerk(motion):
    return np.linalg.norm(np.diff(motion.joints(), n=3, axis=0), axis=-1).mean(1) * 30**3


@pytest.mark.parametrize("gap", [(240, 375), (300, 320), (0, 90), (420, 480)])
def test_frames_outside_the_gap_stay_to_the_bit_and_seams_do_not_show(library, danced, gap):
    known = danced[3]
    motion, parts = redone(library, danced, gap)
    outside = np.r_[0 : gap[0], gap[1] : known.frames]
    np.testing.assert_array_equal(motion.poses[outside], known.poses[outside])
    np.testing.assert_array_equal(motion.trans[outside], known.trans[outside])
    assert np.isfinite(motion.poses).all() and parts
    assert jerk(motion).max() < 2 * jerk(known).max()
    assert np.abs(motion.joints()[slice(*gap)] - known.joints()[slice(*gap)]).max() > 0.05


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_material(library, danced):
    first, again, other = (redone(library, danced, (240, 330), seed)[0] for seed in (0, 0, 5))
    np.testing.assert_array_equal(first.poses, again.poses)
    assert not np.array_equal(first.poses, other.poses)


def test_what_was_danced_is_known_by_its_shape(library, danced):
    plan, units, path, motion = danced
    bar = 3
    pulses = plan.pulses[bar * plan.per_bar : (bar + 1) * plan.per_bar + 1]
    frame = round(float(pulses.mean()) * 30)
    shape = shapes_in_motion(motion, np.array([frame]))[0]
    apart = apart_at(library, units, plan, bar, frame / 30, shape)
    assert apart.shape == (len(units),)
    assert apart[path[bar]] < 0.1 < np.median(apart)
    cost = as_it_was(library, units, plan, motion, 0, (0, motion.frames))
    assert cost[bar, path[bar]] > 0 and np.median(cost[bar]) == 0


def test_short_gaps_are_faded_in_a_third():
    assert fade_frames((0, 300)) == 12
    assert fade_frames((10, 16)) == 2
    assert fade_frames((10, 11)) == 1
