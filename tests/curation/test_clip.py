"""Clips of a shot: cut from a video whose frames are known, resumed, and told in clip.json."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.curation.clip import (
    ShotJob,
    changing_facts,
    clip_facts,
    make_clips,
    shot_jobs,
    update_clip,
)
from pipelines.curation.observations import save_observations
from pipelines.curation.selection import Candidate
from pipelines.curation.settings import CurateConfig
from pipelines.curation.watching import OBSERVATIONS
from pipelines.keypoints.files import load_keypoints
from pipelines.keypoints.skeletons import COCO_17
from pipelines.media.video import probe_video, read_frames
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.clips import finished_clip
from pipelines.workspace.layout import Workspace

FRAMES = 60


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds at 10 frames a second, each frame another grey; 96x64."""
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    with VideoWriter(path, 96, 64, Fraction(10), preset="ultrafast") as writer:
        for number in range(FRAMES):
            writer.write(np.full((64, 96, 3), 20 + 3 * number, np.uint8))
    return path


def window(start: int, stop: int, clip: str, shot: str = "s", *reasons: str) -> Candidate:
    return Candidate(clip, shot, start, stop, {"motion": 0.4}, {}, list(reasons))


@pytest.fixture(scope="module")
def start(film, seen, watched) -> Callable[[Path], ShotJob]:
    """A job below a folder: clips of frames 5 to 30 and 20 to 50 of a copy of the film."""

    def make(root: Path) -> ShotJob:
        source, folder = root / "a.mp4", root / "ws" / "curation" / "a" / "b"
        shutil.copy(film, source)
        folder.mkdir(parents=True, exist_ok=True)
        save_observations(folder / OBSERVATIONS, seen(FRAMES))
        touched = source.stat().st_mtime_ns
        known = watched(folder, source, width=96, height=64, frames=FRAMES, mtime_ns=touched)
        known = replace(known, sha256=sha256_file(source))
        config = CurateConfig(src=(source,), workspace=root / "ws")
        return ShotJob(config, known, (window(5, 30, "one"), window(20, 50, "two")), "train")

    return make


@pytest.fixture(scope="module")
def made(start, tmp_path_factory) -> ShotJob:
    """The job done; its files are only read."""
    done = start(tmp_path_factory.mktemp("made"))
    assert make_clips(done) == 2
    return done


@pytest.fixture
def again(made, start, tmp_path) -> ShotJob:
    """A copy of the done job, to be damaged."""
    shutil.copytree(made.config.workspace, tmp_path / "ws")
    return start(tmp_path)


def folder_of(job: ShotJob, clip: str) -> Path:
    return Workspace(job.config.workspace).clip(clip)


def greys(path: Path) -> list[int]:
    return [round(float(frame.mean())) for frame in read_frames(path)]


def test_clips_hold_their_frames_and_are_declared_finished(made):
    for one in made.clips:
        folder = folder_of(made, one.clip)
        shown = [20 + 3 * number for number in range(one.start, one.stop)]
        np.testing.assert_allclose(greys(folder / "video.mp4"), shown, atol=2)
        facts = finished_clip(folder, SILENT)
        assert facts is not None and facts["frames"] == one.stop - one.start
    assert sorted(path.name for path in folder_of(made, "one").iterdir()) == [
        "clip.json", "keypoints.npz", "video.mp4",
    ]  # fmt: skip
    left = [p.name for p in made.watched.folder.parent.iterdir()]
    assert left == [made.watched.folder.name]


def test_what_is_there_is_not_made_again(again):
    times = {p: p.stat().st_mtime_ns for p in folder_of(again, "one").parent.rglob("*.*")}
    assert make_clips(again) == 0
    assert times == {p: p.stat().st_mtime_ns for p in folder_of(again, "one").parent.rglob("*.*")}


def test_what_a_kill_behind_the_last_clip_has_left_is_removed(again):
    scratch = again.watched.folder.parent / f"cut-{again.clips[0].clip}"
    (scratch / ".span-abc.part").mkdir(parents=True)
    assert make_clips(again) == 0
    assert not scratch.exists()


@pytest.mark.parametrize("lost", ["one", "two"])
def test_a_clip_has_the_same_bytes_wherever_an_earlier_run_stopped(again, made, lost):
    """Cut alone or together with its neighbour: key frames, and so the bytes, are the same."""
    shutil.rmtree(folder_of(again, lost))
    assert make_clips(again) == 1
    for name in ("video.mp4", "keypoints.npz"):
        ours, theirs = folder_of(again, lost) / name, folder_of(made, lost) / name
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_damaged_clip_is_made_again(again):
    (folder_of(again, "one") / "video.mp4").write_bytes(b"cut off")
    assert make_clips(again) == 1
    assert finished_clip(folder_of(again, "one"), SILENT) is not None


def test_a_source_that_has_changed_is_refused_and_one_only_touched_is_not(again):
    shutil.rmtree(folder_of(again, "one"))
    os.utime(again.watched.source.path, ns=(1, 1))
    assert make_clips(again) == 1
    shutil.rmtree(folder_of(again, "one"))
    with again.watched.source.path.open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(UnsuitableInput, match=r"a\.mp4: has changed since it was watched"):
        make_clips(again)
    assert not folder_of(again, "one").exists()


