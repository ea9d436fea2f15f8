"""The library keeps, meets and dances the rest anew."""

import numpy as np
import pytest

from pipelines.motion_expert.editing.kept import Kept, joints_of
from pipelines.motion_expert.editing.poses import PoseAt
from pipelines.motion_expert.interface import DanceRequest
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.edited import _energies_of_bars
from pipelines.motion_expert.library.expert import LibraryExpert
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage
from pipelines.support.progress import SILENT


@pytest.fixture(scope="module")
def expert(library):
    return LibraryExpert(LibraryDancer(library), LibraryOptions())


@pytest.fixture(scope="module")
def music(song):
    return MusicFeatures(song(12, 120.0))


@pytest.fixture(scope="module")
def plain(expert, music):
    (danced,) = expert.dance(DanceRequest(music), SILENT)
    return danced.motion


def test_kept_stretches_stay_and_the_rest_is_new(expert, music, plain):
    stays = np.zeros(plain.frames, bool)
    stays[:120] = stays[240:360] = True
    kept = Kept.of(plain, stays)
    dances = expert.dance(DanceRequest(music, candidates=4, kept=kept), SILENT)
    for danced in dances:
        np.testing.assert_array_equal(danced.motion.poses[stays], plain.poses[stays])
        np.testing.assert_array_equal(danced.motion.trans[stays], plain.trans[stays])
        assert danced.facts["parts"]
    assert len({danced.motion.poses.tobytes() for danced in dances}) > 1
    assert np.abs(dances[0].motion.poses[140:220] - plain.poses[140:220]).max() > 0.1


def test_kept_joints_stay_and_the_others_dance_something_else(expert, music, plain):
    kept = Kept.of(plain, np.zeros(plain.frames, bool), ["lower"])
    (danced,) = expert.dance(DanceRequest(music, kept=kept), SILENT)
    lower, upper = joints_of("lower"), joints_of("upper")
    np.testing.assert_array_equal(danced.motion.poses[:, lower], plain.poses[:, lower])
    np.testing.assert_array_equal(danced.motion.trans, plain.trans)
    assert np.abs(danced.motion.poses[:, upper] - plain.poses[:, upper]).max() > 0.1


def test_a_pose_is_met_in_a_new_dance(expert, music, plain):
    pose = plain.sliced(77, 78)
    request = DanceRequest(music, seed=3, poses=(PoseAt(200, pose, "p"),))
    (danced,) = expert.dance(request, SILENT)
    np.testing.assert_array_equal(danced.motion.poses[200, 1:], pose.poses[0, 1:])
    assert danced.motion.trans[200, 2] == pose.trans[0, 2]


def test_energy_over_time_is_that_of_the_option_where_it_does_not_change(library, music, expert):
    calm = LibraryExpert(LibraryDancer(library), LibraryOptions(energy=0.2))
    (one,) = calm.dance(DanceRequest(music), SILENT)
    (other,) = expert.dance(DanceRequest(music, energies=((0.0, 0.2),)), SILENT)
    np.testing.assert_array_equal(one.motion.poses, other.motion.poses)


def test_energies_of_bars(music):
    plan = plan_song(music.values)
    found = _energies_of_bars(plan, ((4.0, 0.1), (8.0, 0.9)), 0.5)
    middles = (plan.pulses[:: plan.per_bar][:-1] + plan.pulses[:: plan.per_bar][1:]) / 2
    assert found == [0.5 if t < 4 else 0.1 if t < 8 else 0.9 for t in middles]
    assert set(found) == {0.5, 0.1, 0.9}


def test_variation_does_not_go_with_what_is_kept(library, music, plain):
    varied = LibraryExpert(LibraryDancer(library), LibraryOptions(variation=0.5))
    kept = Kept.of(plain, np.arange(plain.frames) < 100)
    with pytest.raises(BadUsage, match=r"--variation 0\.5"):
        varied.dance(DanceRequest(music, kept=kept), SILENT)
