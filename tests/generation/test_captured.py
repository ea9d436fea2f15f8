"""A video's dance becomes the file that is danced, once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_landmarks import known_dance

from pipelines.generation.captured import (
    captured_before,
    from_the_videos_start,
    with_captured,
)
from pipelines.generation.settings import GenerateConfig
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.npz import save_npz
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.identity import content_id
from pipelines.workspace.stages import finish_stage


@pytest.fixture
def config(tmp_path):
    video = tmp_path / "dance.mp4"
    with VideoWriter(video, 96, 64, 10, preset="ultrafast") as writer:
        for _ in range(40):
            writer.write(np.full((64, 96, 3), 120, np.uint8))
    return GenerateConfig(
        song=tmp_path / "song.wav", motion_only=True, motion_out=tmp_path / "out.npz",
        motion_from=video, workspace=tmp_path / "ws",
    )  # fmt: skip


def test_without_it_nothing_changes(config):
    plain = replace(config, motion_from=None)
    assert with_captured(plain, SILENT) is plain


def test_an_empty_room_is_refused_by_the_videos_name(config):
    assert captured_before(config) is None
    with pytest.raises(UnsuitableInput, match=r"dance\.mp4: nobody is found in any frame"):
        with_captured(config, SILENT)
    assert captured_before(config) is None


def test_what_was_captured_is_danced(config):
    kept = config.workspace / "cache" / "captures" / content_id(
        sha256_file(config.motion_from), capture=3
    )  # fmt: skip
    kept.mkdir(parents=True)
    save_npz(known_dance(60), kept / "motion.npz")
    finish_stage(kept / "capture.json", {"grade": 0.2, "remarks": ["dark"]}, ["motion.npz"])
    found = with_captured(config, SILENT)
    assert found == captured_before(config)
    assert (found.motion, found.motion_from) == (kept / "motion.npz", None)


def test_a_dance_that_begins_later_keeps_the_videos_time():
    dance = known_dance(30)
    later = from_the_videos_start(dance, 0.5)
    assert later.frames == 45
    np.testing.assert_array_equal(later.poses[15:], dance.poses)
    assert (later.poses[:15] == dance.poses[0]).all()


def test_two_dances_are_one_too_many(config, tmp_path):
    with pytest.raises(BadUsage, match="--motion and --motion-from"):
        replace(config, motion=tmp_path / "a.npz").validate()
    with pytest.raises(UnsuitableInput, match="no such video"):
        replace(config, motion_from=tmp_path / "none.mp4").validate()
