"""The dancer faces where it is told, and holds still."""

import numpy as np
import pytest

from pipelines.body.facing import forward_of, heading
from pipelines.motion_expert.editing.kept import Kept
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.expert import LibraryExpert
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.motion_expert.library.staging import (
    facing_of_bars,
    facing_of_frames,
    with_holds,
)
from pipelines.music.features import MusicFeatures
from pipelines.support.progress import SILENT


@pytest.fixture(scope="module")
def music(song):
    return MusicFeatures(song(12, 120.0))


@pytest.fixture(scope="module")
def plan(music):
    return plan_song(music.values)


@pytest.fixture(scope="module")
def expert(library):
    return LibraryExpert(LibraryDancer(library), LibraryOptions())


def speeds(motion):
    return np.linalg.norm(np.diff(motion.joints(), axis=0), axis=-1).mean(1) * 30


def test_a_hold_is_from_pulse_to_pulse(plan):
    held = with_holds(plan, [(3.0, 5.1)])
    stops = held.stops.ravel()
    first, last = np.flatnonzero(stops)[[0, -1]]
    assert plan.pulses[first] == pytest.approx(3.0, abs=0.26)
    assert plan.pulses[last + 1] == pytest.approx(5.1, abs=0.26)
    assert stops[first : last + 1].all() and not plan.stops.any()
    assert with_holds(plan, []) is plan


def test_a_hold_of_less_than_a_pulse_is_one_pulse(plan):
    assert with_holds(plan, [(3.0, 3.05)]).stops.sum() == 1


@pytest.mark.parametrize("hold", [(3.1, 4.1), (3.6, 8.1)])
def test_the_dancer_holds_still_also_over_bars_and_goes_on(expert, music, plan, hold):
    (danced,) = expert.dance(DanceRequest(music, holds=(hold,)), SILENT)
    stops = with_holds(plan, [hold]).stops.ravel()
    first, last = np.flatnonzero(stops)[[0, -1]]
    start, stop = plan.pulses[first], plan.pulses[last + 1]
    speed = speeds(danced.motion)
    inside = speed[round((start + 0.25) * 30) : round((stop - 0.25) * 30)]
    assert len(inside) and inside.max() < 0.05
    assert speed[: round(start * 30)].mean() > 0.3 and speed[round(stop * 30) :].mean() > 0.3


def test_a_hold_in_what_is_danced_anew_leaves_the_rest(expert, music):
    (plain,) = expert.dance(DanceRequest(music), SILENT)
    stays = np.ones(plain.motion.frames, bool)
    stays[120:300] = False
    request = DanceRequest(music, kept=Kept.of(plain.motion, stays), holds=((5.6, 7.6),))
    (edited,) = expert.dance(request, SILENT)
    np.testing.assert_array_equal(edited.motion.poses[stays], plain.motion.poses[stays])
    assert speeds(edited.motion)[round(6.0 * 30) : round(7.2 * 30)].max() < 0.05


def test_what_is_danced_anew_faces_where_it_is_told(expert, music):
    (plain,) = expert.dance(DanceRequest(music), SILENT)
    stays = np.ones(plain.motion.frames, bool)
    stays[90:300] = False
    request = DanceRequest(music, kept=Kept.of(plain.motion, stays), facings=((0.0, 90.0),))
    (edited,) = expert.dance(request, SILENT)
    np.testing.assert_array_equal(edited.motion.poses[stays], plain.motion.poses[stays])
    forward = forward_of(edited.motion.rotations()[150:240, 0])[:, :2].mean(0)
    assert np.degrees(heading(forward)) == pytest.approx(90, abs=20)


def test_where_to_face_in_bars_and_frames(plan):
    assert facing_of_bars(plan, ()) is None
    found = facing_of_bars(plan, ((4.0, 90.0), (8.0, -90.0)))
    middles = (plan.pulses[:: plan.per_bar][:-1] + plan.pulses[:: plan.per_bar][1:]) / 2
    expected = [1 if t < 4 else 1j if t < 8 else -1j for t in middles]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    frames = facing_of_frames(300, ((4.0, 90.0),))
    assert (frames[:120] == 0).all() and frames[120:] == pytest.approx(np.pi / 2)


def test_a_dance_that_faces_elsewhere_all_the_time_is_turned_there(expert, music):
    (danced,) = expert.dance(DanceRequest(music, facings=((0.0, 90.0),)), SILENT)
    forward = forward_of(danced.motion.rotations()[:, 0])[:, :2].mean(0)
    assert np.degrees(heading(forward)) == pytest.approx(90, abs=10)
    assert danced.motion.joints()[:, 15, 0].mean() == pytest.approx(0, abs=0.6)


def test_in_a_long_dance_a_hold_does_not_drift(library, song):
    """Ways and turns that add up are taken out slowly, but not of who holds still."""
    music = MusicFeatures(song(40, 120.0))
    expert = LibraryExpert(LibraryDancer(library), LibraryOptions())
    request = DanceRequest(music, holds=((18.0, 23.0),), facings=((20.0, 90.0),))
    (danced,) = expert.dance(request, SILENT)
    assert speeds(danced.motion)[round(18.6 * 30) : round(22.4 * 30)].max() < 1e-3
