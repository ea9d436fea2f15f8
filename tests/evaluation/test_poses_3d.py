"""Every profile against loops written from the published definitions, y up."""

from __future__ import annotations

import numpy as np
import pytest
from published import features, scores
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import OFFSETS, PARENTS
from pipelines.evaluation.clip import Clip, feature_rows
from pipelines.evaluation.judgement import FeatureSpace
from pipelines.evaluation.poses_3d import (
    foot_contact,
    measure_motion,
    posed_joints,
    smplx_offsets,
)
from pipelines.evaluation.profiles import MOTION_PROFILES, motion_profile
from pipelines.metrics.distributions import diversity, frechet_distance
from pipelines.metrics.feet import foot_skating_ratio_lodge, physical_foot_contact
from pipelines.metrics.smoothness import jitter
from pipelines.support.errors import BadUsage, UnsuitableInput

BEATS = np.array([0.4, 0.9, 1.5, 2.0, 2.5])


def y_up_joints(motion, offsets=OFFSETS, euler=False):
    """Forward kinematics written anew, in y-up data."""
    turn = Rotation.from_euler("x", -90, degrees=True)
    positions, turned = np.zeros((motion.frames, 24, 3)), []
    for joint, parent in enumerate(PARENTS):
        vectors = motion.poses[:, joint].astype(np.float64)
        if joint == 0:
            vectors = (turn * Rotation.from_rotvec(vectors)).as_rotvec()
        if euler:
            x, y, z = (Rotation.from_euler(axis, vectors[:, [n]]) for n, axis in enumerate("xyz"))
            local = z * y * x
        else:
            local = Rotation.from_rotvec(vectors)
        if parent < 0:
            turned.append(local)
            positions[:, 0] = turn.apply(motion.trans)
        else:
            turned.append(turned[parent] * local)
            positions[:, joint] = positions[:, parent] + turned[parent].apply(offsets[joint])
    return positions


def centred(positions):
    return positions - positions[0, 0]


def fallen(positions):
    x, y, z = np.moveaxis(positions, -1, 0)
    return np.stack([-y, x, z], axis=-1)


def near(value):
    return pytest.approx(value, rel=1e-7, abs=1e-9)


def test_mace3d_official(dance):
    motion = dance(1)
    clip = measure_motion(motion, "a", motion_profile("mace3d-official"), BEATS)
    turned = fallen(y_up_joints(motion))
    assert clip.features["k"][0] == near(features.kinetic_megadance(centred(turned))[:66])
    assert clip.features["g"][0] == near(features.geometric(centred(turned)))
    assert clip.scores["bas"] == near(scores.bas(BEATS * 30, turned))
    assert clip.scores["pfc"] == near(scores.pfc(turned))
    assert clip.scores["fsr"] == near(scores.fsr(y_up_joints(motion)))


def test_megadance_with_its_euler_mistake(dance):
    motion = dance(2)
    clip = measure_motion(motion, "a", motion_profile("megadance"), BEATS)
    positions = y_up_joints(motion, euler=True)
    assert clip.features["k"][0] == near(features.kinetic_megadance(centred(positions)))
    assert clip.features["g"][0] == near(features.geometric(centred(positions)))
    assert clip.scores["bas"] == near(scores.bas(BEATS * 30, positions))


def test_lodge_on_its_own_skeleton(dance):
    motion = dance(3)
    clip = measure_motion(motion, "a", motion_profile("lodge"), BEATS)
    positions = y_up_joints(motion, smplx_offsets())
    local = centred(positions)[:, :22].copy()
    local[:, 1:] -= local[:, :1]
    assert clip.features["k"][0] == near(features.kinetic_fairmotion(local))
    assert clip.features["g"][0] == near(features.geometric(local))
    assert clip.features["k"].shape == (1, 66)
    assert clip.scores["fsr"] == near(scores.fsr(positions))


@pytest.mark.parametrize("name", ["bailando", "mint"])
def test_profiles_at_60_fps(dance, name):
    motion = dance(4, frames=120, fps=60.0)
    clip = measure_motion(motion, "a", motion_profile(name), BEATS)
    positions = y_up_joints(motion)
    taken = centred(positions) if name == "bailando" else positions
    assert clip.features["k"][0] == near(features.kinetic_fairmotion(taken))
    assert clip.features["g"][0] == near(features.geometric(taken))
    heard = BEATS[BEATS < 2] * 60
    published = scores.bas if name == "bailando" else scores.bas_mint
    assert clip.scores["bas"] == near(published(heard, positions))


@pytest.mark.parametrize("name", [name for name in MOTION_PROFILES if name != "strict"])
def test_distances_as_published(dance, name):
    profile = motion_profile(name)
    # Few features of many clips: scipy's root of a singular product is not to be relied on.
    sets = []
    for shift in (0, 500):
        clips = [measure_motion(dance(shift + k, 40), str(k), profile) for k in range(30)]
        varied = [Clip(c.name, {"k": c.features["k"][:, ::9]}) for c in clips]
        sets.append(varied)
    ours, truth = sets
    space = FeatureSpace(truth, "k", profile.sets)
    real, made = feature_rows(truth, "k"), feature_rows(ours, "k")
    deviation = real.std(axis=0, ddof=int(profile.sets.unbiased)) + profile.sets.epsilon
    real, made = (real - real.mean(axis=0)) / deviation, (made - real.mean(axis=0)) / deviation
    found = frechet_distance(space.of(ours), space.truth)
    assert found == pytest.approx(scores.fid(made, real), rel=1e-5)
    assert diversity(space.of(ours)) == near(scores.div(made))