def test_points_are_those_of_the_looks_inside_in_pixels_of_the_clip(made):
    path = folder_of(made, "one") / "keypoints.npz"
    points = load_keypoints(path)
    with np.load(path) as archive:
        # Looks lie at every third frame of the video: 6, 9, ... 27, of a clip that begins at 5.
        assert archive["frame"].tolist() == list(range(1, 25, 3))
        assert archive["people"].tolist() == [1] * 8
    assert points.skeleton == COCO_17
    assert points.fps == pytest.approx(10 / 3)
    assert (points.width, points.height) == (96, 64)
    np.testing.assert_allclose(points.xy[0, 0], [0.4 * 96, 0.1 * 64], atol=1e-3)
    np.testing.assert_allclose(points.xy[3, -1], [0.6 * 96, 0.9 * 64], atol=1e-3)
    assert (points.visibility == np.float32(0.9)).all()


def test_clips_are_scaled_down_to_the_longest_side(start, tmp_path):
    job = start(tmp_path)
    small = replace(job, config=replace(job.config, longest_side=64))
    make_clips(small)
    video = probe_video(folder_of(small, "one") / "video.mp4")
    assert (video.width, video.height) == (64, 42)
    points = load_keypoints(folder_of(small, "one") / "keypoints.npz")
    assert (points.width, points.height) == (64, 42)
    np.testing.assert_allclose(points.xy[0, 0], [0.4 * 64, 0.1 * 42], atol=1e-3)


def test_clip_json_says_what_the_table_and_the_trainings_read(made):
    facts = json.loads((folder_of(made, "one") / "clip.json").read_text())
    assert facts["source"] == {
        "file": str(made.watched.source.path),
        "sha256": made.watched.sha256,
        "start": 0.5,
        "seconds": 2.5,
    }
    expected = {
        "id": "one", "maker": "curate", "seconds": 2.5, "fps": 10.0, "width": 96, "height": 64,
        "frames": 25, "genre": "salsa", "has_sound": False, "kept": True, "reasons": [],
        "split": "train", "scores": {"motion": 0.4}, "named": {}, "shot": "s",
        "finder": "blazepose", "seed": 0,
    }  # fmt: skip
    assert {name: facts[name] for name in expected} == expected
    assert set(facts) == {*expected, "source", "files", "macedance"}
    assert set(facts["files"]) == {"video.mp4", "keypoints.npz"}


def test_times_are_those_of_the_grid_not_of_rounded_seconds(made):
    known = replace(made.watched, facts=made.watched.facts | {"fps": [30000, 1001]})
    facts = clip_facts(replace(made, watched=known), window(100, 250, "x"), (96, 64))
    assert facts["source"]["start"] == pytest.approx(100 * 1001 / 30000, abs=1e-6)
    assert facts["seconds"] == pytest.approx(150 * 1001 / 30000, abs=1e-6)
    assert facts["fps"] == pytest.approx(29.97003, abs=1e-6)


def test_other_thresholds_change_the_facts_and_not_the_files(again):
    job = again
    folder = folder_of(job, "one")
    video = (folder / "video.mp4").stat().st_mtime_ns
    one = replace(job.clips[0], scores={"motion": 0.1}, reasons=["still"])
    later = replace(job, split="test", config=replace(job.config, seed=4))
    update_clip(folder, changing_facts(later, one))
    facts = finished_clip(folder, SILENT)
    assert facts is not None
    assert (facts["kept"], facts["reasons"], facts["split"]) == (False, ["still"], "test")
    assert (facts["seed"], facts["frames"]) == (4, 25)
    assert (folder / "video.mp4").stat().st_mtime_ns == video


def test_the_same_facts_are_not_written_again_and_no_clip_is_none(again, tmp_path):
    job = again
    folder = folder_of(job, "one")
    before = (folder / "clip.json").stat().st_mtime_ns
    update_clip(folder, changing_facts(job, job.clips[0]))
    assert (folder / "clip.json").stat().st_mtime_ns == before
    update_clip(tmp_path / "absent", {"kept": False})
    assert not (tmp_path / "absent").exists()


def test_jobs_hold_clips_of_one_shot_as_far_as_they_overlap(watched):
    clips = [
        window(0, 60, "a"), window(50, 100, "b"), window(100, 160, "c"),
        window(120, 170, "d", "other"), window(165, 230, "e", "other", "still"),
        window(168, 230, "f", "other"),
    ]  # fmt: skip
    jobs = shot_jobs(CurateConfig(), watched(), clips[::-1], "test")
    assert [[one.clip for one in job.clips] for job in jobs] == [["a", "b"], ["c"], ["d", "f"]]
    assert {job.split for job in jobs} == {"test"}


def test_a_job_spans_a_minute_at_most(watched):
    clips = [window(k * 40, k * 40 + 90, f"{k:02d}") for k in range(60)]
    jobs = shot_jobs(CurateConfig(), watched(), clips, "train")
    assert sum(len(job.clips) for job in jobs) == 60
    for job in jobs:
        assert max(c.stop for c in job.clips) - job.clips[0].start <= 600
    assert len(jobs) <= 5
