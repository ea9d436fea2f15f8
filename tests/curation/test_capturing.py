"""A clip's dance beside it: from the finder or a file of somebody's, resumed, with its sound."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_clips import FRAMES, kept_clip
from made_landmarks import known_dance

from pipelines.curation.capturing import capture_clip, capture_jobs
from pipelines.media.audio import probe_audio
from pipelines.motion.npz import load_npz, save_npz

MOVING = 120


@pytest.fixture
def given(tmp_path):
    """A folder with a motion of the source video, a frame per frame of it, that says 30 fps."""
    folder = tmp_path / "estimated"
    folder.mkdir()
    save_npz(known_dance(MOVING), folder / "film.npz")
    return folder


def test_a_clip_gets_its_stretch_of_the_motion_of_its_name(tmp_path, given, tiny_song):
    shot = kept_clip(tmp_path, tiny_song, capture_from=given)
    (job,) = capture_jobs(shot)
    facts = capture_clip(job)
    folder = tmp_path / "ws" / "clips" / "c1"
    motion = load_npz(folder / "motion.npz")
    assert (motion.frames, motion.fps, motion.genre) == (150, 30.0, "salsa")
    expected = replace(known_dance(MOVING), fps=10.0).resampled(30.0).sliced(60, 210)
    np.testing.assert_allclose(motion.poses, expected.poses, atol=1e-5)
    assert facts["grade"] == 1.0 and (facts["start"], facts["seconds"]) == (0.0, 5.0)
    assert probe_audio(folder / "music.wav").seconds == pytest.approx(FRAMES / 10, abs=1e-3)


def test_what_is_captured_is_not_captured_again(tmp_path, given):
    (job,) = capture_jobs(kept_clip(tmp_path, capture_from=given))
    first = capture_clip(job)
    record = tmp_path / "ws" / "clips" / "c1" / "capture.json"
    before = record.stat().st_mtime_ns
    assert capture_clip(job) == first and record.stat().st_mtime_ns == before
    (record.parent / "motion.npz").write_bytes(b"damaged")
    assert capture_clip(job) == first
    assert load_npz(record.parent / "motion.npz").frames == 150


def test_another_motion_of_that_name_is_another_capture(tmp_path, given):
    (job,) = capture_jobs(kept_clip(tmp_path, capture_from=given))
    first = capture_clip(job)
    save_npz(known_dance(MOVING).mirrored(), given / "film.npz")
    assert capture_clip(job)["maker"] != first["maker"]


def test_clips_without_a_motion_of_their_name_are_left_out_unless_the_finder_looks(tmp_path):
    (tmp_path / "none").mkdir()
    shot = kept_clip(tmp_path, capture_from=tmp_path / "none")
    assert capture_jobs(shot) == []
    both = replace(shot, config=replace(shot.config, capture=True))
    assert [job.given for job in capture_jobs(both)] == [None]


@pytest.mark.parametrize("name", ["c1.npz", "film/hmr.npz", "salsa/film.npz"])
def test_names_that_fit(tmp_path, name):
    target = tmp_path / "estimated" / name
    target.parent.mkdir(parents=True)
    save_npz(known_dance(MOVING), target)
    (job,) = capture_jobs(kept_clip(tmp_path, capture_from=tmp_path / "estimated"))
    assert job.given == target


def test_a_motion_that_ends_too_early_is_no_capture_and_says_so(tmp_path, given):
    save_npz(known_dance(60), given / "film.npz")
    (job,) = capture_jobs(kept_clip(tmp_path, capture_from=given))
    facts = capture_clip(job)
    assert facts["grade"] == 0.0 and "the clip needs it up to 7.0 s" in facts["reason"]
    kept = json.loads((tmp_path / "ws" / "clips" / "c1" / "capture.json").read_text())
    assert kept["files"] == {}


def test_an_empty_room_is_no_dance(tmp_path):
    (job,) = capture_jobs(kept_clip(tmp_path, capture=True))
    facts = capture_clip(job)
    assert facts["grade"] == 0.0 and facts["reason"] == "nobody is found in any frame"
    assert not (tmp_path / "ws" / "clips" / "c1" / "motion.npz").exists()
