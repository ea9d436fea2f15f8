"""Poses from files as they are, and from videos once."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.evaluation.pose_source import PoseSource
from pipelines.keypoints.skeletons import COCO_25_EASY_VITPOSE
from pipelines.keypoints.tracks import read_track, save_track
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def keypoints(tmp_path):
    """Two frames of an easy_ViTPose file that does not say its rate."""
    content = {"skeleton": list(COCO_25_EASY_VITPOSE), "keypoints": np.ones((2, 25, 3)).tolist()}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    return path


def test_a_rate_stands_in_where_the_file_does_not_say(keypoints, tmp_path):
    source = PoseSource(tmp_path / "cache", 12.5)
    assert source.track(keypoints).fps == 12.5
    assert not (tmp_path / "cache").exists()


def test_a_video_is_looked_at_once(dancers, tmp_path):
    video = dancers("one", 1.0)
    source = PoseSource(tmp_path / "cache", None)
    found = source.track(video)
    assert found.frames == 10
    (kept,) = (tmp_path / "cache").iterdir()
    changed = read_track(kept)
    changed.xy[:] = 7.0
    save_track(changed, kept)
    assert (source.track(video).xy == 7).all()
    kept.write_bytes(b"damaged")
    assert source.track(video).xy == pytest.approx(found.xy)


def test_poses_of_other_models_are_kept_apart(dancers, tiny_pose_models, tmp_path):
    video = dancers("one", 1.0)
    detector, pose = map(str, tiny_pose_models)
    source = PoseSource(tmp_path / "cache", None, (detector, pose), "cpu")
    assert source.track(video).layout == f"{detector} + {pose}"
    PoseSource(tmp_path / "cache", None).track(video)
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_videos_of_nobody_are_refused(dancers, tmp_path):
    with pytest.raises(UnsuitableInput, match="nobody"):
        PoseSource(tmp_path, None).track(dancers("none", 1.0))
