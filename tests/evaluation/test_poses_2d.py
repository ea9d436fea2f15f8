"""2D features: the official ones against loops, the corrected ones against what they correct."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from published import features, scores

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.evaluation.clip import Clip
from pipelines.evaluation.judgement import FeatureSpace
from pipelines.evaluation.poses_2d import (
    geometric_2d,
    kinetic_2d,
    measure_poses,
    planar_body,
)
from pipelines.evaluation.profiles import keypoint_profile
from pipelines.keypoints.skeletons import COCO_25_EASY_VITPOSE
from pipelines.keypoints.tracks import PoseTrack
from pipelines.metrics.distributions import diversity, frechet_distance
from pipelines.support.errors import UnsuitableInput


def fid(space, clips):
    return frechet_distance(space.of(clips), space.truth)


STRICT, OFFICIAL = keypoint_profile("strict"), keypoint_profile("mace2d-official")
BEATS = np.array([0.5, 1.0, 1.5, 2.0, 2.5])


def stored(seed=0, frames=64):
    """An easy_ViTPose array (T, 25, 3) of y, x, score."""
    random = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None]
    middle, size = random.uniform(100, 600, (1, 25, 2)), random.uniform(5, 60, (1, 25, 2))
    xy = middle + size * np.sin(t * random.uniform(0.05, 0.6, (1, 25, 2)))
    return np.concatenate([xy, random.uniform(0.5, 1, (frames, 25, 1))], axis=-1)


def track_of(array, fps=16.0):
    return PoseTrack(COCO_25_EASY_VITPOSE, array[..., [1, 0]], array[..., 2], fps, "easy_ViTPose")


@pytest.fixture
def camera_track(dance):
    """A 3D dance seen straight from the front, in pixels."""

    def build(seed=0, frames=90, fps=30.0, scale=200.0, shift=(400.0, 500.0)):
        joints = dance(seed, frames, fps).joints()
        xy = np.stack([joints[..., 0], -joints[..., 2]], axis=-1) * scale + np.array(shift)
        names = ("nose" if name == "head" else name for name in JOINT_NAMES)
        return PoseTrack(tuple(names), xy, np.ones(xy.shape[:2]), fps, "test")

    return build


def test_official_clip_with_undetected_frames():
    array = stored(4)
    array[10:13] = 0
    clip, unseen = measure_poses(track_of(array), "a", OFFICIAL, BEATS)
    assert clip.features["k"][0] == pytest.approx(features.kinetic_2d(array), rel=1e-9)
    assert clip.features["g"][0] == pytest.approx(features.geometric_2d(array))
    flat = np.concatenate([array[..., :2], np.zeros((64, 25, 1))], axis=-1)
    assert clip.scores["bas"] == pytest.approx(scores.bas(BEATS * 16, flat, smoothing=3.5))
    assert unseen == pytest.approx(3 / 64)
    still = np.repeat(stored()[:1], 64, axis=0)
    assert measure_poses(track_of(still), "a", OFFICIAL, BEATS)[0].scores["bas"] == 0
    with pytest.raises(UnsuitableInput, match="63 frames"):
        measure_poses(track_of(array[:63]), "a", OFFICIAL)


def test_own_statistics_hide_mean_and_scale_and_the_truths_do_not():
    random = np.random.default_rng(0)
    root = random.standard_normal((10, 10))
    truth = random.standard_normal((400, 10)) @ root
    other = 100 + 5 * random.standard_normal((400, 10)) @ root
    sets = [[Clip(str(k), {"k": row[None]}) for k, row in enumerate(rows)]
            for rows in (truth, other)]  # fmt: skip
    official = FeatureSpace(sets[0], "k", OFFICIAL.sets)
    strict = FeatureSpace(sets[0], "k", STRICT.sets)
    assert fid(official, sets[1]) < 1
    assert fid(strict, sets[1]) > 1000
    assert diversity(official.of(sets[1])) == pytest.approx(
        diversity(official.of(sets[0])), rel=0.05
    )
    assert diversity(strict.of(sets[1])) > 3 * diversity(strict.of(sets[0]))
    ours, theirs = ((rows - rows.mean(0)) / (rows.std(0, ddof=1) + 1e-4) for rows in (other, truth))
    assert fid(official, sets[1]) == pytest.approx(scores.fid(ours, theirs), rel=1e-6)


def test_strict_does_not_depend_on_the_picture(camera_track):
    base = planar_body(camera_track(1), STRICT)
    for other in (
        camera_track(1, scale=90.0),
        camera_track(1, shift=(100.0, 900.0)),
        camera_track(1, 180, 60.0),
    ):
        body = planar_body(other, STRICT)
        assert kinetic_2d(body, 30) == pytest.approx(kinetic_2d(base, 30), rel=0.05, abs=0.02)
        # Only heights above the lowest point depend on the origin, and they do not either.
        found, expected = geometric_2d(body, 30), geometric_2d(base, 30)
        assert np.nan_to_num(found) == pytest.approx(np.nan_to_num(expected), abs=0.05)


def test_strict_units_are_metres_of_a_body(camera_track):
    track = camera_track(2)
    slow = dataclasses.replace(track, xy=np.repeat(track.xy[:1], 90, 0))
    place = track.names.index("left_wrist")
    slow.xy[:, place, 0] += 200.0 * np.arange(90) / 30
    middle = {part: track.xy[0, [track.names.index(f"{side}_{part}") for side in ("left", "right")]]
              .mean(0) for part in ("shoulder", "hip")}  # fmt: skip
    speed = 200 * 0.5640542 / np.linalg.norm(middle["shoulder"] - middle["hip"])
    body = planar_body(slow, STRICT)
    found = kinetic_2d(body, 30).reshape(-1, 3)
    assert found[5] == pytest.approx([speed**2, 0, 0], rel=1e-6, abs=1e-9)
    assert np.delete(found, 5, axis=0) == pytest.approx(0, abs=1e-9)


def test_gaps_are_interpolated_and_counted(camera_track):
    track = camera_track(3)
    lost = dataclasses.replace(track, confidence=track.confidence.copy(), xy=track.xy.copy())
    lost.confidence[20:23] = 0
    lost.xy[20:23] = 0
    lost.confidence[50, track.names.index("nose")] = 0.1
    clip, filled = measure_poses(lost, "a", STRICT, BEATS)
    whole, none = measure_poses(track, "a", STRICT, BEATS)
    assert none == 0
    assert filled == pytest.approx((3 + 1 / 13) / 90)
    assert clip.features["k"] == pytest.approx(whole.features["k"], rel=0.2, abs=0.05)


def test_skeletons_that_lack_joints(camera_track):
    track = camera_track(4)
    kept = [k for k, name in enumerate(track.names) if not name.endswith(("ankle", "knee"))]
    short = PoseTrack(tuple(track.names[k] for k in kept), track.xy[:, kept],
                      track.confidence[:, kept], 30.0, "test")  # fmt: skip
    clip, _ = measure_poses(short, "a", STRICT)
    kinetic = clip.features["k"][0].reshape(-1, 3)
    assert np.isnan(kinetic[-4:]).all() and np.isfinite(kinetic[:-4]).all()
    known = np.flatnonzero(np.isfinite(clip.features["g"][0]))
    assert known.tolist() == [*range(2, 14), 23, 24, 28, 29, 30, 31]
    headless = PoseTrack(("left_hip", "right_hip"), track.xy[:, 1:3], track.confidence[:, 1:3],
                         30.0, "test")  # fmt: skip
    with pytest.raises(UnsuitableInput, match="left_shoulder"):
        measure_poses(headless, "a", STRICT)


def test_clips_that_show_too_little(camera_track):
    track = camera_track(5)
    track.confidence[2:, track.names.index("left_knee")] = 0
    with pytest.raises(UnsuitableInput, match="left_knee is seen in 2% of the frames"):
        measure_poses(track, "a", STRICT)
    with pytest.raises(UnsuitableInput, match="too few"):
        measure_poses(camera_track(5, 5), "a", STRICT)


def test_other_tracks_in_the_official_layout(camera_track):
    array = camera_track(6).easy_vitpose()
    assert array.shape == (90, 25, 3)
    assert (array[:, [1, 2, 20, 21]] == 0).all()
    assert array[0, 6, 1] == camera_track(6).xy[0, JOINT_NAMES.index("left_shoulder"), 0]


def test_features_that_need_a_plane_do_not_exist_in_a_picture(camera_track):
    clip, _ = measure_poses(camera_track(7), "a", STRICT)
    assert np.flatnonzero(np.isnan(clip.features["g"][0])).tolist() == [0, 1, 14, 15, 27]
    assert np.isfinite(clip.features["k"]).all()
    assert clip.scores == {} and len(clip.chance) == 0


def test_a_body_has_our_skeletons_torso_and_y_up(camera_track):
    body = planar_body(camera_track(8, scale=77.0), STRICT)
    shoulders, hips = (body.points[:, [k, k + 1]].mean(axis=1) for k in (1, 7))
    lengths = np.linalg.norm(shoulders - hips, axis=-1)
    assert np.median(lengths) == pytest.approx(0.564054, abs=1e-4)
    assert (shoulders[:, 1] > hips[:, 1]).all()


def test_points_seen_unsurely_do_not_move_the_body(camera_track):
    track = camera_track(9)
    wild = dataclasses.replace(track, xy=track.xy.copy(), confidence=track.confidence.copy())
    place = track.names.index("right_knee")
    wild.xy[30:33, place] = 9_999
    wild.confidence[30:33, place] = STRICT.least_confidence - 0.01
    found, expected = (planar_body(one, STRICT).points for one in (wild, track))
    assert np.abs(found - expected).max() < 0.05
    wild.confidence[30:33, place] = STRICT.least_confidence
    assert np.abs(planar_body(wild, STRICT).points - expected).max() > 1


def test_shoulders_and_hips_in_one_place_have_no_size(camera_track):
    track = camera_track(10)
    track.xy[:] = 100.0
    with pytest.raises(UnsuitableInput, match="one place"):
        planar_body(track, STRICT)