def test_strict_does_not_depend_on_frame_rate_or_place(dance):
    import dataclasses

    slow, fast = dance(5, 150, 30.0), dance(5, 300, 60.0)
    moved = dataclasses.replace(slow, trans=slow.trans + np.float32([3, -2, 0.5]))
    profile = motion_profile("strict")
    one, two, three = (measure_motion(m, "a", profile, BEATS) for m in (slow, fast, moved))
    assert two.features["k"] == pytest.approx(one.features["k"], rel=0.1, abs=0.02)
    assert three.features["k"] == pytest.approx(one.features["k"], rel=1e-3, abs=1e-5)
    assert three.features["g"] == pytest.approx(one.features["g"])
    assert two.scores["bas"] == pytest.approx(one.scores["bas"], abs=0.05)


def test_windows_make_rows_and_leave_short_rests_out(dance):
    clip = measure_motion(dance(6, 200), "a", motion_profile("strict"), window=2.0)
    assert clip.features["k"].shape == (3, 72)
    assert clip.features["g"].shape == (3, 32)


def test_a_statue_has_no_beats(dance):
    statue = dance(7, size=0.0)
    statue = type(statue)(
        np.repeat(statue.poses[:1], 90, 0), np.repeat(statue.trans[:1], 90, 0), 30.0
    )
    strict = measure_motion(statue, "a", motion_profile("strict"), BEATS)
    assert strict.scores["bas"] == 0.0
    raising = measure_motion(statue, "a", motion_profile("megadance"), BEATS)
    assert np.isnan(raising.scores["bas"])
    assert strict.scores["pfc"] == strict.scores["jitter"] == 0.0


def test_what_cannot_be_measured(dance):
    with pytest.raises(UnsuitableInput, match="too few"):
        measure_motion(dance(0, 4), "a", motion_profile("strict"))
    broken = dance(0)
    broken.poses[3, 4, 1] = np.nan
    with pytest.raises(UnsuitableInput, match="frame 3"):
        measure_motion(broken, "a", motion_profile("strict"))
    with pytest.raises(BadUsage, match="mace2d-official"):
        motion_profile("mace2d-official")


def test_scores_are_those_of_the_catalogue_at_30_fps(dance):
    clip = measure_motion(dance(8, 180, 60.0), "a", motion_profile("bailando"))
    joints = dance(8, 180, 60.0).joints()[::2]
    assert list(clip.scores) == [
        "fsr", "pfc", "jitter", "pen_self", "pen_floor", "fgd", "magnitude",
    ]  # fmt: skip
    assert clip.scores["jitter"] == near(jitter(joints, 30.0))
    assert clip.scores["fsr"] == near(foot_skating_ratio_lodge(joints).ratio)
    assert len(clip.chance) == 0


def test_a_profile_cuts_generated_dances_and_the_truth_elsewhere(dance):
    long = dance(9, 1300, 60.0)
    generated = posed_joints(long, motion_profile("bailando"))
    assert len(generated) == 1200
    assert len(posed_joints(long, motion_profile("bailando"), truth=True)) == 1300


def test_physical_foot_contact_is_a_mean_over_pieces_of_five_seconds(dance):
    joints = dance(10, 330).joints()
    profile = motion_profile("strict")
    parts = [physical_foot_contact(joints[:150]), physical_foot_contact(joints[150:300])]
    # The rest of 30 frames is shorter than half a piece.
    assert foot_contact(joints, profile) == near(np.mean(parts))
    whole = foot_contact(joints, motion_profile("lodge"))
    assert whole == near(physical_foot_contact(joints))


def test_a_short_dance_is_one_piece(dance):
    joints = dance(11, 40).joints()
    assert foot_contact(joints, motion_profile("strict")) == near(physical_foot_contact(joints))


@pytest.mark.parametrize("name", MOTION_PROFILES)
def test_features_have_the_profiles_size(dance, name):
    clip = measure_motion(dance(12, 120, 60.0), "a", motion_profile(name))
    assert clip.features["k"].shape == (1, motion_profile(name).kinetic_size)
    assert clip.features["g"].shape == (1, 32)
    assert ((clip.features["g"] >= 0) & (clip.features["g"] <= 1)).all()


@pytest.mark.parametrize("name", [name for name in MOTION_PROFILES if name != "mint"])
def test_where_the_dancer_stands_does_not_count(dance, name):
    import dataclasses

    motion, profile = dance(13, 100), motion_profile(name)
    moved = dataclasses.replace(motion, trans=motion.trans + np.float32([4, -7, 0]))
    one, other = (measure_motion(m, "a", profile, BEATS) for m in (motion, moved))
    assert other.features["k"] == pytest.approx(one.features["k"], rel=2e-3, abs=1e-3)
    assert other.features["g"] == pytest.approx(one.features["g"], abs=0.021)
    assert other.scores == pytest.approx(one.scores, rel=1e-3, abs=1e-3, nan_ok=True)


def test_smplx_bones_are_as_long_on_both_sides():
    lengths = np.linalg.norm(smplx_offsets(), axis=1)
    left_of_legs, right_of_legs = lengths[[4, 7, 10]], lengths[[5, 8, 11]]
    assert left_of_legs == pytest.approx(right_of_legs, rel=0.05)
    assert (lengths[[22, 23]] == 0).all(), "hands are where the wrists are"
    assert smplx_offsets()[4, 1] == pytest.approx(-0.378753, abs=1e-6)
